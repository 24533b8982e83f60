/**
 * The model's state against a snapshot: every figure of debugfs where it is there, else what /proc/irq and
 * /proc/interrupts show. What a driver or irqbalance set without leaving an event is taken over and counted.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import type { IrqDesc } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';
import type { ObservedIrq } from '../observe/observation.ts';
import type { DebugfsIrq } from '../parse/debugfs-irq.ts';
import { LEARNT } from './causes.ts';
import type { Doubts } from './doubts.ts';
import type { PlacedSnapshot } from './facts.ts';

export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly observed: string;
}

export interface Learnt {
  readonly cause: string;
  /** Undefined for the machine's own. */
  readonly irq: number | undefined;
}

export interface SnapshotCheck {
  readonly differences: readonly Difference[];
  readonly learnt: readonly Learnt[];
  /** How many of the allocator's counters were compared. */
  readonly counters: number;
}

class Checker {
  readonly differences: Difference[] = [];
  readonly learnt: Learnt[] = [];
  counters = 0;

  same(what: string, expected: unknown, observed: unknown): void {
    if (observed === undefined) return;
    const [ours, theirs] = [`${expected}`, `${observed}`];
    if (ours !== theirs) this.differences.push({ what, expected: ours, observed: theirs });
  }

  counter(what: string, expected: number | undefined, observed: number | undefined): void {
    if (observed !== undefined) this.counters++;
    this.same(what, expected, observed);
  }
}

/**
 * What is taken over of what leaves no event. `drivers`: every other write is recorded, so only masks that a driver has
 * published as its hint. `all`: any affinity, where the state is not known in full.
 */
export type Learning = 'no' | 'drivers' | 'unseen' | 'all';

/** What the trace tells of how an affinity may have come about. */
export interface Hints {
  /** Behind remapping a mask can only wait where the interrupt has moved before. */
  readonly hasMoved: (irq: number) => boolean;
  readonly doubts: Doubts;
}

export function checkSnapshot(
  kernel: Kernel,
  snapshot: PlacedSnapshot,
  learning: Learning,
  hints: Hints,
): SnapshotCheck {
  const check = new Checker();
  const { observation } = snapshot;
  check.same('online CPUs', kernel.online, observation.cpus.online);
  if (learning === 'unseen' || learning === 'all') learnDefault(check, kernel, observation.defaultAffinity);
  check.same(
    'default_smp_affinity',
    kernel.defaultAffinity.and(kernel.possible),
    observation.defaultAffinity,
  );
  for (const seen of observation.irqs) {
    const desc = kernel.desc(seen.irq);
    if (desc?.data === undefined) continue;
    if (learning !== 'no') learn(check, kernel, desc, seen, learning, hints);
    if (seen.debug !== undefined) checkDebugfs(check, desc, seen.debug);
    checkProc(check, desc, seen);
  }
  checkMatrix(check, kernel, snapshot);
  return check;
}

function learnDefault(check: Checker, kernel: Kernel, shown: CpuSet | undefined): void {
  if (shown === undefined || shown.equals(kernel.defaultAffinity.and(kernel.possible))) return;
  check.learnt.push({ cause: LEARNT.byDefault, irq: undefined });
  kernel.defaultAffinity = shown;
}

/** Takes over what leaves no event, and only that. */
function learn(
  check: Checker,
  kernel: Kernel,
  desc: IrqDesc,
  seen: ObservedIrq,
  learning: Learning,
  { hasMoved, doubts }: Hints,
): void {
  const requested = (seen.actions?.length ?? 0) > 0;
  if (desc.managed) {
    if (requested && desc.actions === 0 && !desc.affinity.intersects(kernel.online)) {
      desc.actions = 1;
      desc.managedShutdown = true;
      check.learnt.push({ cause: LEARNT.requested, irq: desc.irq });
    }
    return;
  }
  // A write that was refused, or of the mask that it had, leaves this alone.
  if (learning !== 'drivers' && seen.debug?.dstate.has('IRQD_AFFINITY_SET') === true && !desc.affinitySet) {
    check.learnt.push({ cause: LEARNT.setUnseen, irq: desc.irq });
    desc.affinitySet = true;
  }
  const shown = seen.affinity;
  const stored = seen.debug?.affinity;
  if (desc.movePending && stored !== undefined && !stored.equals(desc.affinity)) {
    check.learnt.push({ cause: LEARNT.arrived, irq: desc.irq });
    desc.affinity = stored;
  }
  if (stored === undefined && shown !== undefined && !shown.equals(desc.shownAffinity)) {
    if (doubts.isShown(desc, shown)) {
      check.learnt.push({ cause: LEARNT.arrived, irq: desc.irq });
      return;
    }
  } else if (stored !== undefined || !desc.movePending) doubts.settle(desc);
  const waits = seen.debug?.dstate.has('IRQD_SETAFFINITY_PENDING') ?? desc.movePending;
  if (shown === undefined || (shown.equals(desc.shownAffinity) && waits === desc.movePending)) return;
  if (learning === 'drivers' && seen.hint?.equals(shown) !== true) return;
  const stays = desc.data !== undefined && shown.has(desc.data.cpu);
  const canWait = !desc.chip.remapped || desc.movePending || (learning === 'unseen' && hasMoved(desc.irq));
  // An interrupt that was never activated has no vector to move.
  if (!(stays || canWait || !desc.activated || learning === 'all')) return;
  check.learnt.push({ cause: LEARNT.setUnseen, irq: desc.irq });
  desc.affinitySet = true;
  // Without remapping every write waits for an interrupt; with it only one that found a move unfinished.
  const pending =
    seen.debug === undefined
      ? !desc.chip.remapped || !stays
      : seen.debug.dstate.has('IRQD_SETAFFINITY_PENDING');
  desc.movePending = pending && desc.activated;
  if (desc.movePending) desc.pendingMask = shown;
  else setStored(desc, shown);
}

