import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { profileNamed } from './kernel-profile.ts';
import { type Mark, Matrix, type MatrixShape } from './matrix.ts';

/** More CPUs than are scanned anyway, few vectors: CPUs fill up, ties and failures are common. */
const SHAPE: MatrixShape = { cpuCount: 70, matrixBits: 40, allocStart: 4, allocEnd: 14 };
/** Up to 64 CPUs are indexed by sets. */
const SHAPES = { sets: { ...SHAPE, cpuCount: 62 }, rankings: SHAPE } as const;

const MASKS: readonly CpuSet[] = [
  CpuSet.span(0, 69),
  CpuSet.from(Array.from({ length: 35 }, (_, n) => 2 * n)),
  CpuSet.span(10, 50),
  CpuSet.span(3, 6),
  CpuSet.span(30, 200),
  new CpuSet(),
];

/** Answers what it was answered, and whatever else tells whether both did the same. */
type Call = (matrix: Matrix) => unknown;

const anyMask = fc.nat(MASKS.length - 1).map((at) => MASKS[at] ?? new CpuSet());
const anyCpu = fc.nat(SHAPES.sets.cpuCount - 1);
const anyBit = fc.integer({ min: 3, max: 15 });

/** Wrong calls are among them: counters drift and wrap, and are chosen by all the same. */
const anyCall: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(anyMask, fc.boolean()).map(
      ([mask, reserved]): Call =>
        (m) => {
          return [m.alloc(mask, reserved), m.lastCpu];
        },
    ),
  },
  {
    weight: 4,
    arbitrary: anyMask.map(
      (mask): Call =>
        (m) => [m.allocManaged(mask), m.lastCpu],
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(anyCpu, anyBit, fc.boolean()).map(
      (of): Call =>
        (m) =>
          m.free(...of),
    ),
  },
  {
    weight: 3,
    arbitrary: anyMask.map(
      (mask): Call =>
        (m) =>
          m.reserveManaged(mask),
    ),
  },
  {
    weight: 1,
    arbitrary: anyMask.map(
      (mask): Call =>
        (m) =>
          m.removeManaged(mask),
    ),
  },
  {
    weight: 2,
    arbitrary: anyCpu.map(
      (cpu): Call =>
        (m) =>
          m.maps.online[cpu] === 0 ? m.online(cpu) : m.offline(cpu),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(anyCpu, anyBit).map(
      (of): Call =>
        (m) =>
          m.assign(...of),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(anyCpu, fc.constantFrom(0, 9, 2 ** 32 - 1)).map(
      ([cpu, available]): Call =>
        (m) => {
          m.adoptCpu(cpu, { available, allocated: 0, managed: 0 });
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(anyCpu, fc.boolean()).map(
      (of): Call =>
        (m) =>
          m.adoptOnline(...of),
    ),
  },
);

/** A matrix with the index and one that scans, on which everything is done alike. */
class Pair {
  matrices: readonly [Matrix, Matrix];
  /** Left behind by forks, with what they were then. */
  readonly behind: { matrix: Matrix; before: unknown }[] = [];
  readonly #marks: [Mark, Mark][] = [];

  constructor(profile: string, choosesBy: keyof typeof SHAPES) {
    const of = profileNamed(profile);
    if (of === undefined) throw new Error(`no profile ${profile}`);
    this.matrices = [
      new Matrix(of, SHAPES[choosesBy], { choosesBy }),
      new Matrix(of, SHAPES[choosesBy], { choosesBy: 'scans' }),
    ];
    for (let cpu = 0; cpu < 60; cpu++) this.both((m) => m.online(cpu));
  }

  both(call: Call): void {
    const [indexed, scanning] = this.matrices;
    expect(call(indexed)).toEqual(call(scanning));
  }

  mark(): void {
    const [a, b] = this.matrices;
    this.#marks.push([a.mark(), b.mark()]);
  }

  end(how: 'rollback' | 'keep'): void {
    const marks = this.#marks.pop();
    if (marks === undefined) return;
    for (const [at, matrix] of this.matrices.entries()) matrix[how](marks[at as 0 | 1]);
  }

  /** Goes on with the forks, or with the origins. */
  fork(goOn: 'forks' | 'origins'): void {
    const [a, b] = this.matrices;
    const forks: [Matrix, Matrix] = [a.fork(), b.fork()];
    const left = goOn === 'forks' ? this.matrices : forks;
    for (const matrix of left) this.behind.push({ matrix, before: matrix.snapshot() });
    if (goOn === 'origins') return;
    this.matrices = forks;
    this.#marks.length = 0;
  }
}

const anyStep: fc.Arbitrary<(pair: Pair) => void> = fc.oneof(
  { weight: 20, arbitrary: anyCall.map((call) => (pair: Pair) => pair.both(call)) },
  { weight: 1, arbitrary: fc.constant((pair: Pair) => pair.mark()) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('rollback' as const, 'keep' as const)
      .map((how) => (pair: Pair) => pair.end(how)),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('forks' as const, 'origins' as const)
      .map((on) => (pair: Pair) => pair.fork(on)),
  },
);

describe('the index of a matrix', () => {
  // One profile for each way to choose the CPU of a managed interrupt.
  for (const name of ['4.15', '4.20', '6.1', 'newest']) {
    for (const choosesBy of ['sets', 'rankings'] as const) {
      it(`answers as the scan does, call by call, through rollbacks and forks (${name}, ${choosesBy})`, () => {
        fc.assert(
          fc.property(fc.array(anyStep, { maxLength: 120 }), (steps) => {
            const pair = new Pair(name, choosesBy);
            for (const step of steps) step(pair);
            const [indexed, scanning] = pair.matrices;
            expect(indexed.snapshot()).toEqual(scanning.snapshot());
            for (const { matrix, before } of pair.behind) expect(matrix.snapshot()).toEqual(before);
          }),
          { numRuns: 80 },
        );
      });
    }
  }
});

describe('`rollback`', () => {
  for (const choosesBy of ['sets', 'rankings'] as const) {
    it(`puts the CPUs back in the order in which they were (${choosesBy})`, () => {
      const pair = new Pair('newest', choosesBy);
      const alloc: Call = (m) => [m.alloc(MASKS[0] ?? new CpuSet(), false), m.lastCpu];
      pair.both(alloc);
      pair.mark();
      for (let n = 0; n < 5; n++) pair.both(alloc);
      pair.both((m) => m.offline(1));
      pair.both(alloc);
      pair.end('rollback');
      for (let n = 0; n < 10; n++) pair.both(alloc);
      expect(pair.matrices[0].lastCpu).toBe(10);
    });
  }
});

describe('`fork`', () => {
  const profile = profileNamed('newest');
  if (profile === undefined) throw new Error('no newest profile');
  const full = MASKS[0] ?? new CpuSet();

  function busy(): Matrix {
    const matrix = new Matrix(profile as NonNullable<typeof profile>, SHAPE);
    for (let cpu = 0; cpu < 60; cpu++) matrix.online(cpu);
    for (let n = 0; n < 100; n++) matrix.alloc(full, false);
    return matrix;
  }

  it('reads the same words until one of the two writes', () => {
    const origin = busy();
    const fork = origin.fork();
    expect(fork.maps.available).toEqual(origin.maps.available);
    const shared = (a: Matrix, b: Matrix) =>
      (a.maps.available as Uint32Array).buffer === (b.maps.available as Uint32Array).buffer;
    expect(shared(origin, fork)).toBe(true);
    fork.reserve();
    expect(shared(origin, fork)).toBe(false);
    expect([origin.globalReserved, fork.globalReserved]).toEqual([0, 1]);
  });

  it('of a fork, and several of one origin, are all independent', () => {
    const origin = busy();
    const forks = [origin.fork(), origin.fork(), origin.fork().fork()];
    origin.removeReserved();
    for (const [at, fork] of forks.entries()) for (let n = 0; n <= at; n++) fork.reserve();
    expect(forks.map((fork) => fork.globalReserved)).toEqual([1, 2, 3]);
    expect(origin.globalReserved).toBe(2 ** 32 - 1);
  });

  it('a rollback of the origin does not show in a fork made after the mark', () => {
    const origin = busy();
    const mark = origin.mark();
    const before = origin.snapshot();
    origin.alloc(full, false);
    const fork = origin.fork();
    const forked = fork.snapshot();
    origin.rollback(mark);
    expect(origin.snapshot()).toEqual(before);
    expect(fork.snapshot()).toEqual(forked);
    expect(() => fork.rollback(mark)).toThrow('not open');
  });

  it('the origin finds its best CPU after its words have moved', () => {
    const origin = busy();
    const fork = origin.fork();
    const scanning = origin.fork({ choosesBy: 'scans' });
    for (let n = 0; n < 50; n++) {
      expect([origin.alloc(full, false), origin.lastCpu]).toEqual([
        scanning.alloc(full, false),
        scanning.lastCpu,
      ]);
    }
    expect(fork.totalAllocated).toBe(100);
  });
});
