import type { Matrix } from './matrix.ts';

/**
 * What must always hold of a matrix (specification 3.2), and what only holds of a kernel whose callers behave. Counters
 * are compared with the bit maps, so a wrong counter and a wrong bit both show.
 */

/** How far the kernel's own accounting is known to be off; see `Matrix.drift` and 3.4.11. */
export interface KnownDrift {
  /** Per CPU number: managed bits removed minus reserved while it was offline after having been online. */
  readonly available?: (cpu: number) => number | 'unknown';
  /**
   * Vectors in `total_allocated` that no map holds: freed on an offline map, or (4.15) forgotten by `online`.
   * 0 when not given.
   */
  readonly totalAllocated?: number | 'unknown';
}

/** What is broken, one sentence each; empty when all is well. */
export function matrixViolations(matrix: Matrix, drift: KnownDrift = {}): string[] {
  const broken: string[] = [];
  const expect = (what: string, got: number, wanted: number): void => {
    if (got !== wanted) broken.push(`${what} is ${got}, not ${wanted}`);
  };
  const { cpuCount, allocStart, allocEnd } = matrix.shape;
  const { maps } = matrix;
  const countsManaged = matrix.profile.countsManagedAllocated;

  const inWindow = matrix.systemBits().filter((bit) => allocStart <= bit && bit < allocEnd);
  expect('systembitsInalloc', matrix.systembitsInalloc, inWindow.length);

  let available = 0;
  let allocated = 0;
  let online = 0;
  for (let cpu = 0; cpu < cpuCount; cpu++) {
    const name = (field: string): string => `${field} of CPU ${cpu}`;
    const allocBits = matrix.allocatedBits(cpu);
    const managedBits = matrix.managedBits(cpu);
    const managedInUse = allocBits.filter((bit) => matrix.isManaged(cpu, bit)).length;
    expect(name('allocated'), maps.allocated[cpu] ?? 0, allocBits.length);
    expect(name('managed'), maps.managed[cpu] ?? 0, managedBits.length);
    // I3: as many managed vectors in use as the two maps share, so none lies outside managedMap.
    expect(name('managedAllocated'), maps.managedAllocated[cpu] ?? 0, countsManaged ? managedInUse : 0);
    // I2: nothing is handed out twice, and nothing outside the window.
    for (const bit of new Set([...allocBits, ...managedBits])) {
      if (matrix.isSystem(bit)) broken.push(`bit ${bit} of CPU ${cpu} is a system vector too`);
      if (bit < allocStart || bit >= allocEnd) broken.push(`bit ${bit} of CPU ${cpu} is outside the window`);
    }
    if (maps.initialized[cpu] === 0) {
      // Never online: a map that nobody counted yet.
      expect(name('available'), maps.available[cpu] ?? 0, 0);
      expect(name('online'), maps.online[cpu] ?? 0, 0);
    } else {
      // I1; exempt where managed bits changed while the CPU was offline and nobody kept count.
      const known = drift.available?.(cpu) ?? 0;
      if (known !== 'unknown') expect(name('drift'), matrix.drift(cpu), known);
    }
    allocated += allocBits.length;
    if (maps.online[cpu] !== 0) {
      online++;
      available += maps.available[cpu] ?? 0;
    }
  }
  // I4 and I5. Sums wrap as the kernel's do.
  expect('globalAvailable', matrix.globalAvailable, available >>> 0);
  expect('onlineMaps', matrix.onlineMaps, online);
  // `total_allocated` counts offline maps too: `offline` does not subtract what stays behind.
  const lost = drift.totalAllocated ?? 0;
  if (lost !== 'unknown') expect('totalAllocated', matrix.totalAllocated, (allocated + lost) >>> 0);
  return broken;
}
