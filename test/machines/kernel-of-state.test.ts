/** The kernel that is built of a recorded machine is a sound one, and that machine. Skipped where ../shared is not. */
import { describe, expect, it } from 'vitest';
import { openRoot } from '../../src/host/open-root.ts';
import { kernelViolations } from '../../src/model/kernel-invariants.ts';
import { type KernelOfState, kernelOfState } from '../../src/model/kernel-of-state.ts';
import { NO_LOSSES } from '../../src/model/known-losses.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { sharedDirectory } from '../shared.ts';
import { type CaptureState, listCaptures, readCapture } from './capture.ts';
import { withoutDebugfs } from './without-debugfs.ts';

const shared = sharedDirectory();
const captures = shared === undefined ? [] : listCaptures(shared).map((name) => readCapture(shared, name));

/** VECTOR shows how far a counter has drifted; without it no drift is assumed. */
function violations(state: MachineState, { kernel }: KernelOfState): string[] {
  const drifts = new Map<number, number>(state.cpus.map(({ cpu, drift }) => [cpu, drift.min]));
  const isExact = state.certainty === 'exact';
  return kernelViolations(kernel, { ...NO_LOSSES, drift: (cpu) => (isExact ? (drifts.get(cpu) ?? 0) : 0) });
}

function figuresOf({ kernel: { matrix } }: KernelOfState, truth: CaptureState): unknown {
  const { maps } = matrix;
  const online = Object.entries(truth.cpus).filter(([, row]) => row.online === 1);
  return {
    globals: [matrix.globalAvailable, matrix.globalReserved, matrix.totalAllocated],
    cpus: online.map(([cpu]) => {
      const at = Number(cpu);
      return [maps.available[at], maps.managed[at], maps.managedAllocated[at], maps.allocated[at]];
    }),
  };
}

function truthOf(truth: CaptureState): unknown {
  const online = Object.values(truth.cpus).filter((row) => row.online === 1);
  return {
    globals: [truth.global_available, truth.global_reserved, truth.total_allocated],
    cpus: online.map((row) => [row.available, row.managed, row.managed_allocated, row.allocated]),
  };
}

describe.skipIf(shared === undefined)('kernels of recorded machines (needs ../shared)', () => {
  for (const capture of captures) {
    it(`break no rule in ${capture.name}, with debugfs and without`, () => {
      // Neighbours differ little: every third keeps the test short.
      for (const snap of capture.snaps.filter((_, at) => at % 3 === 0)) {
        const tree = openRoot(capture.snapPath(snap));
        for (const shown of [tree, withoutDebugfs(tree)]) {
          const state = inferState(observeTree(shown));
          const built = kernelOfState(state);
          expect(violations(state, built), `${capture.name} ${snap}`).toEqual([]);
          const truth = capture.states.get(snap);
          if (state.certainty !== 'exact' || truth === undefined) continue;
          expect(figuresOf(built, truth), `${capture.name} ${snap}`).toEqual(truthOf(truth));
        }
      }
    });
  }
});
