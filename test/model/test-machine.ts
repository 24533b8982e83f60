/** A booted machine for tests: devices by their number of messages, requests by message, and what was logged. */
import { ensure } from '../../src/base/assert.ts';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { type BootMachine, bootKernel } from '../../src/model/boot.ts';
import type { KernelEvent } from '../../src/model/events.ts';
import { freeIrq, requestIrq } from '../../src/model/irq-core.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { profileNamed } from '../../src/model/kernel-profile.ts';
import type { IrqVectorsRequest } from '../../src/model/msi/irq-vectors.ts';
import type { PciFunction } from '../../src/model/msi/pci-device.ts';
import { policyNamed } from '../../src/policy/policies.ts';
import { asModelled } from './recorded-events.ts';

/** `4` CPUs without nodes of their own, or `2x4`: nodes and CPUs of each, numbered node by node. */
export type Shape = number | `${number}x${number}`;

export class TestMachine {
  readonly kernel: Kernel;
  /** Everything since the boot, or since `forget()`. */
  events: KernelEvent[] = [];

  /** @param policy who gives out vectors; as that kernel does when not given */
  constructor(profile: string, shape: Shape, options: Partial<BootMachine> = {}, policy: string = 'matrix') {
    const [nodes = 1, cpus = 1] = typeof shape === 'number' ? [1, shape] : shape.split('x').map(Number);
    const machine: BootMachine = {
      profile: ensure(profileNamed(profile), `kernel ${profile}`),
      possible: CpuSet.span(0, nodes * cpus - 1),
      nodes: Array.from({ length: nodes }, (_, n) => CpuSet.span(n * cpus, (n + 1) * cpus - 1)),
      pic: true,
      ia32Gate: true,
      remapping: false,
      ...options,
    };
    this.kernel = bootKernel(ensure(policyNamed(policy), `policy ${policy}`).under(machine));
    this.kernel.listener = (event) => this.events.push(event);
  }

  forget(): void {
    this.events = [];
  }

  /** Log lines and WARNs: `warn: Interrupt reservation exceeds available resources`. */
  get log(): string[] {
    return this.events.filter(({ name }) => name === 'printk' || name === 'WARN').map(asModelled);
  }

  /** Lines of the log at `warn` or above, WARNs included. */
  get warnings(): string[] {
    return this.log.filter((line) => /^(WARN|warn|err|emerg)/.test(line));
  }

  /** Adds a device and answers its address. */
  device(fn: Partial<PciFunction>): string {
    const address = `0000:${([...this.kernel.pci].length + 1).toString(16).padStart(2, '0')}:00.0`;
    this.kernel.pci.add({ address, node: -1, ...fn });
    return address;
  }

  /** A device with that many MSI-X messages, all enabled. */
  msix(messages: number, request: Partial<IrqVectorsRequest> = {}, node = -1): string {
    const address = this.device({ node, msix: { tableSize: messages } });
    const ret = this.kernel.pci.allocIrqVectors(address, {
      min: messages,
      max: messages,
      types: ['msix'],
      ...request,
    });
    if (ret !== messages) throw new Error(`${messages} messages asked for, ${ret} had`);
    return address;
  }

  /** The same with managed interrupts. */
  managed(messages: number, request: Partial<IrqVectorsRequest> = {}): string {
    return this.msix(messages, { spread: true, ...request });
  }

  irq(address: string, n: number): IrqDesc {
    return ensure(this.kernel.desc(this.kernel.pci.irqVector(address, n)), `message ${n} of ${address}`);
  }

  /** Every interrupt of a device, by message. */
  irqs(address: string): IrqDesc[] {
    return this.kernel.pci
      .get(address)
      .irqs()
      .map((irq) => ensure(this.kernel.desc(irq), `interrupt ${irq}`));
  }

  /** `request_irq()`: 0 or a negative errno. */
  request(desc: IrqDesc): number {
    return requestIrq(this.kernel, desc);
  }

  /** Requests all interrupts of a device; how many worked. */
  requestAll(address: string): number {
    return this.irqs(address).filter((desc) => this.request(desc) === 0).length;
  }

  free(desc: IrqDesc): void {
    freeIrq(this.kernel, desc);
  }

  /** Everything of a device is given back: handlers, then messages. */
  remove(address: string): void {
    for (const desc of this.irqs(address)) if (desc.actions > 0) this.free(desc);
    this.kernel.pci.freeIrqVectors(address);
  }

  /** Takes every vector that `cpu` has left with interrupts bound to it; answers the device's address. */
  fill(cpu: number): string {
    const { kernel } = this;
    const before = kernel.defaultAffinity;
    kernel.defaultAffinity = CpuSet.of(cpu);
    const address = this.msix(this.available(cpu));
    this.requestAll(address);
    kernel.defaultAffinity = before;
    return address;
  }

  /** Takes every remapping entry that is left. */
  fillRemapping(): void {
    for (let size = 32_768; size >= 1; size /= 2) {
      while (typeof this.kernel.remapping?.allocate(0, size, undefined) === 'object');
    }
  }

  available(cpu: number): number {
    return this.kernel.matrix.maps.available[cpu] ?? 0;
  }

  allocated(cpu: number): number {
    return this.kernel.matrix.maps.allocated[cpu] ?? 0;
  }

  managedBits(cpu: number): number {
    return this.kernel.matrix.maps.managed[cpu] ?? 0;
  }

  /** Reservations beyond those of the ISA interrupts that nobody requested. */
  get reserved(): number {
    return this.kernel.matrix.globalReserved - IDLE_ISA;
  }
}

/** ISA interrupts of a PC but the timer and the cascade. */
const IDLE_ISA = 14;

/** Where interrupts are: `[1, 33]`, CPU and vector. */
export function placesOf(descs: readonly IrqDesc[]): (readonly [cpu: number, vector: number])[] {
  return descs.map(({ data }) => [data?.cpu ?? -1, data?.vector ?? -1]);
}

export function masksOf(descs: readonly IrqDesc[]): string[] {
  return descs.map((desc) => desc.affinity.toString());
}

export function effectiveOf(descs: readonly IrqDesc[]): string[] {
  return descs.map((desc) => desc.effective.toString());
}
