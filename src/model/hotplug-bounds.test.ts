import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildMachine,
  type DrawnCpu,
  type DrawnIrq,
  type DrawnMachine,
  drawMachine,
  parseDrawing,
} from '../../test/draw-machine.ts';
import { DrawnKernel } from '../../test/drawn-kernel.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { exactly, range } from '../base/range.ts';
import { type FitsChange, fitsOf } from '../query/fits.ts';

/** One of each kind of arithmetic, choice and retry. */
const KERNELS = ['4.15', '4.20', '5.4', '6.1.20', '6.1', '6.12'];

/** Indices and coin flips from which a machine is built, so that a failing one shrinks. */
interface Seed {
  readonly kernel: string;
  readonly size: number;
  readonly offline: readonly boolean[];
  readonly spare: readonly number[];
  readonly drift: readonly number[];
  readonly isolated: number;
  readonly irqs: readonly {
    readonly mask: number;
    readonly on: number;
    readonly managed: boolean;
    readonly old: number;
  }[];
  readonly order: readonly number[];
  readonly hide: {
    readonly managed: readonly boolean[];
    readonly effective: readonly boolean[];
    readonly old: readonly number[];
    readonly drift: readonly boolean[];
    readonly capacity: number;
  };
}

const flips = (length: number) => fc.array(fc.boolean(), { minLength: length, maxLength: length });
const SIZE = 6;
const IRQS = 30;

const seeds: fc.Arbitrary<Seed> = fc.record({
  kernel: fc.constantFrom(...KERNELS),
  size: fc.integer({ min: 2, max: SIZE }),
  offline: flips(SIZE),
  spare: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: SIZE, maxLength: SIZE }),
  drift: fc.array(fc.constantFrom(0, 0, 0, -1, 1, 2), { minLength: SIZE, maxLength: SIZE }),
  isolated: fc.constantFrom(0, 0, 2, 6),
  irqs: fc.array(
    fc.record({
      mask: fc.oneof(fc.constant(63), fc.integer({ min: 1, max: 63 })),
      on: fc.nat({ max: SIZE - 1 }),
      managed: fc.boolean(),
      old: fc.constantFrom(-1, -1, -1, 0, 1, 2, 3),
    }),
    { maxLength: IRQS },
  ),
  order: fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 1, maxLength: 4 }),
  hide: fc.record({
    managed: fc.oneof(fc.constant(new Array<boolean>(IRQS).fill(false)), flips(IRQS)),
    effective: fc.oneof(fc.constant(new Array<boolean>(IRQS).fill(false)), flips(IRQS)),
    old: fc.array(fc.constantFrom(0, 0, 0, 1, 3, 63), { minLength: IRQS, maxLength: IRQS }),
    drift: flips(SIZE),
    capacity: fc.constantFrom(0, 0, 1),
  }),
});

const bits = (mask: number, size: number): number[] =>
  Array.from({ length: size }, (_, cpu) => cpu).filter((cpu) => (mask >> cpu) & 1);

/** A machine whose every fact is known, with `spare` vectors left on each CPU. */
function worldOf(seed: Seed): DrawnMachine {
  const online = Array.from({ length: seed.size }, (_, cpu) => cpu).filter(
    (cpu) => cpu === 0 || seed.offline[cpu] !== true || cpu === 1,
  );
  const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % from.length];
  const irqs = seed.irqs.flatMap(({ mask, on, managed, old }, at): DrawnIrq[] => {
    const cpus = bits(mask, seed.size);
    const up = cpus.filter((cpu) => online.includes(cpu));
    if (cpus.length === 0 || (up.length === 0 && !managed)) return [];
    const target = up.length === 0 ? undefined : pick(up, on);
    const left = online.filter((cpu) => cpu !== target);
    const oldCpu = old < 0 || target === undefined || managed ? undefined : pick(left, old);
    return [
      {
        irq: 20 + at,
        on: target,
        down: target === undefined,
        mask: CpuSet.from(cpus),
        managed,
        old: oldCpu === undefined ? undefined : { cpus: CpuSet.of(oldCpu), held: exactly(1) },
      },
    ];
  });
  const cpus = Array.from({ length: seed.size }, (_, cpu): DrawnCpu => {
    const used = irqs.reduce(
      (n, irq) =>
        n +
        (irq.managed === true && irq.mask?.has(cpu) === true ? 1 : 0) +
        (irq.managed !== true && irq.on === cpu ? 1 : 0) +
        (irq.old?.cpus.has(cpu) === true ? 1 : 0),
      0,
    );
    const drift = seed.drift[cpu] ?? 0;
    return {
      cpu,
      online: online.includes(cpu),
      capacity: exactly(used + Math.max(seed.spare[cpu] ?? 0, 0) + Math.max(0, -drift)),
      other: 0,
      managed: 0,
      drift: exactly(drift),
    };
  });
  const isolated = CpuSet.from(bits(seed.isolated, seed.size));
  const housekeeping = isolated.isEmpty ? undefined : CpuSet.span(0, seed.size - 1).andNot(isolated);
  return { kernel: seed.kernel, reserved: exactly(0), housekeeping, cpus, irqs };
}

