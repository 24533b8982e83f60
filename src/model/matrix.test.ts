/** A section for each operation of matrix.ts, which mirrors one kernel file; hence the length of both. */
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { KernelBug } from './failures.ts';
import { profileNamed } from './kernel-profile.ts';
import { Matrix } from './matrix.ts';

const BOTH = CpuSet.of(0, 1);

/** 4 CPUs, window 32..236 or as the kernel has it, no system bits; `online` CPUs are up. */
function machine(kernel: string, online: readonly number[] = [0, 1, 2, 3]): Matrix {
  const profile = profileNamed(kernel);
  if (profile === undefined) throw new Error(`no profile ${kernel}`);
  const matrix = Matrix.forKernel(profile, 4);
  for (const cpu of online) matrix.online(cpu);
  return matrix;
}

function withWarnings(matrix: Matrix): { matrix: Matrix; heard: string[] } {
  const heard: string[] = [];
  matrix.observer = {
    warn: (warning, cpu, bit) => heard.push(`${warning} (CPU ${cpu}, bit ${bit})`),
    reservationExceedsAvailable: (reserved, available) =>
      heard.push(`${reserved} reserved, ${available} available`),
  };
  return { matrix, heard };
}

/** [available, allocated, managed, managedAllocated] of a CPU. */
function counters(matrix: Matrix, cpu: number): (number | undefined)[] {
  const { available, allocated, managed, managedAllocated } = matrix.maps;
  return [available[cpu], allocated[cpu], managed[cpu], managedAllocated[cpu]];
}

/** [globalAvailable, globalReserved, totalAllocated, onlineMaps]. */
function globals(matrix: Matrix): number[] {
  return [matrix.globalAvailable, matrix.globalReserved, matrix.totalAllocated, matrix.onlineMaps];
}

describe('the worked example of specification 3.6', () => {
  it('a booting machine with PIC and IO-APIC reaches the figures of every step', () => {
    const matrix = machine('6.1', []);
    for (const bit of [0x20, 50, 0x80]) matrix.assignSystem(0, bit, false);
    matrix.online(0);
    expect(counters(matrix, 0)[0]).toBe(201);
    for (let irq = 0; irq < 16; irq++) if (irq !== 2) matrix.assign(0, 48 + irq);
    expect(counters(matrix, 0)).toEqual([186, 15, 0, 0]);

    for (let irq = 1; irq < 16; irq++) {
      if (irq === 2) continue;
      matrix.free(0, 48 + irq, false);
      matrix.reserve();
    }
    expect(counters(matrix, 0)).toEqual([200, 1, 0, 0]);
    expect(matrix.reserved()).toBe(14);

    matrix.online(1);
    expect(globals(matrix)).toEqual([401, 14, 1, 2]);

    expect(matrix.alloc(BOTH, true)).toBe(33);
    expect(matrix.lastCpu).toBe(1);
    expect(globals(matrix)).toEqual([400, 13, 2, 2]);

    expect(matrix.alloc(BOTH, true)).toBe(33);
    expect(matrix.lastCpu).toBe(0);

    expect(matrix.reserveManaged(BOTH)).toBe(0);
    expect(matrix.managedBits(0)).toEqual([34]);
    expect(matrix.managedBits(1)).toEqual([34]);
    expect(counters(matrix, 0)).toEqual([198, 2, 1, 0]);
    expect(counters(matrix, 1)).toEqual([199, 1, 1, 0]);

    expect(matrix.allocManaged(BOTH)).toBe(34);
    expect(matrix.lastCpu).toBe(1);
    expect(counters(matrix, 1)).toEqual([199, 2, 1, 1]);
  });
});