function setStored(desc: IrqDesc, mask: CpuSet): void {
  desc.affinity = mask;
  if (!desc.activated) desc.effective = mask;
}

function checkProc(check: Checker, desc: IrqDesc, seen: ObservedIrq): void {
  const name = `irq ${desc.irq}`;
  check.same(`${name} smp_affinity`, desc.shownAffinity, seen.affinity);
  check.same(`${name} effective_affinity`, desc.effective, seen.effective);
  if (seen.actions !== undefined) {
    check.same(`${name} requested`, desc.actions > 0, seen.actions.length > 0);
  }
}

/** Flags of `dstate:` that the model keeps, and where. */
const DSTATE: readonly (readonly [flag: string, of: (desc: IrqDesc) => boolean])[] = [
  ['IRQD_ACTIVATED', (desc) => desc.activated],
  ['IRQD_IRQ_STARTED', (desc) => desc.started],
  ['IRQD_SETAFFINITY_PENDING', (desc) => desc.movePending],
  ['IRQD_AFFINITY_SET', (desc) => desc.affinitySet],
  ['IRQD_AFFINITY_MANAGED', (desc) => desc.managed],
  ['IRQD_MANAGED_SHUTDOWN', (desc) => desc.managedShutdown],
  ['IRQD_CAN_RESERVE', (desc) => desc.canReserve],
  ['IRQD_IRQ_DISABLED', (desc) => desc.disabled],
  ['IRQD_IRQ_MASKED', (desc) => desc.masked],
  ['IRQD_NO_BALANCING', (desc) => desc.noBalancing],
];

function checkDebugfs(check: Checker, desc: IrqDesc, seen: DebugfsIrq): void {
  const name = `irq ${desc.irq}`;
  for (const [flag, of] of DSTATE) check.same(`${name} ${flag}`, of(desc), seen.dstate.has(flag));
  check.same(`${name} affinity`, desc.affinity, seen.affinity);
  check.same(`${name} effectiv`, desc.effective, seen.effective);
  const { data } = desc;
  const vector = seen.vector;
  if (data === undefined || vector === undefined || vector.legacyPic) return;
  check.same(`${name} Vector`, data.vector, vector.vector);
  if (data.vector !== 0) check.same(`${name} Target`, data.cpu, vector.target);
  check.same(`${name} Previous vector`, data.prevVector, vector.previousVector ?? 0);
  if (data.prevVector !== 0) check.same(`${name} Previous target`, data.prevCpu, vector.previousTarget);
  check.same(`${name} move_in_progress`, data.moveInProgress, vector.moveInProgress);
  check.same(`${name} is_managed`, data.isManaged, vector.isManaged);
  check.same(`${name} can_reserve`, data.canReserve, vector.canReserve);
  check.same(`${name} has_reserved`, data.hasReserved, vector.hasReserved);
  check.same(`${name} cleanup_pending`, data.cleanupPending, vector.cleanupPending);
}

function checkMatrix(check: Checker, kernel: Kernel, { observation }: PlacedSnapshot): void {
  const dump = observation.vectorDomain;
  if (dump === undefined) return;
  const { matrix } = kernel;
  check.counter('Online bitmaps', matrix.onlineMaps, dump.onlineBitmaps);
  check.counter('Global available', matrix.globalAvailable, dump.globalAvailable);
  check.counter('Global reserved', matrix.globalReserved, dump.globalReserved);
  check.counter('Total allocated', matrix.totalAllocated, dump.totalAllocated);
  check.same('System', matrix.systemBits(), dump.system);
  for (const row of dump.cpus) {
    const { cpu } = row;
    const name = `CPU ${cpu}`;
    if (!kernel.possible.has(cpu)) {
      check.same(name, 'not there', 'shown');
      continue;
    }
    check.counter(`${name} avl`, matrix.maps.available[cpu], row.available);
    check.counter(`${name} man`, matrix.maps.managed[cpu], row.managed);
    check.counter(`${name} mac`, matrix.maps.managedAllocated[cpu], row.managedAllocated);
    check.counter(`${name} act`, matrix.maps.allocated[cpu], row.allocated);
    check.same(`${name} vectors`, matrix.allocatedBits(cpu), row.vectors);
  }
}
