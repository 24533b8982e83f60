/** A capture as `irqspace replay` is given it, and what a plain reading of its files says about it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Recording } from '../../src/host/open-recording.ts';
import type { FileTree } from '../../src/observe/file-tree.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { parseIrqbalanceLog } from '../../src/parse/irqbalance-log.ts';
import { parseOpsLog } from '../../src/parse/ops-log.ts';
import type { ReplayInput } from '../../src/replay/replay.ts';
import { sharedPath } from '../shared.ts';

export const CAPTURES = sharedPath('captures');

/** Names of the captures; none where they are not here. */
export function captureNames(): string[] {
  if (CAPTURES === undefined) return [];
  const folder = CAPTURES;
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'snap')));
}

export function capturePath(name: string): string {
  if (CAPTURES === undefined) throw new Error('the captures are not here');
  return join(CAPTURES, name);
}

/** Of a recording whose trace is ftrace's text, as the captures have it. */
export function replayInputOf(recording: Recording): ReplayInput & { readonly trace: string } {
  const { source, trace, snapshots, ops, log, irqbalance } = recording;
  if (typeof trace.content !== 'string') throw new Error(`${source}: a trace.dat`);
  return {
    file: source,
    trace: trace.content,
    snapshots: snapshots.map(({ name, tree }) => ({ name, observation: observeTree(tree) })),
    ops: ops === undefined ? [] : parseOpsLog(ops.text, ops.file),
    log: log?.text,
    irqbalance: new Map(irqbalance.map(({ name, log }) => [name, parseIrqbalanceLog(log.text)])),
    profile: undefined,
  };
}

/** What a capture's files say, counted without the program's parsers. */
export interface PlainCounts {
  readonly events: number;
  /** `vector_alloc` and `vector_alloc_managed`. */
  readonly tracedDecisions: number;
  /** The allocator's calls on dying CPUs, by kprobes of the migrating threads. */
  readonly unseenDecisions: number;
  /** Counters in the allocator's events. */
  readonly counters: number;
  /** Counters in the debugfs files of the snapshots. */
  readonly snapshotCounters: number;
  readonly snapshots: number;
  readonly writes: number;
  /** Lines of dmesg.txt that are about vectors or affinities. */
  readonly messages: readonly string[];
}

export function plainCounts(folder: string, snapshots: Recording['snapshots']): PlainCounts {
  const trace = gunzipSync(readFileSync(join(folder, 'trace.txt.gz'))).toString('latin1');
  return {
    events: count(trace, /: (?:irq_matrix_\w+|vector_\w+): /g),
    tracedDecisions: count(trace, /: vector_alloc(?:_managed)?: /g),
    unseenDecisions: count(trace, /^ *migration\/\d+-\d+ .*: k_alloc(?:_managed)?: .* ret=/gm),
    counters: trace
      .split('\n')
      .filter((line) => line.includes(': irq_matrix_'))
      .reduce((sum, line) => sum + count(line, COUNTER), 0),
    snapshotCounters: snapshots.reduce((sum, { tree }) => sum + countersOfDump(tree), 0),
    snapshots: readdirSync(join(folder, 'snap')).length,
    writes: count(readFileSync(join(folder, 'ops.log'), 'latin1'), /^\S+ LAB res write /gm),
    messages: readFileSync(join(folder, 'dmesg.txt'), 'latin1')
      .split('\n')
      .map((line) => line.replace(/^\[ *\d+\.\d+\] /, ''))
      .filter((line) => ABOUT_VECTORS.test(line)),
  };
}

const COUNTER = /\b(?:avl|alloc|managed|online_maps|global_avl|global_rsvd|total_alloc)=\d/g;
const ABOUT_VECTORS =
  /^(?:Interrupt reservation |irq \d+: Affinity|Managed startup |IRQ ?\d+.* (?:affine|affinity|cleanup) |IRQ fixup|CPU \d+ has \d+ vectors|Reserved vectors|Eff\. affinity|Error taking CPU)/;

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

/** Four figures in all, and four per CPU: avl, man, mac, act. */
function countersOfDump(tree: FileTree): number {
  const dump = tree.readText('sys/kernel/debug/irq/domains/VECTOR');
  if (dump === undefined) return 0;
  return 4 + 4 * count(dump, /^ +\d+(?: +\d+){4}/gm);
}
