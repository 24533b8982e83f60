/**
 * What a CPU that goes down or comes up does to interrupts (kernel/irq/cpuhotplug.c; specification 8.3 and 8.4).
 */
import { ENOSPC, noLongerAffine, onlyOfflineCpus, setAffinityFailed } from './failures.ts';
import { type AffinityHost, doSetAffinity, setAffinityLocked } from './irq-affinity.ts';
import { shutdownAndDeactivate, startup } from './irq-core.ts';
import type { IrqDesc } from './irq-desc.ts';

/** What became of one interrupt when its CPU went. */
export type MigrationOutcome =
  | 'untouched'
  | 'moved'
  /** Moved, and its mask is lost: it is now every online CPU. */
  | 'broken'
  /** Managed, and no CPU of its mask is left: stopped, and kept for the CPU's return. */
  | 'shutdown'
  /** No vector where it may go: it stays on the dead CPU, lost. */
  | 'stuck';

/**
 * A quick look at what {@link migrateOne} would leave alone: no old vector, no wish to move, and delivered to a CPU
 * that stays. (By its effective mask, which is not always the CPU it is programmed to: what the core stored while it
 * was inactive stays effective where activation leaves it on its vector, 5.5.2 and 4.6.1.)
 */
export function mayConcern({ online }: AffinityHost, desc: IrqDesc, cpu: number): boolean {
  const { data, effective } = desc;
  if (data === undefined || data.prevVector !== 0 || desc.movePending) return true;
  return desc.started && (effective.has(cpu) || !effective.intersects(online));
}

/** 8.3 `irq_migrate_all_off_this_cpu()` for one interrupt. `cpu` has left the online mask; its matrix map has not. */
export function migrateOne(host: AffinityHost, desc: IrqDesc, cpu: number): MigrationOutcome {
  const outcome = migrate(host, desc, cpu);
  if (outcome === 'broken') {
    const level = host.profile.noLongerAffineLevel;
    host.listener?.({ name: 'printk', level, text: noLongerAffine(desc.irq, cpu) });
  }
  return outcome;
}

function migrate(host: AffinityHost, desc: IrqDesc, cpu: number): MigrationOutcome {
  if (!desc.chip.settable) return 'untouched';
  const { profile, vectors, online } = host;
  if (profile.completesMovesFirst) vectors.forceCompleteMove(desc, cpu);
  if (!needsMigration(host, desc, cpu)) {
    if (desc.movePending && !desc.pendingMask.intersects(online)) desc.movePending = false;
    return 'untouched';
  }
  if (!profile.completesMovesFirst) vectors.forceCompleteMove(desc, cpu);

  let target = desc.affinity;
  if (desc.movePending) {
    desc.movePending = false;
    if (desc.pendingMask.intersects(online)) target = desc.pendingMask;
  }
  let broken = false;
  if (!target.intersects(online)) {
    if (desc.managed) {
      desc.managedShutdown = true;
      shutdownAndDeactivate(host, desc);
      return 'shutdown';
    }
    target = online.clone();
    broken = true;
  }
  let ret = doSetAffinity(host, desc, target, false);
  if (profile.retriesOnlineMask && ret === -ENOSPC && !desc.managed && !target.equals(online)) {
    host.listener?.({
      name: 'printk',
      level: 'debug',
      text: `IRQ${desc.irq}: set affinity failed for ${target}, re-try with online CPUs`,
    });
    target = online.clone();
    broken = true;
    ret = doSetAffinity(host, desc, target, false);
  }
  if (ret < 0) {
    host.listener?.({ name: 'printk', level: 'warn', text: setAffinityFailed(desc.irq, ret) });
    return 'stuck';
  }
  return broken ? 'broken' : 'moved';
}

/** 8.3 step 3 `irq_needs_fixup()`, and the checks before it. */
function needsMigration(host: AffinityHost, desc: IrqDesc, cpu: number): boolean {
  if (desc.perCpu || !desc.started) return false;
  const where = desc.effective.isEmpty ? desc.affinity : desc.effective;
  const { effective } = desc;
  if (!effective.isEmpty && !effective.isOnly(cpu) && !effective.intersects(host.online)) {
    const text = onlyOfflineCpus(where.toString(), desc.irq, cpu);
    host.listener?.({ name: 'printk', level: 'warn', text });
    return true;
  }
  return where.has(cpu);
}

/** 8.4 step 2 `irq_restore_affinity_of_irq()` for one interrupt; `cpu` is online again. True when it did something. */
export function restoreOne(host: AffinityHost, desc: IrqDesc, cpu: number): boolean {
  const { profile } = host;
  if (!desc.managed || desc.actions === 0 || !desc.affinity.has(cpu)) return false;
  if (profile.restoreSkipsSuspended && desc.suspended) return false;
  let acted = false;
  if (desc.managedShutdown) {
    acted = true;
    if (!profile.keepsDisableDepth) {
      startup(host, desc, false);
    } else {
      desc.managedShutdown = false;
      if (desc.depth === 1) startup(host, desc, false);
      else desc.depth--;
    }
    if (!profile.restoreContinues) return true;
  }
  if (!wantsHousekeeping(host, desc, cpu)) return acted;
  setAffinityLocked(host, desc, desc.affinity, false);
  return true;
}

/** 8.4 d: isolation is active, the interrupt is on an isolated CPU, and this one is not isolated. */
function wantsHousekeeping(host: AffinityHost, desc: IrqDesc, cpu: number): boolean {
  const { housekeeping } = host;
  if (!host.profile.isolatesManaged || housekeeping === undefined) return false;
  return !desc.effective.isSubsetOf(housekeeping) && housekeeping.has(cpu);
}