/** The same machine with facts hidden: the truth stays inside the bounds. */
function blurred(world: DrawnMachine, { hide }: Seed): DrawnMachine {
  const online = CpuSet.from(world.cpus.filter((cpu) => cpu.online).map((cpu) => cpu.cpu));
  return {
    ...world,
    cpus: world.cpus.map((cpu, at) => ({
      ...cpu,
      capacity: range(cpu.capacity.min - hide.capacity, cpu.capacity.max),
      drift:
        hide.drift[at] === true || cpu.drift.min !== 0
          ? range(Math.min(cpu.drift.min, -1), Math.max(cpu.drift.max, 1))
          : cpu.drift,
    })),
    irqs: world.irqs.map((irq, at) => {
      const maybe = CpuSet.from(bits(hide.old[at] ?? 0, 6))
        .and(online)
        .or(irq.old?.cpus ?? new CpuSet());
      if (irq.on !== undefined) maybe.delete(irq.on);
      const hidesEffective = hide.effective[at] === true && irq.managed !== true && irq.old === undefined;
      const hidesOld =
        !hidesEffective &&
        (hide.old[at] ?? 0) !== 0 &&
        !maybe.isEmpty &&
        irq.on !== undefined &&
        irq.managed === false;
      return {
        ...irq,
        // A shut down one is known by its mask, whatever its driver.
        managed: hide.managed[at] === true && !irq.down ? undefined : irq.managed,
        // Nothing tells of an old vector where not even the CPU is shown.
        on: hidesEffective ? undefined : irq.on,
        old: hidesOld ? { cpus: maybe, held: range(0, 1) } : irq.old,
      };
    }),
  };
}

