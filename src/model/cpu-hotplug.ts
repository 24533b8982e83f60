/**
 * A CPU going down, in the kernel's order: the capacity check of `lapic_can_unplug_cpu()`
 * (arch/x86/kernel/apic/vector.c, specification 8.2), then every interrupt of that CPU, ascending
 * (`migrate_one_irq()`, kernel/irq/cpuhotplug.c, 8.3). Works on counts, not on vector numbers.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { clampToZero, exactly, isExact, type Range, range } from '../base/range.ts';
import { findBestCpu, findBestCpuManaged, findLowestOnline, NO_CPU } from './best-cpu.ts';
import { cannotDisableCpu, reservedExceedsAvailable } from './failures.ts';
import { addResident, type HotplugState, type Resident } from './hotplug-state.ts';
import type { Irq } from './ids.ts';
import type { KernelProfile } from './kernel-profile.ts';

export interface Move {
  /** Undefined for a vector whose interrupt is not known. */
  readonly irq: Irq | undefined;
  readonly from: number;
  readonly to: number;
}

export interface CapacityCheck {
  /** Undefined: the bounds straddle. */
  readonly fits: boolean | undefined;
  /** What `irq_matrix_allocated()` says has to move. */
  readonly needed: Range;
  /** `irq_matrix_available(cpudown)`: what the other online CPUs have. */
  readonly available: Range;
  /** The kernel's line, where its figures are known. */
  readonly message: string | undefined;
}

export interface Migration {
  readonly moves: readonly Move[];
  /** The mask had no online CPU left, or none with a vector: it is lost, any online CPU will do. */
  readonly broken: readonly Irq[];
  readonly shutdown: readonly Irq[];
  /** No vector inside the mask and no retry: the interrupt stays on the dead CPU, lost. */
  readonly stuck: readonly Irq[];
}

/** Whether the kernel lets `cpu` go: `lapic_can_unplug_cpu()`, specification 8.2. */
export function checkCapacity(state: HotplugState, cpu: number): CapacityCheck {
  const room = roomOfOthers(state, cpu);
  const owned = ownedByAll(state);
  const ownedHere = state.owned[cpu] ?? 0;
  const here = { min: Math.max(0, ownedHere - state.blur), max: ownedHere + state.blur };
  const floating = weighFloating(state, cpu);
  const managed = managedToMove(state, cpu);

  const needed = range(
    here.min + floating.here.min + managed.min,
    here.max + floating.here.max + managed.max,
  );
  const available = clampToZero(
    range(
      room.min - (owned - here.min) - floating.elsewhere.max,
      room.max - (owned - here.max - state.perhapsManaged) - floating.elsewhere.min,
    ),
  );
  const slack = range(
    room.min - owned - floating.all.max - managed.max,
    room.max - (owned - state.perhapsManaged) - floating.all.min - managed.min,
  );
  const fits = slack.min >= 0 ? true : slack.max < 0 ? false : undefined;
  return { fits, needed, available, message: kernelLine(state, cpu, fits, needed, available) };
}

function ownedByAll(state: HotplugState): number {
  let owned = 0;
  for (const cpu of state.onlineSet) owned += state.owned[cpu] ?? 0;
  return owned;
}

/** What must fit in the end when only `cpu` stays: all regular vectors, against what it can give to them. */
export function fitOnOne(state: HotplugState, cpu: number): { needed: Range; room: Range } {
  const owned = ownedByAll(state);
  const { all } = weighFloating(state, cpu);
  return {
    needed: range(owned - state.perhapsManaged + all.min, owned + all.max),
    room: state.room[cpu] ?? exactly(0),
  };
}

function kernelLine(
  state: HotplugState,
  cpu: number,
  fits: boolean | undefined,
  needed: Range,
  available: Range,
): string | undefined {
  if (fits === false && isExact(needed) && isExact(available)) {
    return cannotDisableCpu(cpu, needed.min, available.min);
  }
  if (fits === true && isExact(state.reserved) && isExact(available) && available.min < state.reserved.min) {
    return reservedExceedsAvailable(state.reserved.min, available.min);
  }
  return undefined;
}

function roomOfOthers(state: HotplugState, cpu: number): Range {
  let min = 0;
  let max = 0;
  for (const other of state.onlineSet) {
    const room = state.room[other];
    if (other === cpu || room === undefined) continue;
    min += room.min;
    max += room.max;
  }
  return range(min, max);
}

/** How many floating vectors may be on `cpu`, on the others, and in all. */
function weighFloating(state: HotplugState, cpu: number): { here: Range; elsewhere: Range; all: Range } {
  const here = { min: 0, max: 0 };
  const elsewhere = { min: 0, max: 0 };
  const all = { min: 0, max: 0 };
  for (const { cpus, held } of state.floating) {
    all.min += held.min;
    all.max += held.max;
    const only = cpus.size === 1;
    if (cpus.has(cpu)) {
      here.max += held.max;
      if (only) here.min += held.min;
    }
    if (!cpus.has(cpu) || !only) {
      elsewhere.max += held.max;
      if (!cpus.has(cpu)) elsewhere.min += held.min;
    }
  }
  return { here, elsewhere, all };
}

