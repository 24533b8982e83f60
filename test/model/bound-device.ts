/** A device under its driver, on a machine that has booted: what the driver did to its interrupts, in words. */
import { ensure } from '../../src/base/assert.ts';
import type { Driver } from '../../src/model/drivers/driver.ts';
import { KernelDevice } from '../../src/model/drivers/kernel-device.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import type { PciFunction } from '../../src/model/msi/pci-device.ts';
import type { TestMachine } from './test-machine.ts';

export interface BoundOptions {
  /** Of the device; eth0 where not given. */
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, number>>;
  /** In place of what the driver's entry takes for granted. */
  readonly fn?: Partial<PciFunction>;
  /** What `setVfs` answers; without it, it works. */
  readonly setVfs?: (count: number) => number;
}

export class BoundDevice {
  readonly machine: TestMachine;
  readonly driver: Driver;
  readonly device: KernelDevice;
  /** Every request and release since the last look: `+ eth0-TxRx-0`, `- eth0`, `! eth0 -28` where it was refused. */
  calls: string[] = [];
  /** Counts that were given to `setVfs`. */
  readonly vfs: number[] = [];
  /** The driver's own; undefined while it is not bound. */
  state: unknown;

  readonly #installed = new Map<number, string>();

  constructor(machine: TestMachine, driver: Driver, options: BoundOptions = {}) {
    this.machine = machine;
    this.driver = driver;
    const parameters = new Map(Object.entries(driver.parameters).map(([name, { default: d }]) => [name, d]));
    for (const [name, value] of Object.entries(options.parameters ?? {})) {
      const { min, max } = ensure(driver.parameters[name], `parameter ${name} of ${driver.name}`);
      if (value < min || value > max) throw new Error(`${name} is ${value}, not ${min} to ${max}`);
      parameters.set(name, value);
    }
    const { msix, msi } = driver.capabilities((name) => ensure(parameters.get(name), name));
    const address = machine.device({
      msix: msix === undefined ? undefined : { tableSize: msix },
      msi,
      ...options.fn,
    });
    const observer = {
      requested: (irq: number, action: string, ret: number) => {
        this.calls.push(ret < 0 ? `! ${action} ${ret}` : `+ ${action}`);
        if (ret >= 0) this.#installed.set(irq, action);
      },
      freed: (irq: number) => {
        this.calls.push(`- ${this.#installed.get(irq) ?? `irq ${irq} without a handler`}`);
        this.#installed.delete(irq);
      },
    };
    const setVfs = (count: number): number => {
      this.vfs.push(count);
      return options.setVfs?.(count) ?? 0;
    };
    const { fn } = machine.kernel.pci.get(address);
    this.device = new KernelDevice(machine.kernel, fn, options.name ?? 'eth0', parameters, observer, setVfs);
  }

  /** 0, or the errno. */
  probe(): number {
    const state = this.driver.probe(this.device);
    if (typeof state === 'number') return state;
    this.state = state;
    return 0;
  }

  open(): number {
    return ensure(this.driver.open, 'open')(this.device, this.state);
  }

  stop(): void {
    ensure(this.driver.stop, 'stop')(this.device, this.state);
  }

  suspend(): void {
    this.driver.suspend?.(this.device, this.state);
  }

  resume(): number {
    return this.driver.resume?.(this.device, this.state) ?? 0;
  }

  remove(): void {
    this.driver.remove(this.device, this.state);
    this.state = undefined;
  }

  configureVfs(count: number): number {
    return ensure(this.driver.configureVfs, 'configureVfs')(this.device, this.state, count);
  }

  /** Messages that are enabled; 0 on the line. */
  get enabled(): number {
    return this.machine.kernel.pci.get(this.device.fn.address).irqs().length;
  }

  /** Of each message that has a handler: `0 eth0:misc`. */
  get handlers(): string[] {
    return this.#messages().flatMap(([message, irq]) => {
      const action = this.#installed.get(irq);
      return action === undefined ? [] : [`${message} ${action}`];
    });
  }

  /** Of each message that has one: `1 0-3`. */
  get hints(): string[] {
    return this.#masks(({ hint }) => hint?.toString());
  }

  /** Of each message with a handler, as smp_affinity shows it. */
  get affinities(): string[] {
    return this.#masks(({ actions, affinity, movePending, pendingMask }) => {
      if (actions === 0) return undefined;
      return (movePending ? pendingMask : affinity).toString();
    });
  }

  #masks(mask: (desc: IrqDesc) => string | undefined): string[] {
    return this.#messages().flatMap(([message, irq]) => {
      const desc = this.machine.kernel.desc(irq);
      const text = desc === undefined ? undefined : mask(desc);
      return text === undefined ? [] : [`${message} ${text}`];
    });
  }

  /** Entries of the table, or what stands for them, with their interrupts; the line is message 0. */
  #messages(): [message: number, irq: number][] {
    const { messages, enabled } = this.machine.kernel.pci.get(this.device.fn.address);
    const { line } = this.device.fn;
    if (enabled === undefined) return line === undefined ? [] : [[0, line]];
    return messages.flatMap(({ index, count, irq }) =>
      irq === undefined
        ? []
        : Array.from({ length: count }, (_, k): [number, number] => [index + k, irq + k]),
    );
  }

  /** What was called since the last look. */
  takeCalls(): string[] {
    const { calls } = this;
    this.calls = [];
    return calls;
  }
}

/** `name(0)`, `name(1)`, ...: `count` of them. */
export function numbered(count: number, name: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => name(n));
}
