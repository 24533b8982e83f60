import { VirtioNets } from '../model/drivers/virtio-net-queues.ts';
import type { Observation } from '../observe/observation.ts';

/** The network devices of virtio that a snapshot shows; none before the first one. */
export function virtioNetsOf(observation: Observation | undefined): VirtioNets {
  const irqs = observation?.irqs.map(({ irq, actions, hint }) => ({ irq, action: actions?.[0] ?? '', hint }));
  return new VirtioNets(irqs ?? [], observation?.cpus.online);
}
