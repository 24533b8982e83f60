/** What fits says of CPUs that come up, devices that go and virtual functions, against what real kernels did. */
import { describe, expect, it } from 'vitest';
import { openRoot } from '../../src/host/open-root.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTopology } from '../../src/observe/observe-topology.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { fitsOf } from '../../src/query/fits.ts';
import { parseChange } from '../../src/query/fits-change.ts';
import { sharedDirectory } from '../shared.ts';
import { type Capture, listCaptures, readCapture } from './capture.ts';

const shared = sharedDirectory();
const captures = shared === undefined ? [] : listCaptures(shared).map((name) => readCapture(shared, name));
const named = (name: string): Capture => {
  const capture = captures.find((candidate) => candidate.name === name);
  if (capture === undefined) throw new Error(`no capture ${name}`);
  return capture;
};

function stateOf(capture: Capture, snap: string): MachineState {
  const tree = openRoot(capture.snapPath(snap));
  return { ...inferState(observeTree(tree)), topology: observeTopology(tree) };
}

const onlineOf = ({ cpus }: MachineState): number[] => cpus.filter((cpu) => cpu.online).map(({ cpu }) => cpu);
/** Where each managed interrupt with a vector is. */
const managedOf = ({ irqs }: MachineState): Map<number, number> =>
  new Map(
    irqs.flatMap(({ irq, managed, cpu, phase }) =>
      managed === true && phase === 'active' && cpu !== undefined ? [[irq, cpu]] : [],
    ),
  );

describe.skipIf(shared === undefined)('changes of recorded machines (needs ../shared)', () => {
  it('a CPU that comes up starts the managed interrupts that the kernel started, on the CPUs it chose', () => {
    let compared = 0;
    for (const capture of captures) {
      for (const [at, snap] of capture.snaps.entries()) {
        const next = capture.snaps[at + 1];
        if (next === undefined || !/-on\d+$/.test(next)) continue;
        const [before, after] = [stateOf(capture, snap), stateOf(capture, next)];
        const came = onlineOf(after).filter((cpu) => !onlineOf(before).includes(cpu));
        if (came.length !== 1) continue;
        const { moves } = fitsOf(before, [{ kind: 'online', cpus: came }]).changes[0] ?? { moves: [] };
        const [was, is] = [managedOf(before), managedOf(after)];
        const started = [...is]
          .filter(([irq]) => !was.has(irq))
          .map(([irq, to]) => ({ irq, from: null, to }));
        expect(
          moves.filter(({ from }) => from === null),
          `${capture.name} ${next}`,
        ).toEqual(started);
        compared += started.length;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });

  it.each([
    ['02-vf3', '01-pf', 3],
    ['04-vf7', '03-vf0', 7],
  ])('virtual functions of sriov-6.1 have the interrupts of %s', (after, before, count) => {
    const capture = named('sriov-6.1');
    const answer = fitsOf(stateOf(capture, before), [parseChange('vfs', `0000:01:00.0=${count}`)]);
    const seen = stateOf(capture, after).irqs.filter(
      ({ driver, phase }) => driver === 'igbvf' && phase === 'active',
    );
    expect(answer.changes[0]?.interrupts).toEqual({
      wanted: seen.length,
      got: { min: seen.length, max: seen.length },
    });
    expect(answer.fits).toBe(true);
  });
});
