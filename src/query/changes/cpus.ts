/** CPUs come up, and devices go: changes that the kernel always carries out. */
import type { Kernel } from '../../model/kernel.ts';
import { type Outcome, printing } from './outcome.ts';

/** Managed interrupts that were shut down for want of such a CPU start again (specification 8.4). */
export function bringUp(kernel: Kernel, cpus: readonly number[]): Outcome {
  return printing(kernel, () => {
    const waiting = kernel.descs().filter(({ managedShutdown, actions }) => managedShutdown && actions > 0);
    for (const cpu of cpus) if (!kernel.online.has(cpu)) kernel.cpuUp(cpu);
    const refused = waiting.flatMap(({ irq, affinity, data }) =>
      data?.vector === 0 && affinity.intersects(kernel.online)
        ? [`IRQ ${irq} finds no vector on CPU ${affinity.and(kernel.online)}`]
        : [],
    );
    return { refused, open: [], stays: [] };
  });
}

/** The driver lets go: handlers, then interrupts. */
export function takeAway(kernel: Kernel, irqs: readonly number[]): Outcome {
  return printing(kernel, () => {
    for (const irq of irqs) {
      for (let left = kernel.desc(irq)?.actions ?? 0; left > 0; left--) kernel.freeIrq(irq);
      kernel.removeIrq(irq);
    }
    return { refused: [], open: [], stays: [] };
  });
}
