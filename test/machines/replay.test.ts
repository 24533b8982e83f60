/**
 * Real kernels as the judge of the whole model: every capture replayed from boot to power-off. What the replay counts
 * is counted a second time here, by plain patterns over the files (recording.ts).
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { formatNumberList } from '../../src/base/number-list.ts';
import { openRecording } from '../../src/host/open-recording.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { CAUSE, LEARNT } from '../../src/replay/causes.ts';
import { type ReplayInput, type ReplayOutcome, replay } from '../../src/replay/replay.ts';
import { sharedDirectory } from '../shared.ts';
import { type CaptureState, readCapture } from './capture.ts';
import { captureNames, capturePath, type PlainCounts, plainCounts, replayInputOf } from './recording.ts';

/** Share of decisions that may be unpredictable, but for the refused writes of irqbalance. */
const UNPREDICTABLE = 0.02;
/** IRQ 0 is programmed before it is on the domain: the trace never says where it is. */
const TIMER = '0/48';

describe.each(captureNames())('the replay of %s (needs ../shared)', (name) => {
  let plain: PlainCounts;
  let input: ReplayInput;
  let outcome: ReplayOutcome;
  const stateOf = new Map<string, CaptureState>();
  const isDebugfs = name.endsWith('debugfs');
  const hasIrqbalance = name.startsWith('irqbalance');

  beforeAll(() => {
    const folder = capturePath(name);
    const recording = openRecording(folder);
    plain = plainCounts(folder, recording.snapshots);
    input = replayInputOf(recording);
    outcome = replay({ ...input, onSnapshot: (snap, kernel) => stateOf.set(snap, readKernel(snap, kernel)) });
  });

  it('finds no divergence, and nothing lost', () => {
    expect(outcome.tally.divergences).toEqual([]);
    expect(outcome.tally.divergenceCount).toBe(0);
    expect(outcome.tally.resyncs).toEqual([]);
    expect(outcome.tally.events).toBe(plain.events);
  });

  it('counts each allocation of the trace, and those that kprobes saw on dying CPUs', () => {
    const { decisions } = outcome.tally;
    const seen = plain.tracedDecisions + plain.unseenDecisions;
    if (isDebugfs) expect(decisions).toBe(plain.tracedDecisions);
    // 5.10 has inlined what most of the kprobes were set on.
    else if (name.endsWith('5.10')) expect(decisions).toBeGreaterThanOrEqual(seen);
    else expect(decisions).toBe(seen);
    expect(decisions).toBeGreaterThan(60);
  });

  it('has either predicted a decision or a cause why not', () => {
    const { decisions, predicted, unpredictable, learnt } = outcome.tally;
    const open = [...unpredictable.values()].reduce((sum, n) => sum + n, 0);
    expect(predicted + open).toBe(decisions);
    const refused = unpredictable.get(CAUSE.refused) ?? 0;
    if (!hasIrqbalance) expect(refused).toBe(0);
    expect((open - refused) / decisions).toBeLessThanOrEqual(UNPREDICTABLE);
    for (const cause of unpredictable.keys()) expect(Object.values(CAUSE)).toContain(cause);
    for (const cause of learnt.keys()) expect(Object.values(LEARNT)).toContain(cause);
  });

  it('compares every counter, every snapshot and every write', () => {
    const { checkedCounters, checkedSnapshots, checkedWrites } = outcome.tally;
    expect(checkedCounters).toBe(plain.counters + plain.snapshotCounters);
    if (isDebugfs) expect(plain.snapshotCounters).toBeGreaterThan(0);
    expect(checkedSnapshots).toBe(plain.snapshots);
    expect(checkedWrites).toBe(plain.writes);
  });

  it('predicts every line about vectors in the kernel log, in order', () => {
    const predicted = outcome.messages.map(({ text }) => text);
    let at = 0;
    for (const line of plain.messages) {
      const found = predicted.indexOf(line, at);
      expect(found, line).toBeGreaterThanOrEqual(0);
      at = found + 1;
    }
    expect(outcome.tally.checkedMessages).toBe(plain.messages.length);
  });

  it('takes affinities over only of interrupts that a driver or irqbalance sets', () => {
    if (hasIrqbalance) return;
    const irqs = [LEARNT.setUnseen, LEARNT.mask].flatMap((cause) => [
      ...(outcome.tally.learntIrqs.get(cause) ?? []),
    ]);
    expect(irqs.filter((irq) => !drivenItself(input, irq))).toEqual([]);
    expect(outcome.tally.learnt.get(LEARNT.logged)).toBeUndefined();
  });

  it('is in the recorded state at every snapshot', () => {
    const { states } = readCapture(sharedDirectory() ?? '', name);
    for (const [snap, state] of states) {
      const model = stateOf.get(snap);
      if (model === undefined) throw new Error(`no state at ${snap}`);
      expect(placesOf(model), snap).toEqual(placesOf(state));
      // The recorded state has lost some of these, so they are counted from its maps.
      const held = Object.values(model.irqs).flatMap(([, , old]) =>
        old === undefined ? [] : [old.join('/')],
      );
      expect(held.sort(), snap).toEqual(leftBehind(state));
    }
  });
});

