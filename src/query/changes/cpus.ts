/** CPUs come up, and devices go: changes that the kernel always carries out. */
import type { VirtioNets } from '../../model/drivers/virtio-net-queues.ts';
import type { Kernel } from '../../model/kernel.ts';
import { type Outcome, printing } from './outcome.ts';

/**
 * Managed interrupts that were shut down for want of such a CPU start again (specification 8.4), and virtio-net deals
 * its queues out anew, whatever mask they have been given since.
 */
export function bringUp(kernel: Kernel, cpus: readonly number[], nets: VirtioNets): Outcome {
  return printing(kernel, () => {
    const waiting = kernel.descs().filter(({ managedShutdown, actions }) => managedShutdown && actions > 0);
    for (const cpu of cpus) {
      if (kernel.online.has(cpu)) continue;
      kernel.cpuUp(cpu);
      for (const { irq, mask } of nets.repins(kernel).flat()) kernel.setAffinityAndHint(irq, mask);
      kernel.tick();
    }
    const onTheirWay = nets
      .repins(kernel)
      .flat()
      .filter(({ irq, mask }) => {
        const desc = kernel.desc(irq);
        return desc?.movePending === true && !mask.has(desc.data?.cpu ?? -1);
      });
    const refused = waiting.flatMap(({ irq, affinity, data }) =>
      data?.vector === 0 && affinity.intersects(kernel.online)
        ? [`IRQ ${irq} finds no vector on CPU ${affinity.and(kernel.online)}`]
        : [],
    );
    return { refused, open: [], stays: [], onTheirWay };
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
