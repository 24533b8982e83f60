/**
 * Traces of the past that one snapshot still shows: CPUs that were offline, and vectors that moved interrupts
 * have not given back yet. What it concludes, and how it may be wrong, is in docs/limits.md.
 */
import { CpuSet } from '../base/cpu-set.ts';
import { exactly, type Range } from '../base/range.ts';
import { isFaultMessage, movesAtOnce } from '../model/interrupts-of-state.ts';
import type { IrqState, UnplacedVector } from '../model/machine-state.ts';
import type { Observation } from './observation.ts';

/** USER_HZ, the unit of /proc/stat. */
const TICKS_PER_S = 100;
/** CPUs come up one after the other at boot, and time is accounted by ticks: this much is noise. */
const BOOT_NOISE_S = 1;
const BOOT_NOISE_SHARE = 0.1;
const TICK_NOISE_SHARE = 0.005;
/** An interrupt this busy gives its old vector back within a blink: nothing is left to see. */
const BUSY_PER_S = 10;

/**
 * Online CPUs that may have been offline since boot: less time is accounted to them than to CPU 0, which
 * cannot be taken offline. All but CPU 0 where /proc/stat is not there.
 */
export function perhapsOffline(o: Observation, online: CpuSet): CpuSet {
  const others = CpuSet.from([...online].filter((cpu) => cpu !== 0));
  const ticks = o.stat?.cpuTicks;
  const reference = ticks?.get(0);
  if (ticks === undefined || reference === undefined) return others;
  const boot = Math.min(BOOT_NOISE_S * TICKS_PER_S, BOOT_NOISE_SHARE * reference);
  const allowed = boot + TICK_NOISE_SHARE * reference;
  return CpuSet.from([...others].filter((cpu) => reference - (ticks.get(cpu) ?? 0) > allowed));
}

export interface History {
  readonly online: CpuSet;
  readonly perhapsOffline: CpuSet;
  /** Some CPU is, or may have been, offline: a move can have that as its reason. */
  readonly hotplugged: boolean;
  readonly housekeeping: CpuSet | undefined;
  readonly uptimeS: number | undefined;
  /** The default affinity, where it is narrower than the online CPUs and not so from boot on. */
  readonly narrowedDefault: CpuSet | undefined;
}

export function inferHistory(
  o: Observation,
  online: CpuSet,
  present: CpuSet,
  housekeeping: CpuSet | undefined,
): History {
  const suspects = perhapsOffline(o, online);
  const usual = o.defaultAffinity?.and(online);
  const narrowed = usual !== undefined && !usual.equals(online) && o.cmdline?.irqaffinity === undefined;
  return {
    online,
    perhapsOffline: suspects,
    hotplugged: !suspects.isEmpty || !present.isSubsetOf(online),
    housekeeping,
    uptimeS: o.uptimeS,
    narrowedDefault: narrowed ? usual : undefined,
  };
}

/**
 * With interrupt remapping the old vector is cleaned up at once; without, only the next interrupt on the new
 * CPU does it (specification 4.10), so an idle interrupt that was moved holds two.
 */
function movesAtInterrupt(chip: string | undefined): boolean {
  return chip !== undefined && !movesAtOnce(chip) && !isFaultMessage(chip);
}

/** The vector that an active interrupt may still hold elsewhere; undefined when there can be none. */
export function oldVectorOf(irq: IrqState, history: History): UnplacedVector | undefined {
  if (irq.phase !== 'active' || irq.cpu === undefined || !movesAtInterrupt(irq.chip)) return undefined;
  return irq.managed === true
    ? oldManagedVector(irq, irq.cpu, history)
    : oldRegularVector(irq, irq.cpu, history);
}

function old(irq: IrqState, cpus: CpuSet, held: Range): UnplacedVector | undefined {
  if (cpus.isEmpty) return undefined;
  return { irq: irq.irq, cpus, held, managed: irq.managed === true, why: 'old' };
}

