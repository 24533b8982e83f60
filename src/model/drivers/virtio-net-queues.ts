import { CpuSet } from '../../base/cpu-set.ts';
import type { Kernel } from '../kernel.ts';
import type { MachineState } from '../machine-state.ts';
import { virtioNetMasks } from './virtio-net-masks.ts';

const QUEUE = /^(virtio\d+)-(input|output)\.(\d+)$/;

/** An interrupt as it is seen from outside. */
export interface SeenIrq {
  readonly irq: number;
  /** Of its first handler: `virtio0-input.0`. */
  readonly action: string;
  /** affinity_hint; undefined where there is none. */
  readonly hint: CpuSet | undefined;
}

/** One affinity that a driver sets; those of one device come in order, devices in any. */
export interface Repin {
  readonly irq: number;
  readonly mask: CpuSet;
}

interface Pair {
  input: number | undefined;
  output: number | undefined;
}

/**
 * The queues of every virtio network device of a machine. The driver publishes each mask that it sets as the
 * affinity hint, so a device counts only while its hints are those of the driver's rule.
 */
export class VirtioNets {
  /** Of every device its driver's rule is known to hold: what it sets is foretold. */
  readonly isComplete: boolean;
  readonly #devices: Pair[][] = [];
  /** Devices whose driver has set masks. */
  readonly #set = new Set<string>();

  /** @param online undefined where it is not known: no device counts */
  constructor(irqs: readonly SeenIrq[], online: CpuSet | undefined) {
    const devices = new Map<string, Pair[]>();
    const hints = new Map<number, CpuSet | undefined>();
    for (const { irq, action, hint } of irqs) {
      const [, device, way, number] = QUEUE.exec(action) ?? [];
      if (device === undefined) continue;
      const pairs = devices.get(device) ?? [];
      devices.set(device, pairs);
      const at = Number(number);
      pairs[at] ??= { input: undefined, output: undefined };
      pairs[at][way as 'input' | 'output'] = irq;
      hints.set(irq, hint);
      if (hint !== undefined) this.#set.add(device);
    }
    if (online !== undefined) {
      for (const pairs of devices.values()) {
        // Pairs beyond those in use have no hint.
        const used = pairs.filter((pair) => hints.get(pair.input ?? -1) !== undefined);
        const masks = virtioNetMasks(online, used.length);
        const byRule = used.every((pair, at) => hints.get(pair.input ?? -1)?.equals(masks[at] ?? online));
        if (used.length > 0 && byRule) this.#devices.push(used);
      }
    }
    this.isComplete = this.#devices.length === devices.size;
  }

  /** Interrupts of the devices whose masks are foretold. */
  get queues(): number[] {
    return this.#devices.flat().flatMap(({ input, output }) => [input ?? [], output ?? []].flat());
  }

  /** The driver of such an interrupt has set no mask yet. */
  isStillToSet(action: string): boolean {
    const device = QUEUE.exec(action)?.[1];
    return device !== undefined && !this.#set.has(device);
  }

  /** What the driver sets now that other CPUs are online, device by device; interrupts that are gone are left out. */
  repins(kernel: Kernel): Repin[][] {
    const all: Repin[][] = [];
    for (const pairs of this.#devices) {
      const repins: Repin[] = [];
      for (const [at, mask] of virtioNetMasks(kernel.online, pairs.length).entries()) {
        for (const irq of [pairs[at]?.input, pairs[at]?.output]) {
          if (irq !== undefined && kernel.desc(irq)?.data !== undefined) repins.push({ irq, mask });
        }
      }
      all.push(repins);
    }
    return all;
  }
}

export function virtioNetsOfState({ irqs, cpus }: MachineState): VirtioNets {
  const seen = irqs
    .filter(({ name }) => name.startsWith('virtio'))
    .map(({ irq, name, hint }) => ({ irq, action: name.split(', ')[0] ?? '', hint }));
  return new VirtioNets(seen, CpuSet.from(cpus.filter(({ online }) => online).map(({ cpu }) => cpu)));
}
