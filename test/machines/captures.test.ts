/**
 * Real kernels as the judge: every snapshot and every CPU-offline write of shared/captures. Skipped with a word
 * where that folder does not stand beside the repository; test/machines/fixture.test.ts has a few in the tree.
 */
import { describe, expect, it } from 'vitest';
import { isExact, type Range } from '../../src/base/range.ts';
import { openRoot } from '../../src/host/open-root.ts';
import type { CpuState, MachineState } from '../../src/model/machine-state.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { fitsOf } from '../../src/query/fits.ts';
import { sharedDirectory } from '../shared.ts';
import { type Capture, type CaptureState, listCaptures, readCapture } from './capture.ts';
import { withoutDebugfs } from './without-debugfs.ts';

const shared = sharedDirectory();
const captures = shared === undefined ? [] : listCaptures(shared).map((name) => readCapture(shared, name));

/** An offline after an affinity write that no snapshot shows (`W $D 2; cpu 2 0` in afferr). */
function exempt(capture: Capture, write: Capture['offlineWrites'][number]): boolean {
  return capture.name.startsWith('afferr') && write.cpu === 2 && write.disturbed;
}

interface States {
  readonly withDebugfs: MachineState;
  readonly without: MachineState;
}

/** By path: unpacking a snapshot takes longer than all that is then asked of it. */
const states = new Map<string, States>();

function stateAt(capture: Capture, snap: string, debugfs: boolean): MachineState {
  const path = capture.snapPath(snap);
  let known = states.get(path);
  if (known === undefined) {
    const tree = openRoot(path);
    const without = inferState(observeTree(withoutDebugfs(tree)));
    known = { withDebugfs: inferState(observeTree(tree)), without };
    states.set(path, known);
  }
  return debugfs ? known.withDebugfs : known.without;
}

describe.skipIf(shared === undefined)('captures of real kernels (needs ../shared)', () => {
  for (const capture of captures) {
    it(`fits --offline answers as the kernel did in ${capture.name}`, () => {
      for (const write of capture.offlineWrites) {
        const state = stateAt(capture, write.snap, true);
        const verdict = fitsOf(state, [{ kind: 'offline', cpus: [...write.before, write.cpu] }]);
        const step = verdict.steps.at(-1);
        const where = `${capture.name} ${write.snap} CPU ${write.cpu}`;
        if (exempt(capture, write)) {
          expect(step?.fits, where).not.toBe(write.result !== 'OK');
          continue;
        }
        expect(step?.fits, where).toBe(write.result === 'OK');
        expect(step?.message, where).toBe(write.message);
      }
    });
  }

  it('has offline writes to judge by, refusals among them', () => {
    const writes = captures.flatMap((capture) => capture.offlineWrites);
    expect(writes.length).toBeGreaterThan(80);
    expect(writes.filter((write) => write.message !== undefined)).toHaveLength(8);
  });

  it('debugfs snapshots are exact, figure for figure', () => {
    for (const capture of captures.filter((c) => c.name.endsWith('debugfs'))) {
      for (const [snap, truth] of capture.states) {
        const state = stateAt(capture, snap, true);
        expect(state.certainty, `${capture.name} ${snap}`).toBe('exact');
        for (const cpu of state.cpus.filter((c) => c.online)) {
          const where = `${capture.name} ${snap} CPU ${cpu.cpu}`;
          expect(figuresOf(cpu).every(isExact), where).toBe(true);
          expect(outside(cpu, truth), where).toEqual([]);
        }
      }
    }
  });

  it('from procfs and sysfs alone the bounds hold the truth everywhere, and 98 % of the rows are exact', () => {
    let rows = 0;
    let exact = 0;
    const wrong: string[] = [];
    for (const capture of captures) {
      for (const [snap, truth] of capture.states) {
        const state = stateAt(capture, snap, false);
        wrong.push(...globalOutside(state, truth).map((text) => `${capture.name} ${snap}: ${text}`));
        for (const cpu of state.cpus) {
          rows++;
          if (isExact(cpu.allocated) && isExact(cpu.managed)) exact++;
          wrong.push(...outside(cpu, truth).map((text) => `${capture.name} ${snap} CPU ${cpu.cpu}: ${text}`));
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(rows).toBeGreaterThan(2000);
    expect(exact / rows).toBeGreaterThanOrEqual(0.98);
  });

  it('from procfs and sysfs alone no verdict is wrong, and none is open where the bounds do not straddle', () => {
    for (const capture of captures) {
      for (const write of capture.offlineWrites.filter((w) => !exempt(capture, w))) {
        const state = stateAt(capture, write.snap, false);
        const step = fitsOf(state, [{ kind: 'offline', cpus: [...write.before, write.cpu] }]).steps.at(-1);
        const where = `${capture.name} ${write.snap} CPU ${write.cpu}`;
        expect(step?.fits, where).toBe(write.result === 'OK');
        if (step?.message !== undefined) expect(step.message, where).toBe(write.message);
      }
    }
  });
});

function figuresOf(cpu: CpuState): Range[] {
  return [cpu.capacity, cpu.available, cpu.allocated, cpu.managed, cpu.managedAllocated];
}

/** Figures whose bounds do not hold the truth. */
function outside(cpu: CpuState, truth: CaptureState): string[] {
  const row = truth.cpus[String(cpu.cpu)];
  if (row === undefined) return ['no such CPU in the truth'];
  return misses([
    ['available', cpu.available, row.available],
    ['allocated', cpu.allocated, row.allocated],
    ['managed', cpu.managed, row.managed],
    ['managedAllocated', cpu.managedAllocated, row.managed_allocated],
  ]);
}

function globalOutside(state: MachineState, truth: CaptureState): string[] {
  return misses([
    ['global available', state.global.available, truth.global_available],
    ['global reserved', state.global.reserved, truth.global_reserved],
    ['total allocated', state.global.totalAllocated, truth.total_allocated],
  ]);
}

function misses(figures: readonly (readonly [string, Range, number])[]): string[] {
  return figures.flatMap(([name, bounds, value]) =>
    bounds.min <= value && value <= bounds.max
      ? []
      : [`${name} ${value} is not in ${bounds.min}..${bounds.max}`],
  );
}
