/**
 * The generic interrupt core: activation, startup and shutdown of an interrupt (kernel/irq/chip.c, kernel/irq/manage.c,
 * kernel/irq/irqdomain.c; specification chapter 5). Results are 0 or a negative errno.
 */

import { EBUSY, ENOSPC, flagsMismatch, freeingFreeIrq, HINT_LEFT, unbalancedEnable } from './failures.ts';
import { type AffinityHost, doSetAffinity, setupAffinity } from './irq-affinity.ts';
import { IRQF_SHARED, type IrqAction, type IrqDesc, SHARABLE } from './irq-desc.ts';

/** How a startup goes on after the question whether a managed interrupt has a CPU (`__irq_startup_managed()`). */
export type StartupPath = 'normal' | 'managed' | 'abort';

/** `irq_domain_activate_irq()`: nothing where it is activated already. */
export function activateIrq(host: AffinityHost, desc: IrqDesc, reserve: boolean): number {
  if (desc.activated || desc.data === undefined) return 0;
  const ret = host.vectors.activate(desc, reserve);
  // 4.15 and 4.16 answer +EINVAL in one case, which every caller takes for success.
  if (ret >= 0) desc.activated = true;
  if (ret === -ENOSPC) host.onNoVector?.(desc);
  return ret;
}

/** `irq_domain_deactivate_irq()`. */
export function deactivateIrq(host: AffinityHost, desc: IrqDesc): void {
  if (!desc.activated) return;
  host.vectors.deactivate(desc);
  desc.activated = false;
}

/**
 * 5.3 `request_irq()`. -EBUSY with a message where one of two handlers does not share. -ENOSPC is the matrix's answer where no online CPU has a vector; the handler is not installed
 * then. Shared handlers: only the first activates.
 */
export function requestIrq(
  host: AffinityHost,
  desc: IrqDesc,
  autoEnable = true,
  action: IrqAction = SHARABLE,
): number {
  if (desc.actions > 0 && !mayShare(desc.action, action)) {
    const { irq, action: old } = desc;
    const text = flagsMismatch(irq, action.flags, action.name, old.flags, old.name);
    host.listener?.({ name: 'printk', level: 'err', text });
    return -EBUSY;
  }
  if (desc.actions === 0) {
    // Managed interrupts are activated by their startup (`irq_activate()`).
    const ret = desc.managed ? 0 : activateIrq(host, desc, false);
    if (ret < 0) return ret;
    if (autoEnable) startup(host, desc, false);
    else desc.depth = 1;
  }
  if (desc.actions === 0) desc.action = action;
  desc.actions++;
  return 0;
}

/** Both have to say that they share. */
function mayShare(old: IrqAction, action: IrqAction): boolean {
  return (old.flags & action.flags & IRQF_SHARED) !== 0;
}

/** 5.4 `irq_startup()`. `force`: by `enable_irq()` of a driver, which may not find it shut down. */
export function startup(host: AffinityHost, desc: IrqDesc, force: boolean): void {
  desc.depth = 0;
  if (desc.started) {
    unmask(desc);
    return;
  }
  finishStartup(host, desc, beginStartup(host, desc, force));
}

/** The first part of a startup: may take the vector of a managed interrupt. */
export function beginStartup(host: AffinityHost, desc: IrqDesc, force: boolean): StartupPath {
  if (!desc.managed) return 'normal';
  desc.managedShutdown = false;
  if (!desc.affinity.intersects(host.online)) {
    if (force) host.listener?.({ name: 'WARN', where: '__irq_startup_managed' });
    return 'abort';
  }
  if (activateIrq(host, desc, false) < 0) {
    host.listener?.({ name: 'WARN', where: '__irq_startup_managed' });
    return 'abort';
  }
  return 'managed';
}

/** The second part: the affinity, then the chip. An aborted startup leaves the interrupt shut down and answers 0. */
export function finishStartup(host: AffinityHost, desc: IrqDesc, path: StartupPath): void {
  if (path === 'abort') {
    desc.managedShutdown = true;
    if (host.profile.keepsDisableDepth) desc.depth = 1;
    return;
  }
  if (path === 'managed') {
    doSetAffinity(host, desc, desc.affinity, false);
    startChip(desc);
  } else if (host.profile.affinityBeforeStartup && desc.chip.affinityBeforeStartup) {
    setupAffinity(host, desc);
    startChip(desc);
  } else {
    startChip(desc);
    setupAffinity(host, desc);
  }
}

function startChip(desc: IrqDesc): void {
  desc.started = true;
  unmask(desc);
}

function unmask(desc: IrqDesc): void {
  desc.disabled = false;
  desc.masked = false;
}

/** 5.4 `irq_shutdown()`: masked and stopped; it keeps its vector. */
export function shutdown(host: AffinityHost, desc: IrqDesc): void {
  if (!desc.started) return;
  desc.depth = host.profile.keepsDisableDepth ? desc.depth + 1 : 1;
  desc.disabled = true;
  desc.masked = true;
  desc.started = false;
}

/** 5.4 `irq_shutdown_and_deactivate()`. */
export function shutdownAndDeactivate(host: AffinityHost, desc: IrqDesc): void {
  shutdown(host, desc);
  deactivateIrq(host, desc);
}

/** 5.4 `free_irq()`: one handler; the last one gives the vector back. WARNs where there is none, or a hint is left. */
export function freeIrq(host: AffinityHost, desc: IrqDesc): void {
  if (desc.actions === 0) {
    host.listener?.({ name: 'WARN', where: freeingFreeIrq(desc.irq) });
    return;
  }
  desc.actions--;
  if (desc.actions > 0) return;
  shutdown(host, desc);
  if (desc.hint !== undefined) {
    host.listener?.({ name: 'WARN', where: HINT_LEFT });
    desc.hint = undefined;
  }
  deactivateIrq(host, desc);
}

/** `disable_irq()`: nests. MSI has no disable of its own: it is masked when the next interrupt comes. */
export function disableIrq(desc: IrqDesc): void {
  if (desc.depth === 0) desc.disabled = true;
  desc.depth++;
}

/** `enable_irq()`: the last one starts the interrupt where nothing started it yet. */
export function enableIrq(host: AffinityHost, desc: IrqDesc): void {
  if (desc.depth === 0) {
    host.listener?.({ name: 'WARN', where: unbalancedEnable(desc.irq) });
    return;
  }
  if (desc.depth === 1) startup(host, desc, true);
  else desc.depth--;
}
