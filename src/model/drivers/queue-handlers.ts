/** Handlers that a driver installs and takes back together: one per queue, with the hint that goes with it. */
import type { CpuSet } from '../../base/cpu-set.ts';
import type { DriverDevice, RequestFlags } from './driver.ts';

export interface QueueHandler {
  readonly message: number;
  readonly action: string;
  readonly how?: RequestFlags | undefined;
  /** Published after the request; `sets`: the affinity is set with it. */
  readonly hint?: { readonly mask: CpuSet; readonly sets: boolean } | undefined;
}

/**
 * All of them, in their order; where one is refused, none and its errno.
 * @param undo what becomes of those before it, the last one first
 */
export function requestHandlers(
  device: DriverDevice,
  handlers: readonly QueueHandler[],
  undo = (installed: readonly QueueHandler[]): void => freeHandlers(device, installed),
): number {
  for (const [at, { message, action, how, hint }] of handlers.entries()) {
    const ret = device.requestIrq(message, action, how);
    if (ret < 0) {
      undo(handlers.slice(0, at).reverse());
      return ret;
    }
    if (hint !== undefined) publishHint(device, message, hint.mask, hint.sets);
  }
  return 0;
}

/** `free_irq()` wants the hint gone first. */
export function freeHandlers(device: DriverDevice, handlers: readonly QueueHandler[]): void {
  for (const { message, hint } of handlers) {
    if (hint !== undefined) device.setAffinityAndHint(message, undefined);
    device.freeIrq(message);
  }
}

/** What network drivers keep of their interface. */
export interface Interface {
  /** Installed while it is up, in the order in which they are given back. */
  handlers: QueueHandler[];
  running: boolean;
}

/** `ndo_open()` and `ndo_stop()` of drivers that request all when it comes up and give all back when it goes down. */
export function openAndStop<S extends Interface>(open: (device: DriverDevice, state: S) => number) {
  return {
    open(device: DriverDevice, state: S): number {
      const ret = open(device, state);
      state.running = ret === 0;
      return ret;
    },
    stop(device: DriverDevice, state: S): void {
      state.running = false;
      closeInterface(device, state);
    },
  };
}

export function closeInterface(device: DriverDevice, state: Interface): void {
  freeHandlers(device, state.handlers);
  state.handlers = [];
}

/** Before 5.17 there was only `irq_set_affinity_hint()`, which all these drivers called and which sets it, too. */
export function publishHint(device: DriverDevice, message: number, mask: CpuSet, sets: boolean): void {
  if (sets || !device.profile.splitsAffinityHint) device.setAffinityAndHint(message, mask);
  else device.updateAffinityHint(message, mask);
}

/** Intel's: one handler per pair of queues, `eth0-TxRx-3`, its hint published where there is one. */
export function txRxHandlers(
  count: number,
  base: number,
  prefix: string,
  hints: readonly CpuSet[] = [],
): QueueHandler[] {
  return Array.from({ length: count }, (_, n) => {
    const mask = hints[n];
    const hint = mask === undefined ? undefined : { mask, sets: false };
    return { message: base + n, action: `${prefix}-TxRx-${n}`, hint };
  });
}
