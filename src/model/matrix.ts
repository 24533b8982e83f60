/**
 * `struct irq_matrix` of kernel/irq/matrix.c: the bit maps and counters behind every interrupt vector. The operations
 * do what the kernel's do, drift and wrapping counters included, steered by the features of a `KernelProfile`; the
 * numbers in the comments are those of the specification, chapter 3. This file mirrors one kernel file.
 *
 * Results are integers: a bit (>= 0), 0, or a negative errno. The chosen CPU is in `lastCpu`. Nothing here allocates
 * memory on the way, except where it says so.
 */
import { invariant } from '../base/assert.ts';
import type { CpuSet } from '../base/cpu-set.ts';
import { BestCpu } from './best-cpu.ts';
import {
  findBestCpu,
  findBestCpuManaged,
  findFirstCpu,
  findLowestOnline,
  NO_CPU,
  type PerCpu,
} from './best-cpu-scan.ts';
import { ASK_THE_SCAN, type Choice, FEWEST_MANAGED, LOWEST, MOST_AVAILABLE } from './cpu-ranking.ts';
import { EINVAL, ENOSPC, KernelBug } from './failures.ts';
import type { FewCpus } from './few-cpus.ts';
import { AGAIN, FreeBits } from './free-bits.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { ManyCpus } from './many-cpus.ts';
import {
  closeBeyondWindow,
  countBits,
  GLOBAL_AVAILABLE,
  GLOBAL_RESERVED,
  layoutOf,
  listBits,
  lowestBit,
  type MatrixShape,
  ONLINE_MAPS,
  SYSTEMBITS_INALLOC,
  TOTAL_ALLOCATED,
} from './matrix-layout.ts';
import type { MatrixObserver } from './matrix-observer.ts';
import { type MatrixSnapshot, snapshotOf, writeSnapshot } from './matrix-snapshot.ts';
import { MatrixState } from './matrix-state.ts';
import type { Mark } from './undo-log.ts';

export type { MatrixShape } from './matrix-layout.ts';
export type { MatrixObserver, MatrixWarning } from './matrix-observer.ts';
export type { CpuMapSnapshot, MatrixSnapshot } from './matrix-snapshot.ts';
export type { Mark } from './undo-log.ts';

/** The per-CPU figures (`struct cpumap`), live until the matrix or a fork of it changes; flags are 0 or 1. */
export interface CpuMaps {
  readonly available: PerCpu;
  readonly allocated: PerCpu;
  readonly managed: PerCpu;
  /** Stays 0 where the kernel has no such counter. */
  readonly managedAllocated: PerCpu;
  readonly online: PerCpu;
  readonly initialized: PerCpu;
}

export interface MatrixOptions {
  /**
   * How CPUs are found, instead of what fits the size of the machine; the answers are the same. `scans`: as
   * best-cpu-scan.ts does, what the index is compared with; `sets`: as machines of few CPUs, which it has to be one of;
   * `rankings`: as machines of many.
   */
  readonly choosesBy?: 'scans' | 'sets' | 'rankings';
}

/** So many CPUs are scanned as fast as the index answers. */
const SCANNED = 8;

export class Matrix extends MatrixState {
  readonly profile: KernelProfile;
  readonly shape: MatrixShape;
  readonly allocSize: number;
  /** Hears warnings; a clone starts without one. */
  observer: MatrixObserver | undefined;

  readonly #options: MatrixOptions;
  readonly #scans: boolean;
  /** Follow from the words, and are made when they are first asked. */
  #index: BestCpu | undefined;
  /** The one of the two that the index has: what every alloc and free asks, without a detour. */
  #few: FewCpus | undefined;
  #many: ManyCpus | undefined;
  #freeBits: FreeBits | undefined;
  #lastCpu = NO_CPU;
  // Of the profile: what is asked at every call.
  readonly #takesFirstCpu: boolean;
  readonly #freeIgnoresOffline: boolean;
  readonly #freeChecksBit: boolean;

