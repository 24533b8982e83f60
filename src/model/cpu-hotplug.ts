/**
 * A CPU going down, in the kernel's order: the capacity check of `lapic_can_unplug_cpu()`
 * (arch/x86/kernel/apic/vector.c, specification 8.2), then every interrupt of that CPU, ascending
 * (`migrate_one_irq()`, kernel/irq/cpuhotplug.c, 8.3). Works on counts, not on vector numbers.
 */
import { CpuSet } from '../base/cpu-set.ts';
import { clampToZero, exactly, isExact, type Range, range } from '../base/range.ts';
import { findBestCpu, findBestCpuManaged, findLowestOnline, NO_CPU } from './best-cpu.ts';
import { cannotDisableCpu, reservedExceedsAvailable } from './failures.ts';
import {
  addResident,
  blurOf,
  type Floating,
  type HotplugState,
  managedBlurOf,
  type Resident,
} from './hotplug-state.ts';
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
  /** `available` less `needed`; tighter than their bounds where both share a doubt. */
  readonly spare: Range;
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

const ANY_U32: Range = range(0, 2 ** 32 - 1);
const NOTHING_KNOWN: CapacityCheck = {
  fits: undefined,
  needed: ANY_U32,
  available: ANY_U32,
  spare: range(-ANY_U32.max, ANY_U32.max),
  message: undefined,
};

/** Whether the kernel lets `cpu` go: `lapic_can_unplug_cpu()`, specification 8.2. */
export function checkCapacity(state: HotplugState, cpu: number): CapacityCheck {
  if (!state.countable) return NOTHING_KNOWN;
  const others = roomOfOthers(state, cpu);
  const room = state.room[cpu] ?? exactly(0);
  const owned = ownedByAll(state);
  const ownedHere = state.owned[cpu] ?? 0;
  const blur = blurOf(state);
  const here = range(Math.max(0, ownedHere - blur), Math.min(owned, ownedHere + blur));
  const floating = weighFloating(state, cpu);
  const managed = managedToMove(state, cpu);
  // Counted with the managed vectors, it makes no difference which of the two an interrupt is.
  const open = state.profile.allocatedExcludesManaged ? (state.open[cpu] ?? 0) : 0;
  const neverThere = open + state.movedPerhapsManaged;

  const needed = range(
    Math.max(0, here.min - open) + floating.here.min + managed.min,
    // No CPU holds more regular vectors than it has room for.
    Math.min(here.max + floating.here.max, Math.max(room.max, ownedHere)) + managed.max,
  );
  const available = clampToZero(
    range(
      others.min - (owned - here.min) - floating.elsewhere.max,
      others.max - (owned - here.max - state.movedPerhapsManaged) - floating.elsewhere.min,
    ),
  );
  const spare = range(
    others.min - owned - floating.all.max - managed.max,
    others.max - (owned - neverThere) - floating.all.min - managed.min,
  );
  const fits = spare.min >= 0 ? true : spare.max < 0 ? false : undefined;
  return { fits, needed, available, spare, message: kernelLine(state, cpu, fits, needed, available) };
}

function ownedByAll(state: HotplugState): number {
  let owned = 0;
  for (const cpu of state.onlineSet) owned += state.owned[cpu] ?? 0;
  return owned;
}

function openOfAll(state: HotplugState): number {
  let open = 0;
  for (const cpu of state.onlineSet) open += state.open[cpu] ?? 0;
  return open;
}

/** What must fit in the end when only `cpu` stays: all regular vectors, against what it can give to them. */
export function fitOnOne(state: HotplugState, cpu: number): { needed: Range; room: Range } {
  const owned = ownedByAll(state);
  const { all } = weighFloating(state, cpu);
  return {
    needed: range(owned - openOfAll(state) - state.movedPerhapsManaged + all.min, owned + all.max),
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
  const blur = managedBlurOf(state);
  return range(Math.max(0, count - blur), count + (state.managedAllocatedDoubt[cpu] ?? 0) + blur);
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
    const { to, fate } = resident.managed
      ? placeManaged(state, resident)
      : placeRegular(state, resident, cpu);
    if (to !== NO_CPU) moves.push({ irq: resident.irq, from: cpu, to });
    if (fate === 'moves') addResident(state, to, resident);
    if (fate === 'breaks') addResident(state, to, { ...resident, mask: state.onlineSet.clone() });
    if (fate === 'shuts-down' || fate === 'sticks') state.parked.push({ cpu, resident });
    if (resident.irq === undefined) continue;
    if (fate === 'breaks') broken.push(resident.irq);
    if (fate === 'shuts-down') shutdown.push(resident.irq);
    if (fate === 'sticks') stuck.push(resident.irq);
  }
  state.owned[cpu] = 0;
  state.open[cpu] = 0;
  state.managedAllocated[cpu] = 0;
  state.managedAllocatedDoubt[cpu] = 0;
  sinkFloating(state, cpu);
  return { moves, broken, shutdown, stuck };
}

function add(counts: Int32Array, at: number, amount: number): void {
  counts[at] = (counts[at] ?? 0) + amount;
}

interface Placed {
  /** Nominally; NO_CPU where there is none. */
  readonly to: number;
  /**
   * `shuts-down` and `sticks`: it stays with the dead CPU, and is there when that returns. `floats`: from here on
   * it is not known where it is.
   */
  readonly fate: 'moves' | 'breaks' | 'shuts-down' | 'sticks' | 'floats';
}

