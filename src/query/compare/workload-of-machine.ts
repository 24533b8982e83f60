/**
 * A machine that is there, as a workload: its CPUs and nodes, and its PCI devices with the drivers of the catalogue. What the
 * machine did since it booted is not in it: devices are probed, links brought up, then it is to hibernate.
 */
import { CpuSet } from '../../base/cpu-set.ts';
import { CATALOGUE } from '../../model/drivers/catalogue.ts';
import type { MachineState } from '../../model/machine-state.ts';
import { LEGACY_IRQS } from '../../model/system-vectors.ts';
import type { Observation, ObservedDevice, ObservedIrq } from '../../observe/observation.ts';
import { RequestError } from '../request-error.ts';

export interface MachineWorkload {
  /** A scenario, as its file would have it. */
  readonly scenario: object;
  /** Devices with messages that are not in it, and why. */
  readonly leftOut: readonly {
    readonly device: string;
    readonly driver: string;
    readonly messages: number;
  }[];
}

/** Messages of a device, and what their actions are called. */
interface Messages {
  readonly count: number;
  readonly actions: readonly string[];
  readonly kind: 'msi' | 'msix' | undefined;
}

/** @throws RequestError where the machine's CPUs cannot be told */
export function workloadOfMachine(seen: Observation, state: MachineState): MachineWorkload {
  const possible = seen.cpus.possible ?? CpuSet.from(state.cpus.map(({ cpu }) => cpu));
  const online = CpuSet.from(state.cpus.flatMap((cpu) => (cpu.online ? [cpu.cpu] : [])));
  const last = possible.last;
  if (last === undefined) throw new RequestError('no CPUs could be read: there is nothing to compare');
  const messages = messagesOf(seen.irqs);
  const devices: object[] = [];
  const leftOut: MachineWorkload['leftOut'][number][] = [];
  const nodes = nodesOf(seen, last);
  for (const device of seen.devices) {
    const own = messages.get(device.bdf);
    if (own === undefined) continue;
    const driver = driverOf(device, own);
    const described = describe(device, driver, own, nodes?.length ?? 1);
    if (described !== undefined) devices.push(described);
    else leftOut.push({ device: device.bdf, driver: driver ?? 'none', messages: own.count });
  }
  // The timer has its vector from boot on, and the cascade has none.
  const isa = seen.irqs.filter(({ irq, actions = [] }) => irq > 0 && irq < LEGACY_IRQS && actions.length > 0);
  const request = isa.map(({ irq, actions }) => ({ do: 'request', irq, name: actions?.[0]?.slice(0, 64) }));
  const scenario = {
    kind: 'scenario',
    version: 1,
    name: `${seen.source}: probed, up, and to hibernate`.slice(-200),
    machine: {
      kernel: state.kernel.profile.name,
      cpus: last + 1,
      ...(online.size === last + 1 || !online.has(0) ? {} : { online: online.toString() }),
      ...(nodes === undefined ? {} : { nodes }),
      remapping: seen.irqs.some(({ chip }) => chip?.startsWith('IR-') === true),
    },
    devices,
    steps: [...request, { do: 'probe' }, { do: 'link-up' }, { do: 'hibernate' }],
  };
  return { scenario, leftOut };
}

function messagesOf(irqs: readonly ObservedIrq[]): ReadonlyMap<string, Messages> {
  const found = new Map<string, { count: number; actions: string[]; kind: Messages['kind'] }>();
  for (const { device, actions = [], msi, chip } of irqs) {
    const isMessage = msi !== undefined || chip?.includes('PCI-MSI') === true;
    if (device === undefined || !isMessage) continue;
    const one = found.get(device) ?? { count: 0, actions: [], kind: msi };
    one.count++;
    one.actions.push(...actions);
    found.set(device, one);
  }
  return found;
}

/** What virtio-pci hides is in the names of its interrupts. */
const VIRTIO: readonly (readonly [RegExp, string])[] = [
  [/^virtio\d+-(input|output)\.\d+$/, 'virtio_net'],
  [/^virtio\d+-req\.\d+$/, 'virtio_blk'],
  [/^virtio\d+-request$/, 'virtio_scsi'],
];

function driverOf({ driver }: ObservedDevice, { actions }: Messages): string | undefined {
  if (driver !== 'virtio-pci') return driver;
  return VIRTIO.find(([pattern]) => actions.some((action) => pattern.test(action)))?.[1] ?? driver;
}

/** Messages beside those of the queues, and the parameter that has the number of queues; others go by their table. */
const QUEUES: Readonly<Record<string, { readonly name: string; readonly of: (messages: number) => number }>> =
  {
    nvme: { name: 'queues', of: (messages) => messages - 1 },
    virtio_blk: { name: 'queues', of: (messages) => messages - 1 },
    virtio_scsi: { name: 'queues', of: (messages) => messages - 3 },
    virtio_net: { name: 'queue_pairs', of: (messages) => Math.floor((messages - 1) / 2) },
    xhci_hcd: { name: 'interrupters', of: (messages) => messages },
  };

/** Undefined where the catalogue has no such driver. */
function describe(
  { bdf, numaNode = -1 }: ObservedDevice,
  driver: string | undefined,
  { count, kind }: Messages,
  nodes: number,
): object | undefined {
  const known = driver === undefined ? undefined : CATALOGUE.get(driver);
  if (known === undefined) return undefined;
  const queues = QUEUES[known.name];
  const tuned = queues === undefined ? {} : { parameters: { [queues.name]: Math.max(1, queues.of(count)) } };
  return {
    driver: known.name,
    address: bdf,
    node: numaNode < nodes ? numaNode : -1,
    // Its table may be larger; what it has now is what it could have had.
    ...(kind === 'msi' ? { msix: 0 } : { msix: count }),
    ...tuned,
  };
}

/** Undefined where they do not hold every CPU once. */
function nodesOf({ nodes }: Observation, last: number): string[] | undefined {
  const lists: string[] = [];
  let all = new CpuSet();
  for (const { node, cpus } of nodes) {
    if (node !== lists.length || cpus.isEmpty || cpus.intersects(all)) return undefined;
    lists.push(cpus.toString());
    all = all.or(cpus);
  }
  return all.equals(CpuSet.span(0, last)) && lists.length > 0 ? lists : undefined;
}
