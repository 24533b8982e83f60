import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { profileNamed } from './kernel-profile.ts';
import { Matrix } from './matrix.ts';
import { UndoLog } from './undo-log.ts';

function profile(name: string) {
  const found = profileNamed(name);
  if (found === undefined) throw new Error(`no profile ${name}`);
  return found;
}

/** Any call with any arguments, wrong ones included: whatever it does, a rollback takes it back. */
const anyCall: fc.Arbitrary<(m: Matrix) => void> = fc.oneof(
  fc.nat(3).map((cpu) => (m: Matrix) => (m.maps.online[cpu] === 0 ? m.online(cpu) : m.offline(cpu))),
  fc
    .record({ mask: fc.nat(15), reserved: fc.boolean() })
    .map((a) => (m: Matrix) => void m.alloc(set(a.mask), a.reserved)),
  fc
    .record({ cpu: fc.nat(3), bit: fc.nat(20), managed: fc.boolean() })
    .map((a) => (m: Matrix) => m.free(a.cpu, a.bit, a.managed)),
  fc.nat(15).map((mask) => (m: Matrix) => void m.reserveManaged(set(mask))),
  fc.nat(15).map((mask) => (m: Matrix) => m.removeManaged(set(mask))),
  fc.nat(15).map((mask) => (m: Matrix) => void m.allocManaged(set(mask))),
  fc.record({ cpu: fc.nat(3), bit: fc.nat(20) }).map((a) => (m: Matrix) => m.assign(a.cpu, a.bit)),
  fc.constantFrom(
    (m: Matrix) => m.reserve(),
    (m: Matrix) => m.removeReserved(),
  ),
);

function set(bits: number): CpuSet {
  return CpuSet.from([0, 1, 2, 3].filter((cpu) => (bits >>> cpu) & 1));
}

function small(name: string): Matrix {
  const matrix = new Matrix(profile(name), { cpuCount: 4, matrixBits: 40, allocStart: 4, allocEnd: 12 });
  matrix.assignSystem(0, 6, false);
  return matrix;
}

describe('mark and rollback', () => {
  for (const name of ['4.15', '4.20', '5.4', 'newest']) {
    it(`\`rollback\` restores every counter and bit, at every depth (${name})`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.array(anyCall, { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
          (layers) => {
            const matrix = small(name);
            const marks = layers.map((calls) => {
              const before = matrix.snapshot();
              const mark = matrix.mark();
              for (const call of calls) call(matrix);
              return { mark, before };
            });
            for (const { mark, before } of marks.reverse()) {
              matrix.rollback(mark);
              expect(matrix.snapshot()).toEqual(before);
            }
          },
        ),
        { numRuns: 300 },
      );
    });
  }

  it('`rollback` of an outer mark takes back what inner marks kept, and ends them', () => {
    const matrix = small('6.1');
    const before = matrix.snapshot();
    const outer = matrix.mark();
    matrix.online(0);
    const kept = matrix.mark();
    matrix.alloc(CpuSet.of(0), false);
    matrix.keep(kept);
    const inner = matrix.mark();
    matrix.online(1);
    matrix.rollback(outer);
    expect(matrix.snapshot()).toEqual(before);
    expect(() => matrix.rollback(inner)).toThrow('not open');
    expect(() => matrix.rollback(kept)).toThrow('not open');
  });

  it('`keep` of the only mark leaves the state as it is', () => {
    const matrix = small('6.1');
    const mark = matrix.mark();
    matrix.online(2);
    const after = matrix.snapshot();
    matrix.keep(mark);
    expect(matrix.snapshot()).toEqual(after);
    expect(() => matrix.keep(mark)).toThrow('not open');
  });

  it('a mark of another matrix is refused, and nothing changes', () => {
    const matrix = small('6.1');
    const other = small('6.1');
    matrix.mark();
    matrix.online(0);
    const before = matrix.snapshot();
    expect(() => matrix.rollback(other.mark())).toThrow('not open');
    expect(matrix.snapshot()).toEqual(before);
  });

  it('`clone` is independent of its original, which keeps its marks', () => {
    const matrix = small('6.1');
    matrix.online(0);
    const mark = matrix.mark();
    matrix.alloc(CpuSet.of(0), false);
    const copy = matrix.clone();
    expect(copy.snapshot()).toEqual(matrix.snapshot());
    expect(() => copy.rollback(mark)).toThrow('not open');
    copy.online(1);
    expect(matrix.onlineMaps).toBe(1);
    matrix.rollback(mark);
    expect(matrix.totalAllocated).toBe(0);
    expect(copy.totalAllocated).toBe(1);
  });
});

describe('UndoLog', () => {
  it('records only while a mark is open, one entry a write, and forgets with the last mark', () => {
    const log = new UndoLog();
    expect(log.recording).toBe(false);
    const outer = log.mark();
    expect(log.recording).toBe(true);
    for (let n = 0; n < 200; n++) log.record(n, n);
    const inner = log.mark();
    log.record(7, 1);
    log.keep(inner);
    expect(log.length).toBe(201);
    const words = new Uint32Array(200).fill(9);
    log.rollback(outer, words);
    expect([...words]).toEqual([...Array(200).keys()]);
    expect(log.length).toBe(0);
    expect(log.recording).toBe(false);
  });

  it('`keep` of the last open mark drops what was recorded', () => {
    const log = new UndoLog();
    const mark = log.mark();
    log.record(0, 1);
    log.keep(mark);
    expect(log.length).toBe(0);
  });
});
