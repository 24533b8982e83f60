/**
 * The catalogue's drivers in recorded machines: a capture is followed up to where a driver acts, the driver acts in its
 * place, and both tell what they did. What other tasks do in between is followed again.
 */
import { ensure } from '../../src/base/assert.ts';
import type { CpuSet } from '../../src/base/cpu-set.ts';
import { CATALOGUE } from '../../src/model/drivers/catalogue.ts';
import type { Driver } from '../../src/model/drivers/driver.ts';
import { KernelDevice } from '../../src/model/drivers/kernel-device.ts';
import type { KernelListener } from '../../src/model/events.ts';
import { Kernel, type KernelMachine } from '../../src/model/kernel.ts';
import type { PciFunction } from '../../src/model/msi/pci-device.ts';
import { asModelled, asRecorded, follow, type RecordedEvent } from './recorded-events.ts';

/** A device as the machine's description has it; what is not said is the catalogue's. */
export interface DeviceUnderTest {
  readonly driver: string;
  /** Its name where not given. */
  readonly address?: string;
  readonly parameters?: Readonly<Record<string, number>>;
  /** Entries of the MSI-X table. */
  readonly msix?: number;
  readonly line?: number;
  readonly node?: number;
}

/**
 * The first event of an act: an interrupt is set up, started, stopped or taken down; the first one after the step
 * before, or so many later.
 */
export type Begin = readonly [what: keyof typeof BEGINNINGS, irq: number, later?: number];

const BEGINNINGS = {
  'set up': 'vector_setup',
  start: 'vector_activate',
  stop: 'vector_deactivate',
  'take down': 'vector_teardown',
} as const;

export interface Act {
  readonly device: string;
  readonly does: 'probe' | 'open' | 'stop' | 'suspend' | 'resume' | 'remove' | `vfs ${number}`;
  readonly begins: Begin;
  /** What `default_smp_affinity` was set to, where it is not every CPU. */
  readonly defaultAffinity?: CpuSet;
}

/** Something that is not a driver's act, where the one before it ends in the same task. */
export interface Other {
  readonly begins: Begin;
}

export interface Story {
  /** The trace. */
  readonly path: string;
  readonly machine: KernelMachine;
  readonly devices: Readonly<Record<string, DeviceUnderTest>>;
  readonly steps: readonly (Act | Other)[];
}

interface BoundDevice {
  readonly driver: Driver;
  readonly device: KernelDevice;
  readonly fn: PciFunction;
  state: unknown;
}

export interface ActedOut {
  /** What the drivers did and what was recorded, both with a heading for each act. */
  readonly acted: readonly string[];
  readonly recorded: readonly string[];
  /** The handlers that the drivers have in the end, by interrupt. */
  readonly handlers: ReadonlyMap<number, readonly string[]>;
}

export function actOut(story: Story, events: readonly RecordedEvent[]): ActedOut {
  const handlers = new Map<number, string[]>();
  const kernel = new Kernel(story.machine);
  const begins = beginsOf(story, events);
  const devices = new Map<string, BoundDevice>();
  const acted: string[] = [];
  const recorded: string[] = [];
  let at = 0;
  for (const [n, step] of story.steps.entries()) {
    const from = begins[n] ?? 0;
    if (!('does' in step)) continue;
    try {
      follow(kernel, events.slice(at, from));
    } catch (error) {
      // The model has parted from the record: what was compared so far tells where.
      return { acted: [...acted, String(error)], recorded, handlers };
    }
    const own = ownEvents(events, from, begins[n + 1] ?? events.length);
    const heading = `# ${step.does} ${step.device}`;
    recorded.push(heading, ...own.map(({ event }) => asRecorded(event)));
    acted.push(heading);
    at = (own.at(-1)?.at ?? from) + 1;
    const others = own.map(({ at: last }, k) => events.slice(last + 1, own[k + 1]?.at ?? last));
    let done = 0;
    const listener: KernelListener = (event) => {
      if (event.name === 'printk') return;
      acted.push(asModelled(event));
      // What other tasks and interrupts did before the next one: an old vector is given back, another driver probes.
      kernel.listener = undefined;
      follow(kernel, others[done++] ?? []);
      kernel.listener = listener;
    };
    kernel.defaultAffinity = step.defaultAffinity ?? story.machine.possible;
    kernel.listener = listener;
    perform({ kernel, story, devices, handlers }, step);
    kernel.listener = undefined;
  }
  return { acted, recorded, handlers };
}

