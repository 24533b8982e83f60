import { printTraceEvent, type TraceEvent } from '../model/events.ts';
import { textOf } from './expectations.ts';
import type { Divergence } from './tally.ts';
import type { Step } from './trace-window.ts';

/** kprobes of the lab, and the tracepoint that says the same; the fields that both show (kprobe's name, ours). */
const PROBES: ReadonlyMap<
  string,
  { readonly names: readonly string[]; readonly fields: readonly [string, string][] }
> = new Map([
  ['k_alloc', { names: ['irq_matrix_alloc', 'vector_alloc'], fields: [['ret', 'bit']] }],
  [
    'k_alloc_managed',
    { names: ['irq_matrix_alloc_managed', 'vector_alloc_managed'], fields: [['ret', 'bit']] },
  ],
  [
    'k_free',
    {
      names: ['irq_matrix_free'],
      fields: [
        ['cpu', 'cpu'],
        ['bit', 'bit'],
      ],
    },
  ],
  [
    'k_cfg',
    {
      names: ['vector_config'],
      fields: [
        ['irq', 'irq'],
        ['vector', 'vector'],
        ['cpu', 'cpu'],
      ],
    },
  ],
  [
    'k_update',
    {
      names: ['vector_update'],
      fields: [
        ['irq', 'irq'],
        ['vector', 'vector'],
        ['cpu', 'cpu'],
      ],
    },
  ],
  ['k_free_moved', { names: ['vector_free_moved'], fields: [] }],
  ['k_deactivate', { names: ['vector_deactivate'], fields: [['irq', 'irq']] }],
]);
/** The thread that migrates begins with one of these. */
const BEGIN: ReadonlySet<string> = new Set(['k_can_unplug', 'k_can_unplug_ret', 'k_migrate_all']);

/**
 * Compares what the model did on a dying CPU, `ret` in the end, with the kprobes that fired there, kind by kind and in
 * order. Undefined where all agree, or where there were none. Some kernels inline what a kprobe was set on: a kind that
 * never fired is not compared.
 */
export function checkDyingCpu(
  predicted: readonly TraceEvent[],
  probes: readonly Step[],
  cpu: number,
  ret: number,
): Omit<Divergence, 'line'> | undefined {
  const here = ofMigration(probes.filter(({ record }) => record.cpu === cpu));
  const verdict = here.find(({ record }) => record.event === 'k_can_unplug_ret');
  if (verdict !== undefined && verdict.fields.get('ret') !== ret) {
    const { index, event } = verdict.record;
    return { index, event, expected: `${event}: ret=${ret}`, observed: textOf(verdict) };
  }
  for (const [probe, { names, fields }] of PROBES) {
    const seen = here.filter(({ record }) => record.event === probe);
    if (seen.length === 0) continue;
    const ours = predicted.filter((event) => names[0] === event.name || isFailure(event, names[1]));
    for (const [at, step] of seen.entries()) {
      const event = ours[at];
      const agrees =
        event !== undefined &&
        fields.every(([theirs, own]) => step.fields.get(theirs) === fieldOf(event, own));
      if (agrees) continue;
      const expected = event === undefined ? 'no event' : printTraceEvent(event);
      return { index: step.record.index, event: probe, expected, observed: textOf(step) };
    }
    const extra = ours[seen.length];
    if (extra !== undefined) {
      const index = seen.at(-1)?.record.index ?? 0;
      return { index, event: probe, expected: printTraceEvent(extra), observed: 'no event' };
    }
  }
  return undefined;
}

/** The kprobes stay set for the whole write: only the thread that migrates counts, from its beginning on. */
function ofMigration(probes: readonly Step[]): readonly Step[] {
  const first = probes.findIndex(({ record }) => BEGIN.has(record.event));
  if (first < 0) return [];
  const pid = probes[first]?.record.pid;
  return probes.slice(first).filter(({ record }) => record.pid === pid);
}

/** An allocation that failed has no event of the matrix, only the one that names the interrupt. */
function isFailure(event: TraceEvent, name: string | undefined): boolean {
  return event.name === name && 'ret' in event && event.ret < 0;
}

function fieldOf(event: TraceEvent, field: string): number | undefined {
  if (field === 'bit' && 'ret' in event) return event.ret;
  const value = (event as unknown as Readonly<Record<string, number | undefined>>)[field];
  return value;
}
