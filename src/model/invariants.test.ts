import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctMatrixProfiles, type MatrixOp, WellBehaved } from '../../test/model/well-behaved.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { matrixViolations } from './invariants.ts';
import { profileNamed } from './kernel-profile.ts';
import { Matrix, type MatrixSnapshot } from './matrix.ts';

const CPUS = 5;
const mask = fc.uniqueArray(fc.nat(CPUS - 1), { maxLength: CPUS }).map((cpus) => CpuSet.from(cpus));
const op: fc.Arbitrary<MatrixOp> = fc.oneof(
  fc.record({ op: fc.constantFrom('online' as const, 'offline' as const), cpu: fc.nat(CPUS - 1) }),
  fc.record({ op: fc.constant('alloc' as const), mask, reserved: fc.boolean() }),
  fc.record({ op: fc.constantFrom('reserveManaged', 'allocManaged', 'removeManaged'), mask }),
  fc.record({ op: fc.constant('free' as const), pick: fc.nat(1000) }),
  fc.record({ op: fc.constantFrom('reserve', 'removeReserved') }),
);

/** The lowest bit of the window that nothing on the CPU holds, found bit by bit. */
function lowestFree(matrix: Matrix, cpu: number): number | undefined {
  for (let bit = matrix.shape.allocStart; bit < matrix.shape.allocEnd; bit++) {
    const taken = matrix.isSystem(bit) || matrix.isAllocated(cpu, bit) || matrix.isManaged(cpu, bit);
    if (!taken) return bit;
  }
  return undefined;
}

/** What the call must answer, from the state before it. */
function expectedAnswer(matrix: Matrix, call: MatrixOp): { ret: number; cpu: number } | undefined {
  const { online, available } = matrix.maps;
  if (call.op === 'alloc') {
    const best = [...call.mask]
      .filter((cpu) => online[cpu] === 1 && (available[cpu] ?? 0) > 0)
      .sort((a, b) => (available[b] ?? 0) - (available[a] ?? 0) || a - b)[0];
    if (best === undefined) {
      return { ret: call.mask.isEmpty && matrix.profile.allocRejectsEmptyMask ? -22 : -28, cpu: -1 };
    }
    const bit = lowestFree(matrix, best);
    return bit === undefined ? { ret: -28, cpu: -1 } : { ret: bit, cpu: best };
  }
  if (call.op === 'reserveManaged') {
    return { ret: [...call.mask].every((cpu) => lowestFree(matrix, cpu) !== undefined) ? 0 : -28, cpu: -1 };
  }
  return undefined;
}