describe('what-if against a kernel that knows everything', () => {
  it('`fitsOf` on an exact machine gives the kernel every figure, move, broken, shut down and stuck interrupt', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = worldOf(seed);
        const machine = buildMachine(world);
        expect(machine.certainty).toBe('exact');
        const order = seed.order.filter((cpu) => machine.cpus.some((c) => c.cpu === cpu && c.online));
        fc.pre(order.length > 0);
        const kernel = new DrawnKernel(world, machine.kernel.profile);
        const verdict = fitsOf(machine, [{ kind: 'offline', cpus: order }]);
        for (const [at, cpu] of order.entries()) {
          const { needed, available, ...rest } = kernel.offline(cpu);
          const step = verdict.steps[at];
          expect(step).toMatchObject({ ...rest, needed: exactly(needed), available: exactly(available) });
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('`fitsOf` with facts hidden is never wrong, and its figures hold the truth', () => {
    const given = new Map<unknown, number>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = worldOf(seed);
        const machine = buildMachine(blurred(world, seed));
        const order = seed.order.filter((cpu) => machine.cpus.some((c) => c.cpu === cpu && c.online));
        fc.pre(order.length > 0);
        const kernel = new DrawnKernel(world, machine.kernel.profile);
        const verdict = fitsOf(machine, [{ kind: 'offline', cpus: order }]);
        for (const [at, cpu] of order.entries()) {
          const truth = kernel.offline(cpu);
          const step = verdict.steps[at];
          const where = `CPU ${cpu}: ${JSON.stringify(truth)} in ${JSON.stringify(step)}`;
          expect([null, truth.fits], where).toContain(step?.fits);
          if (machine.certainty === 'bounded') given.set(step?.fits, (given.get(step?.fits) ?? 0) + 1);
          expect(step?.needed.min, where).toBeLessThanOrEqual(truth.needed);
          expect(step?.needed.max, where).toBeGreaterThanOrEqual(truth.needed);
          expect(step?.available.min, where).toBeLessThanOrEqual(truth.available);
          expect(step?.available.max, where).toBeGreaterThanOrEqual(truth.available);
          if (step?.message !== undefined && !truth.fits) {
            expect(step.message).toBe(
              `CPU ${cpu} has ${truth.needed} vectors, ${truth.available} available. Cannot disable CPU`,
            );
          }
        }
      }),
      { numRuns: 2000 },
    );
    // Never to decide would never be wrong.
    for (const verdict of [true, false, null])
      expect(given.get(verdict), String(verdict)).toBeGreaterThan(100);
  });

  it('`fitsOf` with facts hidden holds what it says of the whole machine, a suspend in between', () => {
    let judged = 0;
    fc.assert(
      fc.property(seeds, fc.nat({ max: 3 }), (seed, before) => {
        const world = worldOf(seed);
        const machine = buildMachine(blurred(world, seed));
        const order = seed.order.filter((cpu) => machine.cpus.some((c) => c.cpu === cpu && c.online));
        const offline = (cpus: number[]): FitsChange[] =>
          cpus.length > 0 ? [{ kind: 'offline', cpus }] : [];
        const first = offline(order.slice(0, before));
        const changes = [...first, { kind: 'suspend' } as const, ...offline(order.slice(before))];
        const exact = fitsOf(buildMachine(world), changes).steps;
        for (const step of fitsOf(machine, changes).steps) {
          const truth = exact.find(({ change, cpu }) => change === step.change && cpu === step.cpu);
          // From here on it is not known how far the suspend came.
          if (step.change === 'suspend' && step.fits === null) break;
          // Where the whole machine is known it went before, so it does not have to go now.
          if (truth === undefined) continue;
          const where = `${JSON.stringify(truth)} in ${JSON.stringify(step)}`;
          expect([null, truth.fits], where).toContain(step.fits);
          for (const figure of ['needed', 'available'] as const) {
            expect(step[figure].min, where).toBeLessThanOrEqual(truth[figure].min);
            expect(step[figure].max, where).toBeGreaterThanOrEqual(truth[figure].max);
          }
          if (step.fits !== null && step.message !== undefined) expect(step.message).toBe(truth.message);
          judged++;
        }
      }),
      { numRuns: 1000 },
    );
    expect(judged).toBeGreaterThan(1000);
  });

  it('one uncertain vector makes interrupts with different masks swap places: more than one is off later', () => {
    // 40 does hold the old vector on CPU 4. So from 21 on, truth and guess take CPUs 3 and 4 in turn, oppositely:
    // 21 and 23 end up on the one, 22 and 24 on the other, and leave for different CPUs when CPU 3 goes.
    const drawing = (old: string) => `
      kernel 6.12
      cpu  capacity
        0         1
        1         7
        2         7
        3        10
        4        10
        5         5
      20 on 5 mask 3-5
      21 on 5 mask 1,3-5
      22 on 5 mask 2-5
      23 on 5 mask 1,3-5
      24 on 5 mask 2-5
      40 on 0 mask 0 ${old}
    `;
    const world = parseDrawing(drawing('old 4'));
    const machine = drawMachine(drawing('old? 4'));
    const kernel = new DrawnKernel(world, machine.kernel.profile);
    const truth = [5, 3, 1].map((cpu) => kernel.offline(cpu).needed);
    expect(truth).toEqual([5, 3, 2]);
    const { steps } = fitsOf(machine, [{ kind: 'offline', cpus: [5, 3, 1] }]);
    expect(steps[1]?.moves.filter(({ to }) => to === 1)).toEqual([]);
    for (const [at, needed] of truth.entries()) {
      expect(steps[at]?.needed.min).toBeLessThanOrEqual(needed);
      expect(steps[at]?.needed.max).toBeGreaterThanOrEqual(needed);
    }
  });
});