describe('online and offline', () => {
  it('`online` on an online CPU is a BUG that changes nothing', () => {
    const matrix = machine('6.1');
    const before = matrix.snapshot();
    expect(() => matrix.online(1)).toThrow(KernelBug);
    expect(matrix.snapshot()).toEqual(before);
  });

  it('`online` keeps what the CPU held when it went (4.16 and later)', () => {
    const matrix = machine('4.16');
    matrix.alloc(CpuSet.of(1), false);
    matrix.offline(1);
    matrix.online(1);
    expect(matrix.allocatedBits(1)).toEqual([32]);
    expect(counters(matrix, 1)).toEqual([204, 1, 0, 0]);
    expect(matrix.globalAvailable).toBe(4 * 205 - 1);
  });

  it('`online` forgets what the CPU held, `totalAllocated` does not (4.15)', () => {
    const matrix = machine('4.15');
    matrix.alloc(CpuSet.of(1), false);
    matrix.offline(1);
    matrix.online(1);
    expect(matrix.allocatedBits(1)).toEqual([]);
    expect(counters(matrix, 1)).toEqual([206, 0, 0, 0]);
    expect(globals(matrix)).toEqual([4 * 206, 0, 1, 4]);
  });

  it('`offline` leaves bits and per-CPU counters, and wraps when the CPU was not online', () => {
    const matrix = machine('6.1', [0]);
    matrix.alloc(CpuSet.of(0), false);
    matrix.offline(0);
    expect(globals(matrix)).toEqual([0, 0, 1, 0]);
    expect(counters(matrix, 0)).toEqual([203, 1, 0, 0]);
    matrix.offline(0);
    expect(globals(matrix)).toEqual([2 ** 32 - 203, 0, 1, 2 ** 32 - 1]);
  });
});

describe('assignSystem', () => {
  it('`assignSystem` with replace turns a vector of this CPU into a system vector; `available` stays', () => {
    const matrix = machine('6.1', [0]);
    matrix.assign(0, 48);
    matrix.assignSystem(0, 48, true);
    expect(matrix.systemBits()).toEqual([48]);
    expect(matrix.systembitsInalloc).toBe(1);
    expect(counters(matrix, 0)).toEqual([203, 0, 0, 0]);
    expect(globals(matrix)).toEqual([203, 0, 0, 1]);
  });

  it('`assignSystem` counts only bits inside the window', () => {
    const matrix = machine('6.1', []);
    for (const bit of [0, 31, 32, 235, 236, 255]) matrix.assignSystem(0, bit, false);
    expect(matrix.systembitsInalloc).toBe(2);
    expect(matrix.systemBitCount()).toBe(6);
    matrix.online(0);
    expect(matrix.maps.available[0]).toBe(202);
  });

  it('`assignSystem` is a BUG once CPUs are online, and changes nothing', () => {
    for (const [online, bit, replace] of [
      [[0], 64, false],
      [[0, 1], 64, true],
      [[0], 64, true],
      [[], 257, false],
    ] as const) {
      const matrix = machine('6.1', online);
      const before = matrix.snapshot();
      expect(() => matrix.assignSystem(0, bit, replace)).toThrow(KernelBug);
      expect(matrix.snapshot()).toEqual(before);
    }
  });
});

describe('alloc', () => {
  it('`alloc` picks the online CPU with the most available, the lowest on a tie', () => {
    const matrix = machine('6.1', [0, 1, 2]);
    const chosen: number[] = [];
    for (let n = 0; n < 4; n++) {
      matrix.alloc(CpuSet.span(0, 3), false);
      chosen.push(matrix.lastCpu);
    }
    expect(chosen).toEqual([0, 1, 2, 0]);
  });

  it('`alloc` takes the lowest bit that is free on that CPU: not allocated, not managed, not system', () => {
    const matrix = machine('6.1', []);
    matrix.assignSystem(0, 32, false);
    matrix.online(0);
    matrix.reserveManaged(CpuSet.of(0));
    expect(matrix.alloc(CpuSet.of(0), false)).toBe(34);
    matrix.free(0, 34, false);
    expect(matrix.alloc(CpuSet.of(0), false)).toBe(34);
  });

  it('`alloc` takes a reserved unit only when told so', () => {
    const matrix = machine('6.1');
    matrix.reserve();
    matrix.alloc(BOTH, false);
    expect(matrix.reserved()).toBe(1);
    matrix.alloc(BOTH, true);
    expect(matrix.reserved()).toBe(0);
  });

  it('`alloc` answers -EINVAL to an empty mask where the kernel checks, -ENOSPC elsewhere', () => {
    expect(machine('5.8').alloc(new CpuSet(), false)).toBe(-28);
    expect(machine('5.9').alloc(new CpuSet(), false)).toBe(-22);
    expect(machine('5.9').alloc(CpuSet.of(4, 900), false)).toBe(-22);
  });

  it('`alloc` answers -ENOSPC when no CPU of the mask is online or has room, and changes nothing', () => {
    const matrix = machine('6.1', [0]);
    for (let n = 0; n < 204; n++) expect(matrix.alloc(CpuSet.of(0), false)).toBe(32 + n);
    const before = matrix.snapshot();
    expect(matrix.alloc(CpuSet.of(0, 3), true)).toBe(-28);
    expect(matrix.lastCpu).toBe(-1);
    expect(matrix.snapshot()).toEqual(before);
  });
});