const PERHAPS: Range = { min: 0, max: 1 };

/**
 * A managed interrupt moves off a dying CPU, where nothing is left, or from an isolated to a housekeeping CPU:
 * right after it was started, or when the first housekeeping CPU of its mask comes back.
 */
function oldManagedVector(irq: IrqState, cpu: number, history: History): UnplacedVector | undefined {
  const { housekeeping, online, perhapsOffline } = history;
  const mask = irq.affinity?.and(online);
  if (housekeeping === undefined || mask === undefined || !housekeeping.has(cpu)) return undefined;
  const isolated = mask.andNot(housekeeping);
  if ((irq.counts?.get(cpu) ?? 0) > 0) return undefined;
  const neverFired = totalCount(irq) === 0;
  const returned = mask.and(housekeeping).isSubsetOf(perhapsOffline);
  return neverFired || returned ? old(irq, isolated, PERHAPS) : undefined;
}

function totalCount(irq: IrqState): number {
  let total = 0;
  for (const count of irq.counts?.values() ?? []) total += count;
  return total;
}

/**
 * A move happens at an interrupt, on the CPU that is left, which has counted it; the vector there is held until
 * the interrupt fires on its new CPU. Of the histories that explain the counts, the ones with the fewest
 * affinity writes are believed.
 */
function oldRegularVector(irq: IrqState, cpu: number, history: History): UnplacedVector | undefined {
  const counts = irq.counts;
  if (counts === undefined) return old(irq, history.online.clone().delete(cpu), PERHAPS);
  const total = totalCount(irq);
  if (total === 0) return movedAtStartup(irq, cpu, history);

  const here = counts.get(cpu) ?? 0;
  const left = CpuSet.from([...history.online].filter((c) => c !== cpu && (counts.get(c) ?? 0) > 0));
  if (left.isEmpty) return undefined;
  // It fired on a CPU that is offline now, and not since: from there it came, and that CPU kept nothing.
  const leftOffline = [...counts.entries()].some(([c, count]) => count > 0 && !history.online.has(c));
  if (here === 0 && leftOffline) return undefined;
  if (here > 0) {
    // It came back to a CPU that it had left, or it arrived once and has fired since.
    const busy = history.uptimeS !== undefined && total / history.uptimeS >= BUSY_PER_S;
    const movedOnce = left.size === 1 && total - here <= here;
    if (busy || movedOnce || irq.movePending) return undefined;
  }
  // A CPU that its mask still holds was not left by a write: that CPU went offline, and kept nothing.
  const mask = irq.affinity ?? new CpuSet();
  const byWrite = left.andNot(mask);
  const { online, perhapsOffline } = history;
  // So did one that may have been offline, where the mask is a later wish, or the kernel's own after a hotplug:
  // all CPUs that were online then.
  const brokenMask = byWrite.isSubsetOf(perhapsOffline) && online.andNot(perhapsOffline).isSubsetOf(mask);
  if (brokenMask) return undefined;
  const candidates = irq.movePending ? byWrite.andNot(perhapsOffline) : byWrite;
  const certain = here === 0 && left.size === 1 && !history.hotplugged && !irq.movePending;
  return old(irq, candidates, certain ? exactly(1) : PERHAPS);
}

/**
 * request_irq() activates an interrupt by the mask it was allocated with and then moves it by the default of
 * the day, at once and even without remapping (specification 16, 4.6.2): a default narrowed meanwhile leaves
 * old vectors behind.
 */
function movedAtStartup(irq: IrqState, cpu: number, history: History): UnplacedVector | undefined {
  const usual = history.narrowedDefault;
  if (usual === undefined || irq.affinity === undefined) return undefined;
  if (!irq.affinity.isSubsetOf(usual) || !irq.affinity.has(cpu)) return undefined;
  return old(irq, history.online.andNot(usual), PERHAPS);
}
