/** A handler for each of a device's first messages, as drivers of storage adapters install them: all or none. */
import type { DriverDevice, RequestFlags } from './driver.ts';

export interface Refusal {
  readonly message: number;
  /** A negative errno. */
  readonly ret: number;
}

/**
 * Message n gets `actions[n]`. Where one is refused, those before it are given back, ascending.
 * @param hinted so many of the first messages have, or may have, an affinity hint
 */
export function requestMessages(
  device: DriverDevice,
  actions: readonly string[],
  how?: RequestFlags,
  hinted = 0,
): Refusal | undefined {
  for (const [message, action] of actions.entries()) {
    const ret = device.requestIrq(message, action, how);
    if (ret >= 0) continue;
    freeMessages(device, message, hinted);
    return { message, ret };
  }
  return undefined;
}

/** `free_irq()` of the first `count` messages, ascending; it wants hints gone. */
export function freeMessages(device: DriverDevice, count: number, hinted = 0): void {
  for (let message = 0; message < count; message++) {
    if (message < hinted) device.setAffinityAndHint(message, undefined);
    device.freeIrq(message);
  }
}

/** `megasas0-msix0`, `megasas0-msix1`, ... */
export function msixActions(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${name}-msix${n}`);
}