describe('free', () => {
  it('`free` outside the window warns and changes nothing', () => {
    const { matrix, heard } = withWarnings(machine('6.1'));
    const before = matrix.snapshot();
    matrix.free(0, 31, false);
    matrix.free(0, 236, true);
    expect(heard).toEqual([
      'free: bit outside the window (CPU 0, bit 31)',
      'free: bit outside the window (CPU 0, bit 236)',
    ]);
    expect(matrix.snapshot()).toEqual(before);
  });

  it('`free` of a bit that is not set warns where the kernel checks, and wraps the counters elsewhere', () => {
    const checked = withWarnings(machine('5.13'));
    checked.matrix.free(0, 40, false);
    expect(checked.heard).toEqual(['free: bit not allocated (CPU 0, bit 40)']);
    expect(counters(checked.matrix, 0)).toEqual([204, 0, 0, 0]);

    const unchecked = withWarnings(machine('5.12'));
    unchecked.matrix.free(0, 40, false);
    expect(unchecked.heard).toEqual([]);
    expect(counters(unchecked.matrix, 0)).toEqual([205, 2 ** 32 - 1, 0, 0]);
    expect(globals(unchecked.matrix)).toEqual([4 * 204 + 1, 0, 2 ** 32 - 1, 4]);
  });

  it('`free` on an offline CPU leaves `totalAllocated` too high (4.16 and later)', () => {
    const matrix = machine('6.1');
    matrix.alloc(CpuSet.of(1), false);
    matrix.offline(1);
    matrix.free(1, 32, false);
    expect(counters(matrix, 1)).toEqual([204, 0, 0, 0]);
    expect(globals(matrix)).toEqual([3 * 204, 0, 1, 3]);
  });

  it('`free` on an offline CPU does nothing at all (4.15)', () => {
    const { matrix, heard } = withWarnings(machine('4.15'));
    matrix.alloc(CpuSet.of(1), false);
    matrix.offline(1);
    const before = matrix.snapshot();
    matrix.free(1, 32, false);
    expect(matrix.snapshot()).toEqual(before);
    expect(heard).toEqual([]);
  });

  it('`free` of a managed bit gives nothing back to `available`', () => {
    const matrix = machine('6.1');
    matrix.reserveManaged(CpuSet.of(1));
    matrix.allocManaged(CpuSet.of(1));
    matrix.free(1, 32, true);
    expect(counters(matrix, 1)).toEqual([203, 0, 1, 0]);
    expect(globals(matrix)).toEqual([4 * 204 - 1, 0, 0, 4]);
  });
});