/** Managed: inside its mask, on a housekeeping CPU if one is online; without an online CPU it is shut down. */
function placeManaged(state: HotplugState, resident: Resident): Placed {
  const mask = resident.mask ?? state.onlineSet;
  const preferred = state.housekeeping === undefined ? mask : mask.and(state.housekeeping);
  const search = preferred.intersects(state.onlineSet) ? preferred : mask;
  if (!mask.intersects(state.onlineSet)) return { to: NO_CPU, fate: 'shuts-down' };
  const to = chooseManaged(state, search);
  if (to !== NO_CPU) add(state.managedAllocated, to, 1);
  state.movedManaged++;
  // Around 4.20 one with online CPUs may find none, nominally or in fact: they must have something available.
  return { to, fate: to === NO_CPU ? 'sticks' : 'moves' };
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
function placeRegular(state: HotplugState, resident: Resident, from: number): Placed {
  const wanted = resident.mask ?? state.onlineSet;
  const gone = !wanted.intersects(state.onlineSet);
  let broken = gone;
  let to = findBestCpu(broken ? state.onlineSet : wanted, state.online, state.available);
  if (to === NO_CPU && !broken && state.profile.retriesOnlineMask) {
    broken = true;
    to = findBestCpu(state.onlineSet, state.online, state.available);
  }
  const anywhere = gone || state.onlineSet.isSubsetOf(wanted);
  if (resident.perhapsManaged) state.movedPerhapsManaged++;
  if (resident.perhapsManaged || anywhere || wanted.and(state.onlineSet).size > 1) {
    state.moved++;
    if (!anywhere) state.interchangeable = false;
  }
  if (state.uncertain && mayMissRoom(state, anywhere ? undefined : wanted, to)) {
    state.floating.push(floatingFrom(state, resident, anywhere ? undefined : wanted));
    state.disturbance++;
    return { to, fate: 'floats' };
  }
  if (to === NO_CPU) return { to, fate: 'sticks' };
  add(state.available, from, 1);
  add(state.available, to, -1);
  add(state.owned, to, 1);
  return { to, fate: broken ? 'breaks' : 'moves' };
}

/**
 * Whether the choice may come out otherwise than by the nominal counts: room where they see none, or none where
 * they see some. Over all online CPUs there is room, or the check would have refused.
 */
function mayMissRoom(state: HotplugState, mask: CpuSet | undefined, chosen: number): boolean {
  if (chosen === NO_CPU) return true;
  if (mask === undefined) return false;
  const blur = blurOf(state);
  for (const cpu of mask) {
    const room = state.room[cpu];
    if (!state.onlineSet.has(cpu) || room === undefined) continue;
    const perhaps = state.floating.reduce((sum, v) => sum + (v.cpus.has(cpu) ? v.held.max : 0), 0);
    if (room.min - (state.owned[cpu] ?? 0) - perhaps > blur) return false;
  }
  return true;
}

/** Somewhere in its mask, perhaps stuck; outside of it too where a full mask is retried. */
function floatingFrom(state: HotplugState, resident: Resident, mask: CpuSet | undefined): Floating {
  const mayStick = mask !== undefined && !state.profile.retriesOnlineMask;
  return {
    irq: resident.irq,
    cpus: mayStick ? mask.and(state.onlineSet) : state.onlineSet.clone(),
    held: range(mayStick || resident.perhapsManaged ? 0 : 1, 1),
    moves: true,
  };
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
  const online = state.onlineSet.clone();
  const mayStick = !state.profile.retriesOnlineMask && someMayBeFull(state);
  state.floating = state.floating.flatMap((vector) => {
    if (!vector.cpus.has(cpu)) return [vector];
    if (vector.moves) {
      // Its mask is not known here, so once it had to move it may be anywhere; so one choice more may differ.
      state.disturbance++;
      return [{ ...vector, cpus: online, held: range(mayStick ? 0 : vector.held.min, vector.held.max) }];
    }
    const cpus = vector.cpus.clone().delete(cpu);
    if (isExact(vector.held) && cpus.isEmpty) add(state.available, cpu, 1);
    return cpus.isEmpty ? [] : [{ ...vector, cpus, held: range(0, vector.held.max) }];
  });
}

/** Whether a mask could turn out to be full: on some CPU there may be no room left. */
function someMayBeFull(state: HotplugState): boolean {
  const blur = blurOf(state) + state.floating.length;
  return [...state.onlineSet].some(
    (cpu) => (state.room[cpu]?.min ?? 0) - (state.owned[cpu] ?? 0) - blur <= 0,
  );
}

/** The CPUs that a suspend took down come back, ascending: `thaw_secondary_cpus()`, kernel/cpu.c. */
export function thawFrozen(state: HotplugState): void {
  const frozen = state.frozen;
  state.frozen = new CpuSet();
  for (const cpu of frozen) bringBack(state, cpu);
}

/** What was shut down with `cpu` starts again, what had moved stays where it is (specification 8.4). */
function bringBack(state: HotplugState, cpu: number): void {
  state.online[cpu] = 1;
  state.onlineSet.add(cpu);
  const waiting = state.parked;
  state.parked = [];
  for (const parked of waiting) {
    const { resident } = parked;
    if (resident.managed ? resident.mask?.has(cpu) === true : parked.cpu === cpu) {
      restart(state, cpu, resident);
    } else {
      state.parked.push(parked);
    }
  }
}

function restart(state: HotplugState, cpu: number, resident: Resident): void {
  if (resident.managed) {
    const { to } = placeManaged(state, resident);
    if (to !== NO_CPU) addResident(state, to, resident);
    return;
  }
  // A stuck interrupt's vector was never given back.
  add(state.owned, cpu, 1);
  addResident(state, cpu, resident);
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
