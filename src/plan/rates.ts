import { countedBetween } from '../base/counter.ts';
import type { IrqState, MachineState } from '../model/machine-state.ts';
import type { Rates } from './goal.ts';

/**
 * What was delivered between two readings of one machine; an interrupt whose name changed is another one. Undefined
 * where no interrupt is in both.
 */
export function ratesBetween(
  earlier: MachineState,
  later: MachineState,
  seconds: number | undefined,
): Rates | undefined {
  const before = new Map(earlier.irqs.map((irq) => [irq.irq, irq]));
  const deliveries = new Map<number, number>();
  for (const irq of later.irqs) {
    const then = before.get(irq.irq);
    if (then === undefined || then.name !== irq.name) continue;
    const delivered = deliveredBetween(then, irq);
    if (delivered !== undefined) deliveries.set(irq.irq, delivered);
  }
  return deliveries.size === 0 ? undefined : { deliveries, seconds };
}

function deliveredBetween(then: IrqState, now: IrqState): number | undefined {
  if (then.counts === undefined || now.counts === undefined) return undefined;
  let sum = 0;
  for (const [cpu, count] of now.counts) {
    // A CPU without a column then was offline: it has counted nothing that is not there now.
    const old = then.counts.get(cpu) ?? count;
    sum += countedBetween(old, count);
  }
  return sum;
}
