/** One device of the catalogue on a booted machine: bound, unbound, put to sleep, and what became of its interrupts. */
import { ensure } from '../../src/base/assert.ts';
import type { BootMachine } from '../../src/model/boot.ts';
import type { Driver } from '../../src/model/drivers/driver.ts';
import { KernelDevice } from '../../src/model/drivers/kernel-device.ts';
import type { PciFunction } from '../../src/model/msi/pci-device.ts';
import { type Shape, TestMachine } from './test-machine.ts';

export interface Bench {
  readonly kernel?: string;
  readonly shape?: Shape;
  readonly machine?: Partial<BootMachine>;
  /** Beside the defaults of the driver. */
  readonly parameters?: Readonly<Record<string, number>>;
  /** Beside the capabilities that the driver gives its devices. */
  readonly fn?: Partial<PciFunction>;
  readonly name?: string;
}

export class DriverBench {
  readonly machine: TestMachine;
  readonly device: KernelDevice;
  readonly #driver: Driver;
  readonly #address: string;
  readonly #actions = new Map<number, string[]>();
  #state: unknown;

  constructor(driver: Driver, bench: Bench = {}) {
    this.#driver = driver;
    this.machine = new TestMachine(bench.kernel ?? '6.1', bench.shape ?? 4, bench.machine);
    const parameters = new Map(
      Object.entries(driver.parameters).map(([name, declared]) => [
        name,
        bench.parameters?.[name] ?? declared.default,
      ]),
    );
    const { msix, msi } = driver.capabilities((name) => ensure(parameters.get(name), name));
    this.#address = this.machine.device({
      msix: msix === undefined ? undefined : { tableSize: msix },
      msi,
      ...bench.fn,
    });
    const { fn } = this.machine.kernel.pci.get(this.#address);
    this.device = new KernelDevice(this.machine.kernel, fn, bench.name ?? `${driver.instance}0`, parameters, {
      requested: (irq, action, ret) => {
        if (ret >= 0) this.#actions.set(irq, [...(this.#actions.get(irq) ?? []), action]);
      },
      freed: (irq) => this.#actions.delete(irq),
    });
  }

  /** 0 or a negative errno. */
  probe(): number {
    const ret = this.#driver.probe(this.device);
    if (typeof ret === 'number') return ret;
    this.#state = ret;
    return 0;
  }

  open(): number {
    return this.#driver.open?.(this.device, this.#state) ?? 0;
  }

  stop(): void {
    this.#driver.stop?.(this.device, this.#state);
  }

  suspend(): void {
    this.#driver.suspend?.(this.device, this.#state);
  }

  resume(): number {
    return this.#driver.resume?.(this.device, this.#state) ?? 0;
  }

  remove(): void {
    this.#driver.remove(this.device, this.#state);
  }

  /** How many interrupts are allocated; the line is none of them. */
  get vectors(): number {
    return this.machine.kernel.pci.get(this.#address).irqs().length;
  }

  /** The handlers, by interrupt number. */
  get actions(): string[] {
    return [...this.#actions].sort(([a], [b]) => a - b).flatMap(([, actions]) => actions);
  }

  /** Messages in words: `megasas0-msix1: managed 0-1`, ` hint 0-3` where there is one, ` off` where disabled. */
  get messages(): string[] {
    return this.machine.irqs(this.#address).map(({ irq, managed, affinity, hint, disabled, actions }) => {
      const name = this.#actions.get(irq)?.join('+') ?? '-';
      const notes = [
        ...(hint === undefined ? [] : [`hint ${hint}`]),
        ...(actions > 0 && disabled ? ['off'] : []),
      ];
      return [`${name}: ${managed ? 'managed' : 'plain'} ${affinity}`, ...notes].join(' ');
    });
  }
}
