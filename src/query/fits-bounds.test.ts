/** What fits says of a machine whose facts are partly hidden never contradicts what it says of the whole machine. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildMachine, type DrawnCpu, type DrawnIrq, type DrawnMachine } from '../../test/draw-machine.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { exactly, range } from '../base/range.ts';
import type { MachineState } from '../model/machine-state.ts';
import { type FitsChange, fitsOf } from './fits.ts';

const SIZE = 4;
/** Vectors of each CPU: few, so that they run out. */
const CAPACITY = 7;
const IRQS = 18;

interface Seed {
  readonly kernel: string;
  readonly offline: boolean;
  readonly irqs: readonly {
    readonly mask: number;
    readonly on: number;
    readonly managed: boolean;
    readonly hide: number;
  }[];
  readonly capacityHidden: boolean;
  readonly changes: readonly { readonly kind: number; readonly a: number; readonly b: number }[];
}

const seeds: fc.Arbitrary<Seed> = fc.record({
  kernel: fc.constantFrom('5.4', '6.1', '6.12', '7.2'),
  offline: fc.boolean(),
  irqs: fc.array(
    fc.record({
      mask: fc.oneof(fc.constant(15), fc.integer({ min: 1, max: 15 })),
      on: fc.nat({ max: SIZE - 1 }),
      managed: fc.boolean(),
      // 0..2 nothing, 3 whether it is managed, 4 where it is, 5 a perhaps old vector.
      hide: fc.nat({ max: 5 }),
    }),
    { maxLength: IRQS },
  ),
  capacityHidden: fc.boolean(),
  changes: fc.array(fc.record({ kind: fc.nat({ max: 5 }), a: fc.nat({ max: 40 }), b: fc.nat({ max: 15 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

/** The whole truth, and what is shown of it. */
function worldsOf(seed: Seed): { truth: MachineState; shown: MachineState } {
  const online = [0, 1, 2, ...(seed.offline ? [] : [3])];
  const used = [0, 0, 0, 0];
  const managedOn = [0, 0, 0, 0];
  const irqs: (DrawnIrq & { readonly hide: number })[] = [];
  for (const [at, { mask, on, managed, hide }] of seed.irqs.entries()) {
    const cpus = Array.from({ length: SIZE }, (_, cpu) => cpu).filter((cpu) => (mask >> cpu) & 1);
    const up = cpus.filter((cpu) => online.includes(cpu));
    const target = up[on % Math.max(1, up.length)];
    if (target === undefined) continue;
    const costs = managed ? cpus : [target];
    if (costs.some((cpu) => (used[cpu] ?? 0) >= CAPACITY)) continue;
    for (const cpu of costs) used[cpu] = (used[cpu] ?? 0) + 1;
    if (managed) managedOn[target] = (managedOn[target] ?? 0) + 1;
    irqs.push({
      irq: 20 + at,
      on: target,
      down: false,
      mask: CpuSet.from(cpus),
      managed,
      old: undefined,
      hide,
    });
  }
  const cpus = (capacity: DrawnCpu['capacity']): DrawnCpu[] =>
    Array.from({ length: SIZE }, (_, cpu) => ({
      cpu,
      online: online.includes(cpu),
      capacity,
      other: 0,
      managed: 0,
      drift: exactly(0),
    }));
  const world = { kernel: seed.kernel, reserved: exactly(0), housekeeping: undefined };
  const truth: DrawnMachine = { ...world, cpus: cpus(exactly(CAPACITY)), irqs };
  const shown: DrawnMachine = {
    ...world,
    cpus: cpus(seed.capacityHidden ? range(CAPACITY - 1, CAPACITY + 1) : exactly(CAPACITY)),
    irqs: irqs.map(({ hide, ...irq }) => ({
      ...irq,
      managed: hide === 3 ? undefined : irq.managed,
      on: hide === 4 && irq.managed === false ? undefined : irq.on,
      old:
        hide === 5 && irq.managed === false
          ? { cpus: CpuSet.from(online.filter((cpu) => cpu !== irq.on)), held: range(0, 1) }
          : undefined,
    })),
  };
  const open = (machine: MachineState): MachineState => ({ ...machine, systemVectors: undefined });
  return { truth: open(buildMachine(truth)), shown: open(buildMachine(shown)) };
}

function changesOf({ irqs }: MachineState, seed: Seed): FitsChange[] {
  return seed.changes
    .flatMap(({ kind, a, b }): FitsChange[] => {
      const cpu = 1 + (a % (SIZE - 1));
      const irq = irqs[a % Math.max(1, irqs.length)]?.irq;
      switch (kind) {
        case 0:
          return [{ kind: 'add', driver: 'nvme', count: 1 + (b % 3), queues: 1 + (a % 4), node: undefined }];
        case 1:
          return [{ kind: 'add', driver: 'ahci', count: 1 + (b % 4), queues: undefined, node: undefined }];
        case 2:
          return irq === undefined ? [] : [{ kind: 'pin', irqs: [irq], cpus: [b % SIZE] }];
        case 3:
          return [{ kind: 'isolate', cpus: [cpu] }];
        case 4:
          return seed.offline ? [{ kind: 'online', cpus: [3] }] : [];
        default:
          return [{ kind: 'suspend' }];
      }
    })
    .filter(
      (change, at, all) => change.kind !== 'online' || all.findIndex(({ kind }) => kind === 'online') === at,
    );
}

describe('`fitsOf` with facts hidden', () => {
  it('is never wrong about any change, and its figures hold the truth', () => {
    const decided = { yes: 0, no: 0, open: 0 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const { truth, shown } = worldsOf(seed);
        const changes = changesOf(truth, seed);
        fc.pre(changes.length > 0);
        const [real, said] = [fitsOf(truth, changes), fitsOf(shown, changes)];
        for (const [at, answer] of said.changes.entries()) {
          const is = real.changes[at];
          decided[answer.fits === null ? 'open' : answer.fits ? 'yes' : 'no']++;
          if (answer.fits !== null)
            expect([at, answer.change, answer.fits]).toEqual([at, is?.change, is?.fits]);
          if (answer.fits !== null && answer.interrupts !== undefined && is?.interrupts !== undefined) {
            expect(answer.interrupts.got.min).toBeLessThanOrEqual(is.interrupts.got.min);
            expect(answer.interrupts.got.max).toBeGreaterThanOrEqual(is.interrupts.got.max);
          }
        }
        if (said.fits !== null) expect(said.fits).toBe(real.fits);
      }),
      { numRuns: 300, seed: 20_261_122 },
    );
    // A test that only sees open answers proves nothing.
    for (const count of Object.values(decided)) expect(count).toBeGreaterThan(40);
  });
});