describe('managed vectors', () => {
  it('`reserveManaged` takes the lowest free bit of each CPU, which may differ', () => {
    const matrix = machine('6.1', [0, 1]);
    matrix.alloc(CpuSet.of(1), false);
    expect(matrix.reserveManaged(CpuSet.of(0, 1, 2))).toBe(0);
    expect([0, 1, 2].map((cpu) => matrix.managedBits(cpu))).toEqual([[32], [33], [32]]);
    expect(counters(matrix, 2)).toEqual([0, 0, 1, 0]);
    matrix.online(2);
    expect(counters(matrix, 2)).toEqual([203, 0, 1, 0]);
  });

  it('`reserveManaged` undoes the earlier CPUs when one is full, and takes back their lowest unused bit', () => {
    const matrix = machine('6.1', [0, 1]);
    for (let n = 0; n < 204; n++) matrix.alloc(CpuSet.of(1), false);
    // CPU 0: 32 in use, 33 managed; the reservation will add a lower bit once 32 is free again.
    matrix.alloc(CpuSet.of(0), false);
    matrix.reserveManaged(CpuSet.of(0));
    matrix.alloc(CpuSet.of(0), false);
    matrix.free(0, 32, false);
    expect(matrix.managedBits(0)).toEqual([33]);
    const before = counters(matrix, 0);
    expect(matrix.reserveManaged(CpuSet.of(0, 1))).toBe(-28);
    expect(matrix.managedBits(0)).toEqual([33]);
    expect(counters(matrix, 0)).toEqual(before);

    // 33 in use, 34 managed and 32 free: the new bit is 32, the lowest unused is 32. With 32 in use and 33 managed
    // the new bit is 35, and the undo takes 33 away instead.
    matrix.alloc(CpuSet.of(0), false);
    expect(matrix.reserveManaged(CpuSet.of(0, 1))).toBe(-28);
    expect(matrix.managedBits(0)).toEqual([35]);
  });

  it('`removeManaged` takes the lowest bit that is not in use, and warns when there is none', () => {
    const { matrix, heard } = withWarnings(machine('6.1'));
    matrix.reserveManaged(CpuSet.of(0));
    matrix.reserveManaged(CpuSet.of(0));
    matrix.allocManaged(CpuSet.of(0));
    matrix.removeManaged(CpuSet.of(0));
    expect(matrix.managedBits(0)).toEqual([32]);
    expect(counters(matrix, 0)).toEqual([203, 1, 1, 1]);
    expect(heard).toEqual([]);
    matrix.removeManaged(CpuSet.of(0, 2));
    expect(heard).toEqual([
      'removeManaged: all managed bits in use (CPU 0, bit -1)',
      'removeManaged: no managed bits (CPU 2, bit -1)',
    ]);
    expect(counters(matrix, 0)).toEqual([203, 1, 1, 1]);
  });

  it('managed bits that change while a CPU is offline drift `available`, until the opposite runs offline too', () => {
    const matrix = machine('6.1');
    matrix.offline(1);
    matrix.reserveManaged(CpuSet.of(1));
    matrix.online(1);
    expect(matrix.maps.available[1]).toBe(204);
    expect(matrix.drift(1)).toBe(1);
    matrix.offline(1);
    matrix.removeManaged(CpuSet.of(1));
    expect(matrix.drift(1)).toBe(0);
    matrix.online(1);
    expect(matrix.globalAvailable).toBe(4 * 204);
  });

  it('`allocManaged` picks the online CPU with the fewest managed allocations, the highest on a tie (5.4)', () => {
    const matrix = machine('5.4', [0, 1, 2]);
    const all = CpuSet.span(0, 3);
    for (let n = 0; n < 2; n++) matrix.reserveManaged(all);
    const chosen: number[] = [];
    for (let n = 0; n < 4; n++) {
      matrix.allocManaged(all);
      chosen.push(matrix.lastCpu);
    }
    expect(chosen).toEqual([2, 1, 0, 2]);
  });

  it('`allocManaged` picks the CPU with most available, none when all are full (4.20)', () => {
    const matrix = machine('4.20', [0, 1]);
    matrix.reserveManaged(BOTH);
    matrix.alloc(CpuSet.of(0), false);
    expect(matrix.allocManaged(BOTH)).toBe(32);
    expect(matrix.lastCpu).toBe(1);
    expect(matrix.maps.managedAllocated[1]).toBe(0);
    while (matrix.alloc(BOTH, false) >= 0);
    expect(matrix.allocManaged(BOTH)).toBe(-28);
  });

  it('`allocManaged` picks the lowest online CPU of the mask (4.15), and does not look further', () => {
    const matrix = machine('4.15', [1, 2]);
    matrix.reserveManaged(CpuSet.span(0, 2));
    expect(matrix.allocManaged(CpuSet.span(0, 2))).toBe(32);
    expect(matrix.lastCpu).toBe(1);
    expect(matrix.allocManaged(CpuSet.span(0, 2))).toBe(-28);
    expect(matrix.lastCpu).toBe(-1);
    expect(matrix.allocManaged(CpuSet.of(0))).toBe(-22);
  });

  it('`allocManaged` answers -EINVAL to an empty mask, -ENOSPC when no CPU of it is online', () => {
    for (const kernel of ['4.20', '5.4', 'newest']) {
      const matrix = machine(kernel, [0]);
      matrix.reserveManaged(BOTH);
      expect(matrix.allocManaged(new CpuSet())).toBe(-22);
      expect(matrix.allocManaged(CpuSet.of(1))).toBe(-28);
      expect(matrix.lastCpu).toBe(-1);
    }
  });
});

