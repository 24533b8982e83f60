/**
 * Who may set an interrupt's affinity and what comes of it (kernel/irq/manage.c, kernel/irq/migration.c,
 * kernel/irq/proc.c; specification 5.5). Results are 0 or a negative errno.
 */
import { parseBitmapList, parseBitmapMask } from '../base/bitmap-text.ts';
import type { CpuSet } from '../base/cpu-set.ts';
import { EBUSY, EINVAL, EIO, EOVERFLOW, EPERM, ERANGE } from './failures.ts';
import type { IrqDesc } from './irq-desc.ts';
import type { VectorHost, VectorManagement } from './vector-management.ts';

/** What the core needs of the machine around it. */
export interface AffinityHost extends VectorHost {
  readonly vectors: VectorManagement;
  /** `irq_default_affinity`. */
  readonly defaultAffinity: CpuSet;
  /** CPUs that `isolcpus=managed_irq` leaves; undefined without the option. */
  readonly housekeeping: CpuSet | undefined;
  /** Told of every interrupt that gets no vector, or no promise of one (-ENOSPC), for who counts. */
  readonly onNoVector?: ((desc: IrqDesc) => void) | undefined;
}

/** smp_affinity takes a mask, smp_affinity_list a list. */
export type AffinityForm = 'mask' | 'list';

const FAULTS = { EINVAL, ERANGE, EOVERFLOW } as const;

/** What the kernel makes of a written text: the CPUs, or -EINVAL, -EOVERFLOW (mask), -ERANGE (list). */
export function parseAffinity(form: AffinityForm, text: string, cpuCount: number): CpuSet | number {
  const parsed =
    form === 'mask' ? parseBitmapMask(text, cpuCount) : parseBitmapList(text, cpuCount, cpuCount - 1);
  return parsed.ok ? parsed.value : -FAULTS[parsed.error];
}

/** 5.5.1 `write_irq_affinity()`: whether it may be set comes before what it is set to. */
export function writeAffinityText(
  host: AffinityHost,
  desc: IrqDesc,
  form: AffinityForm,
  text: string,
  cpuCount: number,
): number {
  const refused = userMayNotSet(host, desc);
  if (refused !== 0) return refused;
  const mask = parseAffinity(form, text, cpuCount);
  if (typeof mask === 'number') return mask;
  return mask.intersects(host.online) ? setAffinityLocked(host, desc, mask, false) : -EINVAL;
}

/** -EIO, or -EPERM since 6.12, where user space may not set the affinity. */
function userMayNotSet(host: AffinityHost, desc: IrqDesc): number {
  if (desc.settableByUser) return 0;
  return host.profile.managedWriteErrno === 'EPERM' ? -EPERM : -EIO;
}

/** 5.5.2 `irq_set_affinity_locked()`: now, or at the next interrupt where the chip cannot move it now. */
export function setAffinityLocked(host: AffinityHost, desc: IrqDesc, mask: CpuSet, force: boolean): number {
  if (!desc.chip.settable) return -EINVAL;
  if (!desc.activated && host.profile.coreStoresInactiveAffinity) {
    desc.affinity = mask;
    desc.effective = mask;
    desc.affinitySet = true;
    return 0;
  }
  let ret = 0;
  if (desc.chip.remapped && !desc.movePending) {
    ret = doSetAffinity(host, desc, mask, force);
    if (ret === -EBUSY && !force) {
      ret = 0;
      setPending(desc, mask);
    }
  } else {
    setPending(desc, mask);
  }
  desc.affinitySet = true;
  return ret;
}

function setPending(desc: IrqDesc, mask: CpuSet): void {
  desc.movePending = true;
  desc.pendingMask = mask;
}

/** 5.5.4 `irq_do_set_affinity()`: the stored mask is the one given here, not what isolation made of it. */
export function doSetAffinity(host: AffinityHost, desc: IrqDesc, mask: CpuSet, force: boolean): number {
  if (!desc.chip.settable) return -EINVAL;
  let wanted = mask;
  if (host.profile.isolatesManaged && desc.managed && host.housekeeping !== undefined) {
    const left = mask.and(host.housekeeping);
    if (left.intersects(host.online)) wanted = left;
  }
  if (host.profile.setsOnlineCpusOnly && !force) {
    wanted = wanted.within(host.online);
    if (wanted.isEmpty) return -EINVAL;
  }
  const ret = host.vectors.setAffinity(desc, wanted);
  if (ret < 0) return ret;
  // The remapping entry is rewritten at once: nothing arrives at the old vector any more (4.10).
  if (desc.chip.remapped) host.vectors.scheduleCleanup(desc);
  desc.affinity = mask;
  return 0;
}

/** 5.5.5 `irq_setup_affinity()`, at startup: the default, or what was set, narrowed to the device's node. */
export function setupAffinity(host: AffinityHost, desc: IrqDesc): number {
  if (!desc.settable) return 0;
  let set = host.defaultAffinity;
  if (desc.managed || desc.affinitySet) {
    if (desc.affinity.intersects(host.online)) set = desc.affinity;
    else desc.affinitySet = false;
  }
  let mask = set.and(host.online);
  if (mask.isEmpty && host.profile.startupFallsBackToOnline) mask = host.online.clone();
  const node = host.cpusOfNode(desc.node);
  if (node?.intersects(mask) === true) mask = mask.and(node);
  return doSetAffinity(host, desc, mask, false);
}

/**
 * 5.5.6 `irq_move_masked_irq()`: an interrupt has arrived, its pending affinity is applied. -EBUSY keeps it pending.
 */
export function applyPendingAffinity(host: AffinityHost, desc: IrqDesc): number {
  if (!desc.movePending || desc.disabled) return 0;
  desc.movePending = false;
  if (!desc.pendingMask.intersects(host.online)) return 0;
  const ret = doSetAffinity(host, desc, desc.pendingMask, false);
  if (ret === -EBUSY && host.profile.movingIsBusy) desc.movePending = true;
  return ret;
}

/**
 * 5.6 `irq_set_affinity_hint()`, from 5.17 on an alias of `irq_set_affinity_and_hint()`: publishes the hint, and sets
 * the affinity too, whose error is dropped.
 */
export function setAffinityAndHint(host: AffinityHost, desc: IrqDesc, mask: CpuSet | undefined): void {
  desc.hint = mask;
  if (mask !== undefined) setAffinityLocked(host, desc, mask, false);
}

/** 5.6 `irq_update_affinity_hint()`: only the hint. False where the kernel has no such function (before 5.17). */
export function updateAffinityHint(host: AffinityHost, desc: IrqDesc, mask: CpuSet | undefined): boolean {
  if (!host.profile.splitsAffinityHint) return false;
  desc.hint = mask;
  return true;
}