/** Of the task that acts, not of interrupts that it was interrupted by. */
function ownEvents(
  events: readonly RecordedEvent[],
  from: number,
  to: number,
): { readonly at: number; readonly event: RecordedEvent }[] {
  const thread = events[from]?.thread;
  return events
    .slice(from, to)
    .map((event, n) => ({ at: from + n, event }))
    .filter(({ event }) => event.thread === thread);
}

/** Each at or after the one before. */
function beginsOf({ steps, path }: Story, events: readonly RecordedEvent[]): number[] {
  let at = 0;
  return steps.map(({ begins: [what, irq, later = 0] }) => {
    const found = events.flatMap(({ record, fields }, n) =>
      n >= at && record.event === BEGINNINGS[what] && fields.get('irq') === irq && fields.get('reserve') !== 1
        ? [n]
        : [],
    )[later];
    if (found === undefined) throw new Error(`${path}: no ${BEGINNINGS[what]} of interrupt ${irq}`);
    // An ordinary interrupt's set-up is the fourth event about it: reserved, reserved, configured, set up.
    const from = what === 'set up' ? found - 3 : found;
    at = from + 1;
    return from;
  });
}

interface Stage {
  readonly kernel: Kernel;
  readonly story: Story;
  readonly devices: Map<string, BoundDevice>;
  readonly handlers: Map<number, string[]>;
}

function perform(stage: Stage, { does, device: name }: Act): void {
  const { story, devices } = stage;
  if (does === 'probe') {
    bind(stage, name, ensure(story.devices[name], name));
    return;
  }
  const { driver, device, state } = ensure(devices.get(name), name);
  if (does === 'remove') unbind(stage, name);
  else if (does === 'open' || does === 'stop' || does === 'suspend' || does === 'resume') {
    driver[does]?.(device, state);
  } else {
    driver.configureVfs?.(device, state, Number(does.slice(4)));
  }
}

function unbind({ kernel, devices }: Stage, name: string): void {
  const { driver, device, state, fn } = ensure(devices.get(name), name);
  driver.remove(device, state);
  kernel.pci.remove(fn.address);
  devices.delete(name);
}

function bind(stage: Stage, name: string, described: DeviceUnderTest): void {
  const { kernel, handlers } = stage;
  const driver = ensure(CATALOGUE.get(described.driver), described.driver);
  const parameters = new Map(Object.entries(driver.parameters).map(([key, { default: d }]) => [key, d]));
  for (const [key, value] of Object.entries(described.parameters ?? {})) parameters.set(key, value);
  const usual = driver.capabilities((key) => ensure(parameters.get(key), key));
  const tableSize = described.msix ?? usual.msix;
  const fn: PciFunction = {
    address: described.address ?? name,
    node: described.node ?? -1,
    line: described.line,
    msix: tableSize === undefined ? undefined : { tableSize },
    msi: usual.msi,
  };
  kernel.pci.add(fn);
  const observer = {
    requested: (irq: number, action: string, ret: number) => {
      if (ret >= 0) handlers.set(irq, [...(handlers.get(irq) ?? []), action]);
    },
    // Whose it was is not told: drivers that share an interrupt are not unbound in these stories.
    freed: (irq: number) => handlers.set(irq, (handlers.get(irq) ?? []).slice(0, -1)),
  };
  const virtual: string[] = [];
  const device = new KernelDevice(kernel, fn, name, parameters, observer, (count) => {
    for (const vf of virtual.splice(0)) unbind(stage, vf);
    for (let n = 0; n < count; n++) {
      // The physical function is eth0 wherever there are virtual ones.
      const vf = `eth${n + 1}`;
      bind(stage, vf, { driver: ensure(driver.vf, driver.name).driver });
      virtual.push(vf);
    }
    return 0;
  });
  const state = driver.probe(device);
  if (typeof state === 'number') throw new Error(`${name} does not bind: ${state}`);
  stage.devices.set(name, { driver, device, fn, state });
}