describe('reserve', () => {
  it('`reserve` warns at the crossing, not afterwards, and again when the crossing is repeated', () => {
    const { matrix, heard } = withWarnings(machine('6.1', [0]));
    for (let n = 0; n < 204; n++) matrix.reserve();
    expect(heard).toEqual([]);
    matrix.reserve();
    matrix.reserve();
    expect(heard).toEqual(['204 reserved, 204 available']);
    matrix.removeReserved();
    matrix.removeReserved();
    matrix.reserve();
    expect(heard).toEqual(['204 reserved, 204 available', '204 reserved, 204 available']);
    expect(matrix.reserved()).toBe(205);
  });

  it('`removeReserved` below zero wraps', () => {
    const matrix = machine('6.1');
    matrix.removeReserved();
    expect(matrix.reserved()).toBe(2 ** 32 - 1);
  });
});

describe('assign', () => {
  it('`assign` outside the window or of a bit in use warns and changes nothing', () => {
    const { matrix, heard } = withWarnings(machine('6.1'));
    matrix.assign(1, 48);
    const before = matrix.snapshot();
    matrix.assign(1, 48);
    matrix.assign(1, 20);
    expect(heard).toEqual([
      'assign: bit already allocated (CPU 1, bit 48)',
      'assign: bit outside the window (CPU 1, bit 20)',
    ]);
    expect(matrix.snapshot()).toEqual(before);
    expect(counters(matrix, 1)).toEqual([203, 1, 0, 0]);
    expect(globals(matrix)).toEqual([4 * 204 - 1, 0, 1, 4]);
  });
});

describe('queries', () => {
  it('`available` leaves the CPU out that is about to go down', () => {
    const matrix = machine('6.1', [0, 1]);
    matrix.alloc(CpuSet.of(1), false);
    expect(matrix.available(1, false)).toBe(407);
    expect(matrix.available(1, true)).toBe(204);
  });

  it('`allocated` leaves managed vectors out since 6.1.63 and 4.19.299, and counts them in 6.5.0', () => {
    for (const [kernel, answer] of [
      ['6.1', 1],
      ['6.1.62', 2],
      ['4.19.298', 2],
      ['4.19.299', 1],
      ['6.5', 2],
      ['newest', 1],
    ] as const) {
      const matrix = machine(kernel, [0]);
      matrix.reserveManaged(CpuSet.of(0));
      matrix.allocManaged(CpuSet.of(0));
      matrix.alloc(CpuSet.of(0), false);
      expect([kernel, matrix.allocated(0)]).toEqual([kernel, answer]);
    }
  });
});

describe('the matrix as a whole', () => {
  it('a CPU that does not exist is refused before anything changes', () => {
    const matrix = machine('6.1', []);
    for (const cpu of [-1, 4, 1.5]) expect(() => matrix.online(cpu)).toThrow(`there is no CPU ${cpu}`);
    expect(() => matrix.free(4, 40, false)).toThrow('there is no CPU 4');
    expect(matrix.onlineMaps).toBe(0);
  });

  it('`fromSnapshot` of `snapshot` goes on as the original does', () => {
    const matrix = machine('6.1', []);
    matrix.assignSystem(0, 50, false);
    matrix.online(1);
    matrix.reserveManaged(CpuSet.of(1, 3));
    matrix.allocManaged(CpuSet.of(1));
    matrix.reserve();
    const copy = Matrix.fromSnapshot(matrix.profile, JSON.parse(JSON.stringify(matrix.snapshot())));
    expect(copy.snapshot()).toEqual(matrix.snapshot());
    for (const m of [matrix, copy]) expect(m.alloc(CpuSet.of(1), true)).toBe(33);
    expect(copy.snapshot()).toEqual(matrix.snapshot());
  });

  it('8,192 CPUs are no special case', () => {
    const profile = profileNamed('newest');
    if (profile === undefined) throw new Error('no profile');
    const matrix = Matrix.forKernel(profile, 8192);
    for (let cpu = 0; cpu < 8192; cpu++) matrix.online(cpu);
    expect(matrix.reserveManaged(CpuSet.span(0, 8191))).toBe(0);
    expect(matrix.allocManaged(CpuSet.span(0, 8191))).toBe(32);
    expect(matrix.lastCpu).toBe(8191);
    expect(matrix.alloc(CpuSet.of(8191, 8190), false)).toBe(33);
    expect(matrix.lastCpu).toBe(8190);
    expect(matrix.globalAvailable).toBe(8192 * 202 - 1);
  });
});