describe.skipIf(captureNames().length === 0)('the captures (need ../shared)', () => {
  it('are 20', () => {
    expect(captureNames()).toHaveLength(20);
  });
});

/** A queue of virtio_net; another device may have the number later. */
function drivenItself({ snapshots }: ReplayInput, irq: number): boolean {
  const names = snapshots.flatMap(
    ({ observation }) => observation.irqs.find((seen) => seen.irq === irq)?.actions ?? [],
  );
  return names.some((action) => /^virtio\d+-(?:input|output)\.\d+$/.test(action));
}

/** All but the vectors that a move has left behind. */
function placesOf({ irqs, ...figures }: CaptureState): unknown {
  const places = Object.entries(irqs).map(([irq, [cpu, vector]]) => [irq, { cpu, vector }]);
  return { ...figures, irqs: Object.fromEntries(places) };
}

/** Vectors in use that are no interrupt's place. */
function leftBehind({ irqs, cpus }: CaptureState): string[] {
  const places = new Set(Object.values(irqs).map(([cpu, vector]) => `${cpu}/${vector}`)).add(TIMER);
  return Object.entries(cpus)
    .flatMap(([cpu, { alloc_map }]) => numbersIn(alloc_map).map((vector) => `${cpu}/${vector}`))
    .filter((place) => !places.has(place))
    .sort();
}

/** The numbers of a list such as `33-36,48`. */
function numbersIn(list: string): number[] {
  return [...list.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, first, last]) =>
    Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, n) => Number(first) + n),
  );
}

/** The model's state in the words of states.jsonl. */
function readKernel(snap: string, kernel: Kernel): CaptureState {
  const { cpus, ...globals } = kernel.matrix.snapshot();
  return {
    snap,
    online_maps: globals.onlineMaps,
    global_available: globals.globalAvailable,
    global_reserved: globals.globalReserved,
    total_allocated: globals.totalAllocated,
    cpus: Object.fromEntries(
      [...kernel.possible].map((cpu) => [
        cpu,
        {
          online: Number(cpus[cpu]?.online),
          available: cpus[cpu]?.available ?? -1,
          managed: cpus[cpu]?.managed ?? -1,
          managed_allocated: cpus[cpu]?.managedAllocated ?? -1,
          allocated: cpus[cpu]?.allocated ?? -1,
          alloc_map: formatNumberList(cpus[cpu]?.allocMap ?? []),
          managed_map: formatNumberList(cpus[cpu]?.managedMap ?? []),
        },
      ]),
    ),
    irqs: Object.fromEntries(
      kernel.descs().flatMap(({ irq, data }) => {
        if (data === undefined || irq === 0) return [];
        const place = [data.hwCpu, data.hwVector] as const;
        return [[irq, data.prevVector === 0 ? place : [...place, [data.prevCpu, data.prevVector]]]];
      }),
    ),
  };
}
