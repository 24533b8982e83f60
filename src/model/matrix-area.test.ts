import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { profileNamed } from './kernel-profile.ts';
import { type Mark, Matrix } from './matrix.ts';

/** Two CPUs, and more words than x86 has: the last flag of a CPU's room stands for several. */
const SHAPE = { cpuCount: 2, matrixBits: 400, allocStart: 30, allocEnd: 390 };
const BOTH = CpuSet.of(0, 1);

/** H-AREA, bit by bit. */
function lowestFree(matrix: Matrix, cpu: number): number {
  for (let bit = SHAPE.allocStart; bit < SHAPE.allocEnd; bit++) {
    if (!matrix.isSystem(bit) && !matrix.isAllocated(cpu, bit) && !matrix.isManaged(cpu, bit)) return bit;
  }
  return -1;
}

/** Takes `count` vectors of `cpu`, each of which has to be the lowest. */
function take(matrix: Matrix, cpu: number, count: number): void {
  for (let n = 0; n < count; n++) {
    const lowest = lowestFree(matrix, cpu);
    const bit = matrix.alloc(CpuSet.of(cpu), false);
    // Counters drift in a wrong call: then there may be a bit and no vector.
    if (bit >= 0) expect(bit).toBe(lowest);
  }
}

type Step = (matrix: Matrix, marks: Mark[]) => void;
const anyCpu = fc.nat(1);
const anyBit = fc.integer({ min: 30, max: 389 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(anyCpu, fc.integer({ min: 1, max: 150 })).map(
    (of): Step =>
      (m) =>
        take(m, ...of),
  ),
  fc.tuple(anyCpu, anyBit).map(
    (of): Step =>
      (m) =>
        m.free(...of, false),
  ),
  fc.constant<Step>((m) => m.reserveManaged(BOTH)),
  fc.constant<Step>((m) => m.removeManaged(BOTH)),
  fc.tuple(anyCpu, anyBit, fc.constantFrom('allocated' as const, 'managed' as const), fc.boolean()).map(
    (of): Step =>
      (m) =>
        m.adoptBit(...of),
  ),
  fc.constant<Step>((m, marks) => marks.push(m.mark())),
  fc.constant<Step>((m, marks) => {
    const mark = marks.pop();
    if (mark !== undefined) m.rollback(mark);
  }),
  anyCpu.map(
    (cpu): Step =>
      (m) => {
        m.offline(cpu);
        m.online(cpu);
      },
  ),
  fc.constant<Step>((m) => take(m.fork(), 0, 3)),
);

describe('`alloc`', () => {
  for (const name of ['4.15', 'newest']) {
    it(`takes the lowest free bit, whatever was given back and how (${name})`, () => {
      const profile = profileNamed(name);
      if (profile === undefined) throw new Error(`no profile ${name}`);
      fc.assert(
        fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
          const matrix = new Matrix(profile, SHAPE);
          for (const cpu of BOTH) matrix.online(cpu);
          const marks: Mark[] = [];
          for (const step of steps) {
            step(matrix, marks);
            const mark = matrix.mark();
            for (const cpu of BOTH) take(matrix, cpu, 2);
            matrix.rollback(mark);
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it('takes no bit of a CPU that has none, whatever lies behind a map of one word or two', () => {
    const profile = profileNamed('newest');
    if (profile === undefined) throw new Error('no newest profile');
    for (const matrixBits of [32, 64]) {
      const shape = { cpuCount: 2, matrixBits, allocStart: matrixBits - 2, allocEnd: matrixBits };
      const matrix = new Matrix(profile, shape);
      for (const cpu of BOTH) matrix.online(cpu);
      const first = CpuSet.of(0);
      expect([matrix.alloc(first, false), matrix.reserveManaged(first)]).toEqual([matrixBits - 2, 0]);
      expect([matrix.alloc(first, false), matrix.reserveManaged(first)]).toEqual([-28, -28]);
      expect(matrix.managedBits(0)).toEqual([matrixBits - 1]);
    }
  });
});