  /**
   * 3.4.1: all zero, no CPU online.
   * @param origin whose words it reads until one of the two writes
   */
  constructor(profile: KernelProfile, shape: MatrixShape, options: MatrixOptions = {}, origin?: Matrix) {
    const { cpuCount, matrixBits, allocStart, allocEnd } = shape;
    invariant(cpuCount > 0, 'a matrix has at least one CPU');
    invariant(
      0 <= allocStart && allocStart <= allocEnd && allocEnd <= matrixBits,
      `the window ${allocStart}..${allocEnd} does not lie inside ${matrixBits} bits`,
    );
    super(origin?.layout ?? layoutOf(shape), origin);
    this.profile = profile;
    this.shape = shape;
    this.allocSize = allocEnd - allocStart;
    this.#options = options;
    this.#takesFirstCpu = profile.cpuChoice === 'first';
    const { choosesBy } = options;
    this.#scans =
      this.#takesFirstCpu || choosesBy === 'scans' || (choosesBy === undefined && cpuCount <= SCANNED);
    this.#freeIgnoresOffline = profile.freeIgnoresOffline;
    this.#freeChecksBit = profile.freeChecksBit;
    if (origin === undefined) closeBeyondWindow(this.words, this.layout, shape);
  }

  get maps(): CpuMaps {
    return this.figures;
  }

  /** The matrix that x86 creates (`arch_early_irq_init()`, arch/x86/kernel/apic/vector.c; 3.5). */
  static forKernel(profile: KernelProfile, cpuCount: number): Matrix {
    return new Matrix(profile, {
      cpuCount,
      matrixBits: 256,
      allocStart: 0x20,
      allocEnd: profile.firstSystemVector,
    });
  }

  get globalAvailable(): number {
    return this.at(GLOBAL_AVAILABLE);
  }

  get globalReserved(): number {
    return this.at(GLOBAL_RESERVED);
  }

  get systembitsInalloc(): number {
    return this.at(SYSTEMBITS_INALLOC);
  }

  get totalAllocated(): number {
    return this.at(TOTAL_ALLOCATED);
  }

  get onlineMaps(): number {
    return this.at(ONLINE_MAPS);
  }

  /** The CPU that the last `alloc` or `allocManaged` chose; -1 when it failed. */
  get lastCpu(): number {
    return this.#lastCpu;
  }

