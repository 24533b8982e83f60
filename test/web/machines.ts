/** Machines for the server and the page: any state, answered by the real queries. */
import { openRoot } from '../../src/host/open-root.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { explainOf } from '../../src/query/explain.ts';
import { explainMessagesOf } from '../../src/query/explain-message.ts';
import { type FitsChange, fitsOf } from '../../src/query/fits.ts';
import { fitsMaxOf } from '../../src/query/fits-max.ts';
import { reportOf } from '../../src/query/report.ts';
import type { FitsOptions } from '../../src/server/machine-source.ts';
import { sharedPath } from '../shared.ts';

/** A `MachineSource` whose answers are there at once. */
export interface Answers {
  report(): ReturnType<typeof reportOf>;
  fits(changes: readonly FitsChange[], options?: FitsOptions): ReturnType<typeof fitsOf>;
  explain(irq: number): ReturnType<typeof explainOf>;
  explainMessages(text: string): ReturnType<typeof explainMessagesOf>;
}

/** @param now called once for each answer, as a live machine is read anew */
export function answersOf(now: () => MachineState): Answers {
  return {
    report: () => reportOf(now()),
    fits: (changes, { max = false } = {}) => (max ? fitsMaxOf : fitsOf)(now(), changes),
    explain: (irq) => explainOf(now(), irq),
    explainMessages: (text) => explainMessagesOf(now(), text),
  };
}

/** What `--root PATH` reads; `/` is the machine that the test runs on. */
export function machineAt(path: string): MachineState {
  return inferState(observeTree(openRoot(path)));
}

/** Snapshots of real kernels (../shared/captures): name to snapshot. */
export const CAPTURES = {
  off1: 'small-debugfs/snap/05-off1',
  full: 'exhaustir-debugfs/snap/07-off3',
  numa: 'numa16ir-6.1/snap/04-io',
  numaDebugfs: 'numa16ir-debugfs/snap/04-io',
  big: 'big64-debugfs/snap/02-probed',
  isolated: 'isolcpus12-6.1/snap/04-off1',
  moves: 'afferrir-debugfs/snap/04-idle_moves',
  drift: 'afferrir-debugfs/snap/14-rebind_on1',
} as const;

export type CaptureName = keyof typeof CAPTURES;

/** Undefined where the captures do not stand beside the repository. */
export function capturePath(name: CaptureName): string | undefined {
  return sharedPath(`captures/${CAPTURES[name]}.tar.gz`);
}