describe('matrixViolations', () => {
  for (const profile of distinctMatrixProfiles()) {
    it(`every invariant holds after every call of a well-behaved caller, and answers are right (${profile.name})`, () => {
      let drifted = 0;
      let succeeded = 0;
      fc.assert(
        fc.property(fc.array(op, { minLength: 40, maxLength: 120 }), (calls) => {
          const matrix = new Matrix(profile, {
            cpuCount: CPUS,
            matrixBits: 64,
            allocStart: 28,
            allocEnd: 38,
          });
          matrix.assignSystem(0, 33, false);
          matrix.assignSystem(0, 3, false);
          matrix.observer = {
            warn: (warning) => expect.unreachable(`a well-behaved caller met "${warning}"`),
            reservationExceedsAvailable: () => undefined,
          };
          const caller = new WellBehaved(matrix);
          for (const call of calls) {
            if (!caller.may(call)) continue;
            const expected = expectedAnswer(matrix, call);
            const ret = caller.apply(call);
            if (expected !== undefined) {
              expect({ call, ret }).toEqual({ call, ret: expected.ret });
              if (call.op === 'alloc')
                expect({ call, cpu: matrix.lastCpu }).toEqual({ call, cpu: expected.cpu });
              if (ret >= 0) succeeded++;
            }
            if (caller.held.length > 0 && matrix.drift(0) !== 0) drifted++;
            expect(matrixViolations(matrix, caller.knownDrift)).toEqual([]);
          }
        }),
        { numRuns: 150 },
      );
      // The run reached what it is about: vectors were given, and counters drifted.
      expect(succeeded).toBeGreaterThan(100);
      expect(drifted).toBeGreaterThan(0);
    });
  }

  it('`matrixViolations` says nothing about a fresh machine', () => {
    expect(matrixViolations(machine())).toEqual([]);
  });

  it('`matrixViolations` names each counter that does not fit the maps', () => {
    const spoil = (change: (s: Spoilable) => void): string[] => {
      const snapshot: Spoilable = JSON.parse(JSON.stringify(machine().snapshot()));
      change(snapshot);
      return matrixViolations(Matrix.fromSnapshot(kernel61(), snapshot));
    };
    expect(spoil(() => undefined)).toEqual([]);
    expect(spoil((s) => (s.globalAvailable = 3))).toEqual(['globalAvailable is 3, not 401']);
    expect(spoil((s) => (s.onlineMaps = 3))).toEqual(['onlineMaps is 3, not 2']);
    expect(spoil((s) => (s.totalAllocated = 3))).toEqual(['totalAllocated is 3, not 1']);
    expect(spoil((s) => (s.systembitsInalloc = 2))).toContain('systembitsInalloc is 2, not 3');
    expect(spoil((s) => (cpu(s, 0).allocated = 7))).toEqual(['allocated of CPU 0 is 7, not 1']);
    expect(spoil((s) => (cpu(s, 1).managed = 7))).toEqual(['managed of CPU 1 is 7, not 0']);
    expect(spoil((s) => (cpu(s, 1).managedAllocated = 1))).toEqual(['managedAllocated of CPU 1 is 1, not 0']);
    expect(spoil((s) => (cpu(s, 1).available = 200))).toEqual([
      'drift of CPU 1 is -1, not 0',
      'globalAvailable is 401, not 400',
    ]);
    expect(spoil((s) => (cpu(s, 2).available = 5))).toEqual(['available of CPU 2 is 5, not 0']);
    expect(spoil((s) => cpu(s, 0).allocMap.push(128))).toContain('bit 128 of CPU 0 is a system vector too');
    expect(spoil((s) => cpu(s, 0).allocMap.push(240))).toContain('bit 240 of CPU 0 is outside the window');
  });

  it('`matrixViolations` exempts drift that nobody could count', () => {
    const matrix = machine();
    matrix.offline(1);
    matrix.reserveManaged(CpuSet.of(1));
    expect(matrixViolations(matrix)).toEqual(['drift of CPU 1 is 1, not 0']);
    expect(matrixViolations(matrix, { available: () => 'unknown' })).toEqual([]);
    matrix.free(0, 33, false);
    expect(matrixViolations(matrix, { available: () => 'unknown' })).toEqual([]);
    matrix.offline(0);
    matrix.alloc(CpuSet.of(0), false);
    expect(matrixViolations(matrix, { available: () => 'unknown', totalAllocated: 1 })).toEqual([
      'totalAllocated is 0, not 1',
    ]);
    expect(matrixViolations(matrix, { available: () => 'unknown', totalAllocated: 'unknown' })).toEqual([]);
  });
});

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? Writable<E>[] : T[K] };
type Spoilable = Writable<MatrixSnapshot>;

function cpu(snapshot: Spoilable, at: number) {
  const map = snapshot.cpus[at];
  if (map === undefined) throw new Error(`no CPU ${at}`);
  return map;
}

function kernel61() {
  const profile = profileNamed('6.1');
  if (profile === undefined) throw new Error('no profile 6.1');
  return profile;
}

/** Three CPUs, two of them online, one vector in use on CPU 0. */
function machine(): Matrix {
  const matrix = Matrix.forKernel(kernel61(), 3);
  for (const bit of [3, 32, 50, 128, 250]) matrix.assignSystem(0, bit, false);
  matrix.online(0);
  matrix.online(1);
  matrix.alloc(CpuSet.of(0), false);
  return matrix;
}