/** Before a0b0bad10587 the kernel counted managed vectors as having to move, which they do not. */
function managedToMove(state: HotplugState, cpu: number): Range {
  if (state.profile.allocatedExcludesManaged) return exactly(0);
  const count = state.managedAllocated[cpu] ?? 0;
  const doubt = (state.managedAllocatedDoubt[cpu] ?? 0) + state.blur;
  return range(Math.max(0, count - state.blur), count + doubt);
}

/** Takes `cpu` down and moves what it held: `irq_migrate_all_off_this_cpu()`, specification 8.3. */
export function migrateFrom(state: HotplugState, cpu: number): Migration {
  const moves: Move[] = [];
  const broken: Irq[] = [];
  const shutdown: Irq[] = [];
  const stuck: Irq[] = [];
  state.online[cpu] = 0;
  state.onlineSet.delete(cpu);
  for (const resident of state.residents[cpu]?.splice(0) ?? []) {
    if (resident.irq !== undefined) forgetOldVector(state, resident.irq);
    const chosen = resident.managed ? placeManaged(state, resident) : placeRegular(state, resident);
    if (chosen.cpu === NO_CPU) {
      if (resident.irq !== undefined) (resident.managed ? shutdown : stuck).push(resident.irq);
      continue;
    }
    if (chosen.broken && resident.irq !== undefined) broken.push(resident.irq);
    moves.push({ irq: resident.irq, from: cpu, to: chosen.cpu });
    addResident(state, chosen.cpu, chosen.broken ? { ...resident, mask: state.onlineSet.clone() } : resident);
  }
  state.owned[cpu] = 0;
  state.managedAllocated[cpu] = 0;
  state.managedAllocatedDoubt[cpu] = 0;
  sinkFloating(state, cpu);
  if (moves.length > 0) state.blur = state.blurWhenMoved;
  return { moves, broken, shutdown, stuck };
}

function add(counts: Int32Array, at: number, amount: number): void {
  counts[at] = (counts[at] ?? 0) + amount;
}

/** Managed: inside its mask, on a housekeeping CPU if one is online; without an online CPU it is shut down. */
function placeManaged(state: HotplugState, resident: Resident): { cpu: number; broken: boolean } {
  const mask = resident.mask ?? state.onlineSet;
  const preferred = state.housekeeping === undefined ? mask : mask.and(state.housekeeping);
  const search = preferred.intersects(state.onlineSet) ? preferred : mask;
  const cpu = chooseManaged(state, search);
  if (cpu !== NO_CPU) add(state.managedAllocated, cpu, 1);
  return { cpu, broken: false };
}

function chooseManaged(state: HotplugState, mask: CpuSet): number {
  switch (state.profile.managedCpuChoice) {
    case 'lowest':
      return findLowestOnline(mask, state.online);
    case 'most-available':
      return findBestCpu(mask, state.online, state.available);
    case 'fewest-managed':
      return findBestCpuManaged(mask, state.online, state.managedAllocated);
  }
}

/** Regular: inside its mask if a CPU of it is online, else anywhere; 6.10 tries anywhere when the mask is full. */
function placeRegular(state: HotplugState, resident: Resident): { cpu: number; broken: boolean } {
  const wanted = resident.mask ?? state.onlineSet;
  let broken = !wanted.intersects(state.onlineSet);
  let cpu = findBestCpu(broken ? state.onlineSet : wanted, state.online, state.available);
  if (cpu === NO_CPU && !broken && state.profile.retriesOnlineMask) {
    broken = true;
    cpu = findBestCpu(state.onlineSet, state.online, state.available);
  }
  if (cpu !== NO_CPU) {
    add(state.available, cpu, -1);
    add(state.owned, cpu, 1);
  }
  return { cpu, broken };
}

/** A pending clean-up of the interrupt is completed first: its old vector is free (specification 8.3 step 2). */
function forgetOldVector(state: HotplugState, irq: Irq): void {
  const old = state.floating.find((vector) => vector.irq === irq && !vector.moves);
  if (old === undefined) return;
  state.floating = state.floating.filter((vector) => vector !== old);
  const cpu = old.cpus.size === 1 && isExact(old.held) ? old.cpus.first : undefined;
  if (cpu !== undefined) add(state.available, cpu, 1);
}

/** Old vectors on the dead CPU are gone; an interrupt that may have been there is now on one of the others. */
function sinkFloating(state: HotplugState, cpu: number): void {
  state.floating = state.floating.flatMap((vector) => {
    if (!vector.cpus.has(cpu)) return [vector];
    const cpus = vector.cpus.clone().delete(cpu);
    if (vector.moves) return [{ ...vector, cpus: cpus.isEmpty ? state.onlineSet.clone() : cpus }];
    return cpus.isEmpty ? [] : [{ ...vector, cpus, held: range(0, vector.held.max) }];
  });
}

/**
 * The CPUs that suspend and hibernation take down, in order: all but the primary, CPU 0 on x86 (the lowest online
 * one if that is off). `freeze_secondary_cpus()`, kernel/cpu.c, specification 8.5.
 */
export function freezeOrder(profile: KernelProfile, online: CpuSet): number[] {
  const primary = online.has(0) ? 0 : online.first;
  const others = [...online].filter((cpu) => cpu !== primary);
  return profile.freezesDescending ? others.reverse() : others;
}
