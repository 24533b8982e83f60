/** Small recordings for the tests of src/replay: events by their fields, machines by their interrupts. */
import type { Observation } from '../../src/observe/observation.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import type { LostRecord, TraceRecord } from '../../src/parse/ftrace.ts';
import { EVENT_KEYS } from '../../src/parse/ftrace-fields.ts';
import type { PlacedSnapshot } from '../../src/replay/facts.ts';
import { type OnlineCpus, type Outline, outlineOf } from '../../src/replay/outline.ts';
import { type Step, stepOf } from '../../src/replay/trace-window.ts';
import type { FreezeOrder } from '../../src/replay/unseen-downs.ts';
import { type TinyMachine, tinyTree } from '../tiny-machine.ts';

export interface Where {
  readonly task?: string;
  readonly pid?: number;
  readonly cpu?: number;
  readonly flags?: string;
  readonly timestamp?: string;
}

/** An event whose fields are 0 where they are not given; text as it is for anything but tracepoints and kprobes. */
export interface Sample extends Where {
  readonly event: string;
  readonly fields?: Readonly<Record<string, number>>;
  readonly text?: string;
}

export function event(
  name: string,
  fields: Readonly<Record<string, number>> = {},
  where: Where = {},
): Sample {
  return { event: name, fields, ...where };
}

export function mark(text: string): Sample {
  return { event: 'tracing_mark_write', text };
}

export function recordOf(sample: Sample, index = 0): TraceRecord {
  const { task = 'insmod', pid = 100, cpu = 0, flags = 'd..1.', fields = {} } = sample;
  const keys = EVENT_KEYS.get(sample.event) ?? Object.keys(fields);
  const text = sample.text ?? keys.map((key) => `${key}=${fields[key] ?? 0}`).join(' ');
  const timestamp = sample.timestamp ?? `${index + 1}`;
  const file = 'trace';
  return {
    kind: 'event',
    file,
    line: index + 1,
    index,
    column: 1,
    task,
    pid,
    cpu,
    flags,
    timestamp,
    event: sample.event,
    text,
  };
}

export function stepAt(sample: Sample, index = 0): Step {
  return stepOf(recordOf(sample, index));
}

/** Numbered in order; a number stands for so many lost events of CPU 0. */
export function recordsOf(samples: readonly (Sample | number)[]): (TraceRecord | LostRecord)[] {
  let index = 0;
  return samples.map((sample) =>
    typeof sample === 'number'
      ? { kind: 'lost', line: index + 1, cpu: 0, count: sample }
      : recordOf(sample, index++),
  );
}

export function outline(
  samples: readonly (Sample | number)[],
  onlineBefore: readonly number[] | OnlineCpus = [0, 1, 2, 3],
  onlineAfter?: readonly number[],
  freezes: FreezeOrder = 'none',
): Outline {
  const online = 'before' in onlineBefore ? onlineBefore : { before: onlineBefore, after: onlineAfter };
  return outlineOf(recordsOf(samples), online, freezes);
}

/** What a kernel traces when it begins: its first maps, and CPUs 0 to 3 online. */
export function boot(): Sample[] {
  return [
    event('irq_matrix_assign_system', { bit: 0 }),
    ...[0, 1, 2, 3].map((cpu) =>
      event('irq_matrix_online', { online_maps: cpu + 1, global_avl: 202 * (cpu + 1) }, { cpu }),
    ),
  ];
}

export function observed(machine: TinyMachine): Observation {
  return observeTree(tinyTree(machine));
}

export function snapshotOf(name: string, index: number, machine: TinyMachine): PlacedSnapshot {
  return { name, index, observation: observed(machine) };
}