  /** 3.4.2 `irq_matrix_online()`: `cpu`, which executes it, comes up. */
  online(cpu: number): void {
    const { available, allocated, managed, online, initialized, allocMap, mapWords } = this.layout;
    this.#checkCpu(cpu);
    if (this.#isOnline(cpu)) throw new KernelBug('irq_matrix_online', `CPU ${cpu} is online already`);
    const resets = this.profile.onlineResetsMap;
    if (resets || this.at(initialized + cpu) === 0) {
      this.put(available + cpu, this.allocSize - this.at(managed + cpu) - this.systembitsInalloc);
      this.put(initialized + cpu, 1);
    }
    if (resets) {
      // Vectors that were still in use when the CPU went are forgotten; `total_allocated` keeps them.
      for (let k = 0; k < mapWords; k++) {
        this.put(allocMap + cpu * mapWords + k, 0);
        this.#freeBits?.gaveWord(allocMap + cpu * mapWords + k);
      }
      this.put(allocated + cpu, 0);
    }
    this.add(GLOBAL_AVAILABLE, this.at(available + cpu));
    this.put(online + cpu, 1);
    this.add(ONLINE_MAPS, 1);
    this.#index?.cameOrWent(cpu);
    this.observer?.traced?.('irq_matrix_online', cpu, -1);
  }

  /** 3.4.4 `irq_matrix_offline()`: leaves the globals; bits and counters of the CPU stay as they are. */
  offline(cpu: number): void {
    this.#checkCpu(cpu);
    this.add(GLOBAL_AVAILABLE, -this.at(this.layout.available + cpu));
    this.put(this.layout.online + cpu, 0);
    this.add(ONLINE_MAPS, -1);
    this.#index?.cameOrWent(cpu);
    this.observer?.traced?.('irq_matrix_offline', cpu, -1);
  }

  /** 3.4.3 `irq_matrix_assign_system()`, at boot: `bit` is taken on every CPU. `cpu` executes it. */
  assignSystem(cpu: number, bit: number, replace: boolean): void {
    const { systemMap, closedMap, allocMap, allocated, mapWords } = this.layout;
    this.#checkCpu(cpu);
    const where = 'irq_matrix_assign_system';
    if (bit > this.shape.matrixBits) throw new KernelBug(where, `bit ${bit} is beyond the map`);
    // The kernel lets bit = matrix_bits through and writes past the map: nothing to model.
    invariant(0 <= bit && bit < this.shape.matrixBits, `${where}: there is no bit ${bit}`);
    if (this.onlineMaps > 1) throw new KernelBug(where, `${this.onlineMaps} CPUs are online`);
    if (this.onlineMaps === 1 && !replace) throw new KernelBug(where, 'a CPU is online');
    const map = allocMap + cpu * mapWords;
    if (replace && !this.#hasBit(map, bit)) throw new KernelBug(where, `bit ${bit} is not allocated`);

    this.#setBit(systemMap, bit);
    this.#setBit(closedMap, bit);
    if (replace) {
      this.#clearBit(map, bit);
      this.add(allocated + cpu, -1);
      this.add(TOTAL_ALLOCATED, -1);
    }
    if (this.#inWindow(bit)) this.add(SYSTEMBITS_INALLOC, 1);
    this.observer?.traced?.('irq_matrix_assign_system', cpu, bit);
  }

  /**
   * 3.4.5 `irq_matrix_reserve_managed()`: one bit on each CPU of `mask`, online or not; 0, or -ENOSPC with nothing
   * reserved. The undo takes back the lowest unused managed bit of each CPU, not always the one just set.
   */
  reserveManaged(mask: CpuSet): number {
    const { managed, managedMap, mapWords } = this.layout;
    const end = this.#maskEnd(mask);
    for (let cpu = mask.first ?? end; cpu < end; cpu++) {
      if (!mask.has(cpu)) continue;
      const bit = this.#findFree(cpu);
      if (bit < 0) {
        for (let undo = 0; undo < cpu; undo++) if (mask.has(undo)) this.#removeManagedOn(undo);
        return -ENOSPC;
      }
      this.#setBit(managedMap + cpu * mapWords, bit);
      this.add(managed + cpu, 1);
      if (this.#isOnline(cpu)) {
        this.#addAvailable(cpu, -1);
        this.add(GLOBAL_AVAILABLE, -1);
      }
      this.observer?.traced?.('irq_matrix_reserve_managed', cpu, bit);
    }
    return 0;
  }

  /** 3.4.6 `irq_matrix_remove_managed()`: one unused managed bit, the lowest, off each CPU of `mask`. */
  removeManaged(mask: CpuSet): void {
    const end = this.#maskEnd(mask);
    for (let cpu = mask.first ?? end; cpu < end; cpu++) if (mask.has(cpu)) this.#removeManagedOn(cpu);
  }

  /**
   * 3.4.7 `irq_matrix_alloc_managed()`: the lowest reserved bit not in use, on the CPU that this kernel chooses
   * (3.3); -ENOSPC or -EINVAL. `available` does not change: it went down with the reservation.
   */
  allocManaged(mask: CpuSet): number {
    switch (this.profile.managedCpuChoice) {
      case 'lowest': {
        const cpu = this.#choose(LOWEST, mask);
        // assign_managed_vector() (vector.c) answers for the empty search, before the matrix is asked (4.6.3).
        return cpu === NO_CPU ? this.#fail(-EINVAL) : this.allocManagedOn(cpu);
      }
      case 'most-available': {
        const cpu = this.#choose(MOST_AVAILABLE, mask);
        return cpu === NO_CPU ? this.#noManagedCpu(mask) : this.allocManagedOn(cpu);
      }
      case 'fewest-managed': {
        const cpu = this.#choose(FEWEST_MANAGED, mask);
        return cpu === NO_CPU ? this.#noManagedCpu(mask) : this.allocManagedOn(cpu);
      }
    }
  }

  /** `irq_matrix_alloc_managed()` as 4.15 and 4.16 have it: the caller has chosen the CPU. */
  allocManagedOn(cpu: number): number {
    const { allocated, allocMap, mapWords } = this.layout;
    this.#checkCpu(cpu);
    const bit = this.#findUnusedManaged(cpu);
    if (bit < 0) return this.#fail(-ENOSPC);
    this.#setBit(allocMap + cpu * mapWords, bit);
    this.add(allocated + cpu, 1);
    if (this.profile.countsManagedAllocated) this.#addManagedInUse(cpu, 1);
    this.add(TOTAL_ALLOCATED, 1);
    this.#lastCpu = cpu;
    this.observer?.traced?.('irq_matrix_alloc_managed', cpu, bit);
    return bit;
  }

  /**
   * 3.4.8 `irq_matrix_reserve()`: a unit without a vector; always succeeds. The message is due at the crossing only,
   * not with every further reservation.
   */
  reserve(): void {
    if (this.globalReserved === this.globalAvailable) {
      this.observer?.reservationExceedsAvailable(this.globalReserved, this.globalAvailable);
    }
    this.add(GLOBAL_RESERVED, 1);
    this.observer?.traced?.('irq_matrix_reserve', -1, -1);
  }

  /** 3.4.9 `irq_matrix_remove_reserved()`. */
  removeReserved(): void {
    this.add(GLOBAL_RESERVED, -1);
    this.observer?.traced?.('irq_matrix_remove_reserved', -1, -1);
  }

  /** 3.4.10 `irq_matrix_alloc()`: a bit on the CPU that this kernel chooses (3.3); -ENOSPC, or -EINVAL to an empty mask. */
  alloc(mask: CpuSet, reserved: boolean): number {
    let cpu = ASK_THE_SCAN;
    if (this.#few !== undefined) cpu = this.#few.atOnce(mask);
    else if (this.#many !== undefined) cpu = this.#many.atOnce(mask);
    if (cpu === ASK_THE_SCAN) cpu = this.#choose(MOST_AVAILABLE, mask);
    if (cpu === NO_CPU) {
      return this.#fail(this.profile.allocRejectsEmptyMask && this.#namesNoCpu(mask) ? -EINVAL : -ENOSPC);
    }
    if (this.#freeBits === undefined) this.#freeBits = new FreeBits(this.layout);
    if (this.guarded === true) this.#beforeCounting(cpu, reserved);
    const { available, allocated, allocMap, mapWords } = this.layout;
    const words = this.words;
    const bit = this.#freeBits.take(words, cpu);
    // None only when the counters have drifted away from the maps.
    if (bit < 0) return bit === AGAIN ? this.alloc(mask, reserved) : this.#fail(-ENOSPC);
    const count = words[available + cpu] as number;
    words[available + cpu] = count - 1;
    words[allocated + cpu] = (words[allocated + cpu] as number) + 1;
    words[TOTAL_ALLOCATED] = (words[TOTAL_ALLOCATED] as number) + 1;
    words[GLOBAL_AVAILABLE] = (words[GLOBAL_AVAILABLE] as number) - 1;
    if (reserved === true) words[GLOBAL_RESERVED] = (words[GLOBAL_RESERVED] as number) - 1;
    if (this.#few !== undefined) this.#few.lost(cpu, count);
    else if (this.#many !== undefined) this.#many.availableMoved(cpu, count, count - 1);
    this.#lastCpu = cpu;
    const word = allocMap + cpu * mapWords + (bit >>> 5);
    if (this.guarded === true) this.beforeWriting(word);
    words[word] = (words[word] as number) | (1 << (bit & 31));
    if (this.observer !== undefined) this.observer.traced?.('irq_matrix_alloc', cpu, bit);
    return bit;
  }

  /** A vector of `cpu` is about to be taken, or given back. */
  #beforeCounting(cpu: number, reserved: boolean): void {
    const { available, allocated } = this.layout;
    this.beforeWriting(available + cpu, allocated + cpu, GLOBAL_AVAILABLE, TOTAL_ALLOCATED);
    if (reserved) this.beforeWriting(GLOBAL_RESERVED);
  }

  /**
   * 3.4.11 `irq_matrix_free()`. On an offline map `total_allocated` stays: it drifts upward, as in the kernel.
   * `managed` is the caller's word; a wrong one shifts the counters as it would there.
   */
  free(cpu: number, bit: number, managed: boolean): void {
    this.#checkCpu(cpu);
    if (!this.#inWindow(bit)) {
      this.observer?.warn('free: bit outside the window', cpu, bit);
      return;
    }
    if (this.guarded === true) this.#beforeCounting(cpu, false);
    const { available, allocated, online, allocMap, mapWords } = this.layout;
    const words = this.words;
    const word = allocMap + cpu * mapWords + (bit >>> 5);
    const isOnline = (words[online + cpu] as number) !== 0;
    if (this.#freeIgnoresOffline === true && !isOnline) return;
    const map = words[word] as number;
    const flag = 1 << (bit & 31);
    if (this.#freeChecksBit === true && (map & flag) === 0) {
      this.observer?.warn('free: bit not allocated', cpu, bit);
      return;
    }
    words[allocated + cpu] = (words[allocated + cpu] as number) - 1;
    if (isOnline) words[TOTAL_ALLOCATED] = (words[TOTAL_ALLOCATED] as number) - 1;
    if (this.#freeBits !== undefined) this.#freeBits.gave(cpu, bit);
    if (managed === true) {
      if (this.profile.countsManagedAllocated) this.#addManagedInUse(cpu, -1);
    } else {
      const count = words[available + cpu] as number;
      words[available + cpu] = count + 1;
      if (isOnline) {
        words[GLOBAL_AVAILABLE] = (words[GLOBAL_AVAILABLE] as number) + 1;
        if (this.#few !== undefined) this.#few.gained(cpu, count);
        else if (this.#many !== undefined) this.#many.availableMoved(cpu, count, count + 1);
      }
    }
    if (this.guarded === true) this.beforeWriting(word);
    words[word] = map & ~flag;
    if (this.observer !== undefined) this.observer.traced?.('irq_matrix_free', cpu, bit);
  }

  /** 3.4.12 `irq_matrix_assign()`, at boot: a preallocated legacy vector of `cpu`, which executes it. */
  assign(cpu: number, bit: number): void {
    const { allocated, allocMap, mapWords } = this.layout;
    this.#checkCpu(cpu);
    if (!this.#inWindow(bit)) {
      this.observer?.warn('assign: bit outside the window', cpu, bit);
      return;
    }
    const map = allocMap + cpu * mapWords;
    if (this.#hasBit(map, bit)) {
      this.observer?.warn('assign: bit already allocated', cpu, bit);
      return;
    }
    this.#setBit(map, bit);
    this.add(allocated + cpu, 1);
    this.add(TOTAL_ALLOCATED, 1);
    this.#addAvailable(cpu, -1);
    this.add(GLOBAL_AVAILABLE, -1);
    this.observer?.traced?.('irq_matrix_assign', cpu, bit);
  }

  /** 3.4.13 `irq_matrix_available()`: what is left, without `cpu` if it is about to go down. */
  available(cpu: number, cpudown: boolean): number {
    this.#checkCpu(cpu);
    return cpudown
      ? (this.globalAvailable - this.at(this.layout.available + cpu)) >>> 0
      : this.globalAvailable;
  }

  /** 3.4.13 `irq_matrix_reserved()`. */
  reserved(): number {
    return this.globalReserved;
  }

  /** 3.4.13 `irq_matrix_allocated()`: the vectors that would have to move when `cpu` goes down, by this kernel. */
  allocated(cpu: number): number {
    this.#checkCpu(cpu);
    const allocated = this.at(this.layout.allocated + cpu);
    if (!this.profile.allocatedExcludesManaged) return allocated;
    return (allocated - this.at(this.layout.managedAllocated + cpu)) >>> 0;
  }

  /**
   * How far `available` of a CPU is above what its maps leave (negative: below), 3.2 I1: 0 unless managed bits were
   * reserved or removed while it was offline after having been online. Not a kernel function.
   */
  drift(cpu: number): number {
    const { available, allocMap, managedMap, mapWords } = this.layout;
    this.#checkCpu(cpu);
    let taken = 0;
    for (let k = 0; k < mapWords; k++) {
      const either = this.at(allocMap + cpu * mapWords + k) | this.at(managedMap + cpu * mapWords + k);
      for (let word = either; word !== 0; word &= word - 1) taken++;
    }
    return (this.at(available + cpu) - (this.allocSize - this.systembitsInalloc - taken)) | 0;
  }

  isSystem(bit: number): boolean {
    return this.#hasBit(this.layout.systemMap, bit);
  }

  isAllocated(cpu: number, bit: number): boolean {
    this.#checkCpu(cpu);
    return this.#hasBit(this.layout.allocMap + cpu * this.layout.mapWords, bit);
  }

  isManaged(cpu: number, bit: number): boolean {
    this.#checkCpu(cpu);
    return this.#hasBit(this.layout.managedMap + cpu * this.layout.mapWords, bit);
  }

  /** Bits taken on every CPU, ascending; a new array. */
  systemBits(): number[] {
    return listBits(this.words, this.layout.systemMap, this.layout.mapWords);
  }

  /** Population of the system map over all bits, the "System:" figure of debugfs. */
  systemBitCount(): number {
    return countBits(this.words, this.layout.systemMap, this.layout.mapWords);
  }

  /** Bits in use on `cpu`, ascending; a new array. */
  allocatedBits(cpu: number): number[] {
    this.#checkCpu(cpu);
    const { allocMap, mapWords } = this.layout;
    return listBits(this.words, allocMap + cpu * mapWords, mapWords);
  }

  /** Bits set aside for managed interrupts on `cpu`, ascending; a new array. */
  managedBits(cpu: number): number[] {
    this.#checkCpu(cpu);
    const { managedMap, mapWords } = this.layout;
    return listBits(this.words, managedMap + cpu * mapWords, mapWords);
  }

  /**
   * Not a kernel function, like the next two: takes over figures that were seen, where those here are known to be wrong
   * (replay after lost events).
   */
  adoptCpu(cpu: number, seen: { available: number; allocated: number; managed: number }): void {
    this.#checkCpu(cpu);
    const { available, allocated, managed, managedAllocated } = this.layout;
    this.#addAvailable(cpu, seen.available - this.at(available + cpu));
    this.put(allocated + cpu, seen.allocated);
    this.put(managed + cpu, seen.managed);
    this.#addManagedInUse(cpu, this.#managedInUse(cpu) - this.at(managedAllocated + cpu));
  }

  adoptGlobals(seen: { globalAvailable: number; globalReserved: number; totalAllocated: number }): void {
    this.put(GLOBAL_AVAILABLE, seen.globalAvailable);
    this.put(GLOBAL_RESERVED, seen.globalReserved);
    this.put(TOTAL_ALLOCATED, seen.totalAllocated);
  }

  adoptBit(cpu: number, bit: number, map: 'allocated' | 'managed', taken: boolean): void {
    this.#checkCpu(cpu);
    const at =
      (map === 'allocated' ? this.layout.allocMap : this.layout.managedMap) + cpu * this.layout.mapWords;
    if (taken) this.#setBit(at, bit);
    else this.#clearBit(at, bit);
  }

  adoptSystem(bit: number): void {
    if (this.isSystem(bit)) return;
    this.#setBit(this.layout.systemMap, bit);
    this.#setBit(this.layout.closedMap, bit);
    if (this.#inWindow(bit)) this.add(SYSTEMBITS_INALLOC, 1);
  }

  adoptOnline(cpu: number, online: boolean): void {
    this.#checkCpu(cpu);
    if (this.#isOnline(cpu) === online) return;
    this.add(ONLINE_MAPS, online ? 1 : -1);
    this.put(this.layout.online + cpu, online ? 1 : 0);
    if (online) this.put(this.layout.initialized + cpu, 1);
    this.#index?.cameOrWent(cpu);
  }

  #managedInUse(cpu: number): number {
    if (!this.profile.countsManagedAllocated) return 0;
    return this.allocatedBits(cpu).filter((bit) => this.isManaged(cpu, bit)).length;
  }

  override rollback(mark: Mark): void {
    super.rollback(mark);
    this.#lastCpu = NO_CPU;
  }

  protected override restored(index: number, was: number): void {
    const { available, managedAllocated, online, allocMap, cpuCount } = this.layout;
    if (index < available || index >= allocMap) {
      this.#freeBits?.gaveWord(index);
      return;
    }
    const now = this.at(index);
    if (this.#index === undefined || now === was || index >= online + cpuCount) return;
    if (index >= online) {
      this.#index.cameOrWent(index - online);
    } else if (index < available + cpuCount) {
      const cpu = index - available;
      if (this.#isOnline(cpu)) this.#index.availableMoved(cpu, was, now);
    } else if (index >= managedAllocated) {
      const cpu = index - managedAllocated;
      if (this.#isOnline(cpu)) this.#index.managedMoved(cpu, was, now);
    }
  }

  /** An independent copy, without observer and open marks. */
  clone(): Matrix {
    const copy = this.fork();
    copy.own();
    return copy;
  }

  /**
   * The same, in a moment: both read the same words until one of them writes, which then takes a copy of them (one that
   * was dropped unwritten costs its origin that copy). To try something and go back, {@link mark} is cheaper.
   */
  fork(options: MatrixOptions = this.#options): Matrix {
    return new Matrix(this.profile, this.shape, options, this);
  }

  /** Array bytes that this matrix takes, its index and undo log included. */
  get byteLength(): number {
    return this.stateBytes + (this.#index?.byteLength ?? 0) + (this.#freeBits?.byteLength ?? 0);
  }

  /** The whole state as plain data. */
  snapshot(): MatrixSnapshot {
    return snapshotOf(this);
  }

  /** A matrix in the state of a snapshot, which is taken as it is: invariants.ts judges it. */
  static fromSnapshot(profile: KernelProfile, snapshot: MatrixSnapshot): Matrix {
    const matrix = new Matrix(profile, snapshot.shape);
    writeSnapshot(matrix.words, matrix.layout, snapshot);
    return matrix;
  }

  #removeManagedOn(cpu: number): void {
    const { managed, managedMap, mapWords } = this.layout;
    if (this.at(managed + cpu) === 0) {
      this.observer?.warn('removeManaged: no managed bits', cpu, -1);
      return;
    }
    const bit = this.#findUnusedManaged(cpu);
    if (bit < 0) {
      this.observer?.warn('removeManaged: all managed bits in use', cpu, -1);
      return;
    }
    this.#clearBit(managedMap + cpu * mapWords, bit);
    this.add(managed + cpu, -1);
    if (this.#isOnline(cpu)) {
      this.#addAvailable(cpu, 1);
      this.add(GLOBAL_AVAILABLE, 1);
    }
    this.observer?.traced?.('irq_matrix_remove_managed', cpu, bit);
  }

  /** H-AREA: the lowest free bit of `cpu`, which has to be taken then; -1 if there is none. */
  #findFree(cpu: number): number {
    this.#freeBits ??= new FreeBits(this.layout);
    let bit = AGAIN;
    while (bit === AGAIN) bit = this.#freeBits.take(this.words, cpu);
    return bit;
  }

  /** The lowest bit of the managed map that is not in use; -1 if there is none. */
  #findUnusedManaged(cpu: number): number {
    const { allocMap, managedMap, mapWords } = this.layout;
    for (let k = 0; k < mapWords; k++) {
      const own = cpu * mapWords + k;
      const unused = this.at(managedMap + own) & ~this.at(allocMap + own);
      if (unused !== 0) return k * 32 + lowestBit(unused);
    }
    return -1;
  }

  #choose(choice: Choice, mask: CpuSet): number {
    if (this.#scans === true) return this.#scan(choice, mask);
    if (this.#index === undefined) {
      this.#index = new BestCpu(this.figures, this.#options.choosesBy === 'rankings');
      this.#few = this.#index.few;
      this.#many = this.#index.many;
    }
    return this.#index.best(choice, mask);
  }

  #scan(choice: Choice, mask: CpuSet): number {
    const { online, available, managedAllocated } = this.maps;
    if (choice === MOST_AVAILABLE && this.#takesFirstCpu === true)
      return findFirstCpu(mask, online, available);
    if (choice === MOST_AVAILABLE) return findBestCpu(mask, online, available);
    if (choice === FEWEST_MANAGED) return findBestCpuManaged(mask, online, managedAllocated);
    return findLowestOnline(mask, online);
  }

  #noManagedCpu(mask: CpuSet): number {
    return this.#fail(
      this.profile.allocManagedRejectsEmptyMask && this.#namesNoCpu(mask) ? -EINVAL : -ENOSPC,
    );
  }

  #fail(error: number): number {
    this.#lastCpu = NO_CPU;
    return error;
  }

  /** The kernel's loops over a mask end at nr_cpu_ids, whatever bits lie beyond. */
  #maskEnd(mask: CpuSet): number {
    return Math.min(this.shape.cpuCount, (mask.last ?? -1) + 1);
  }

  #namesNoCpu(mask: CpuSet): boolean {
    const first = mask.first;
    return first === undefined || first >= this.shape.cpuCount;
  }

  #isOnline(cpu: number): boolean {
    return this.at(this.layout.online + cpu) !== 0;
  }

  #inWindow(bit: number): boolean {
    return this.layout.allocStart <= bit && bit < this.layout.allocEnd;
  }

  #checkCpu(cpu: number): void {
    if (cpu >>> 0 !== cpu || cpu >= this.layout.cpuCount) {
      invariant(false, `there is no CPU ${cpu}: the matrix has ${this.shape.cpuCount}`);
    }
  }

  #hasBit(map: number, bit: number): boolean {
    if (bit < 0 || bit >= this.shape.matrixBits) return false;
    return ((this.at(map + (bit >>> 5)) >>> (bit & 31)) & 1) === 1;
  }

  #setBit(map: number, bit: number): void {
    const index = map + (bit >>> 5);
    this.put(index, this.at(index) | (1 << (bit & 31)));
  }

  #clearBit(map: number, bit: number): void {
    const index = map + (bit >>> 5);
    this.#freeBits?.gaveWord(index);
    this.put(index, this.at(index) & ~(1 << (bit & 31)));
  }

  #addAvailable(cpu: number, delta: number): void {
    const { available } = this.layout;
    const was = this.at(available + cpu);
    this.put(available + cpu, was + delta);
    if (this.#isOnline(cpu)) this.#index?.availableMoved(cpu, was, this.at(available + cpu));
  }

  #addManagedInUse(cpu: number, delta: number): void {
    const { managedAllocated } = this.layout;
    const was = this.at(managedAllocated + cpu);
    this.put(managedAllocated + cpu, was + delta);
    if (this.#isOnline(cpu)) this.#index?.managedMoved(cpu, was, this.at(managedAllocated + cpu));
  }
}
