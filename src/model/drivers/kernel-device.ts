/** A device of a {@link Kernel} as its driver sees it. */
import type { CpuSet } from '../../base/cpu-set.ts';
import type { Turns } from '../../base/turns.ts';
import type { LogLevel } from '../events.ts';
import { ENODEV } from '../failures.ts';
import { IRQF_SHARED } from '../irq-desc.ts';
import type { Kernel } from '../kernel.ts';
import type { KernelProfile } from '../kernel-profile.ts';
import type { IrqVectorsRequest } from '../msi/irq-vectors.ts';
import type { PciFunction } from '../msi/pci-device.ts';
import type { DriverDevice, RequestFlags } from './driver.ts';

/** Hears which handler was installed on which interrupt, and which went. */
export interface DeviceObserver {
  requested(irq: number, action: string, ret: number): void;
  freed(irq: number): void;
  /** A call that may have moved an interrupt is over: time for what other CPUs were told. */
  settled?(): void;
}

export class KernelDevice implements DriverDevice {
  readonly name: string;
  readonly fn: PciFunction;
  readonly #kernel: Kernel;
  readonly #parameters: ReadonlyMap<string, number>;
  readonly #observer: DeviceObserver | undefined;
  readonly #setVfs: (count: number) => number;

  /**
   * @param fn is among the kernel's PCI devices already
   * @param setVfs makes and takes away its virtual functions; without it there is no SR-IOV
   */
  constructor(
    kernel: Kernel,
    fn: PciFunction,
    name: string,
    parameters: ReadonlyMap<string, number>,
    observer?: DeviceObserver,
    setVfs: (count: number) => number = () => -ENODEV,
  ) {
    this.#kernel = kernel;
    this.fn = fn;
    this.name = name;
    this.#parameters = parameters;
    this.#observer = observer;
    this.#setVfs = setVfs;
  }

  get profile(): KernelProfile {
    return this.#kernel.profile;
  }

  get possible(): CpuSet {
    return this.#kernel.possible;
  }

  get present(): CpuSet {
    return this.#kernel.topology.present;
  }

  get online(): CpuSet {
    return this.#kernel.online;
  }

  cpusOfNode(node: number): CpuSet {
    return this.#kernel.cpusOfNode(node) ?? this.#kernel.possible;
  }

  get siblings(): readonly CpuSet[] {
    return this.#kernel.topology.siblings;
  }

  parameter(name: string): number {
    const value = this.#parameters.get(name);
    if (value === undefined) throw new Error(`the driver of ${this.name} declares no parameter ${name}`);
    return value;
  }

  enable(): number {
    return this.#kernel.pci.enableDevice(this.fn.address);
  }

  disable(): void {
    this.#kernel.pci.disableDevice(this.fn.address);
  }

  allocIrqVectors(request: IrqVectorsRequest): number {
    return this.#kernel.pci.allocIrqVectors(this.fn.address, request);
  }

  allocIrqVectorsInTurns(request: IrqVectorsRequest): Turns<number> {
    return this.#kernel.pci.allocIrqVectorsInTurns(this.fn.address, request);
  }

  /** Handlers that are left go with the interrupts, without a word. */
  freeIrqVectors(): void {
    const { pci } = this.#kernel;
    const left = pci
      .get(this.fn.address)
      .irqs()
      .flatMap((irq) => Array.from({ length: this.#kernel.desc(irq)?.actions ?? 0 }, () => irq));
    pci.freeIrqVectors(this.fn.address);
    for (const irq of left) this.#observer?.freed(irq);
  }

  allocIrqAt(mask: CpuSet): number {
    return this.#kernel.pci.allocIrqAt(this.fn.address, mask);
  }

  freeIrqAt(message: number): void {
    this.#kernel.pci.freeIrqAt(this.fn.address, message);
  }

  get mode(): 'msix' | 'msi' | 'intx' {
    return this.#kernel.pci.get(this.fn.address).enabled ?? 'intx';
  }

  irqAffinity(message: number): CpuSet | undefined {
    return this.#kernel.pci.irqAffinity(this.fn.address, message);
  }

  requestIrq(message: number, action: string, how: RequestFlags = {}): number {
    const irq = this.#irq(message);
    const flags = how.shared === true ? IRQF_SHARED : 0;
    const ret = this.#kernel.requestIrq(irq, how.noAutoEnable !== true, { flags, name: action });
    this.#observer?.requested(irq, action, ret);
    this.#observer?.settled?.();
    return ret;
  }

  freeIrq(message: number): void {
    const irq = this.#irq(message);
    this.#kernel.freeIrq(irq);
    this.#observer?.freed(irq);
  }

  enableIrq(message: number): void {
    this.#kernel.enableIrq(this.#irq(message));
  }

  disableIrq(message: number): void {
    this.#kernel.disableIrq(this.#irq(message));
  }

  pinIrq(message: number, mask: CpuSet): number {
    const irq = this.#irq(message);
    this.#kernel.setNoBalancing(irq, true);
    const ret = this.#kernel.setAffinity(irq, mask);
    this.#observer?.settled?.();
    return ret;
  }

  unpinIrq(message: number): void {
    this.#kernel.setNoBalancing(this.#irq(message), false);
  }

  setAffinityAndHint(message: number, mask: CpuSet | undefined): void {
    this.#kernel.setAffinityAndHint(this.#irq(message), mask);
    this.#observer?.settled?.();
  }

  updateAffinityHint(message: number, mask: CpuSet | undefined): void {
    this.#kernel.updateAffinityHint(this.#irq(message), mask);
  }

  setVfs(count: number): number {
    return this.#setVfs(count);
  }

  print(level: LogLevel, text: string): void {
    this.#kernel.print(level, text);
  }

  /** `pci_irq_vector()`. */
  #irq(message: number): number {
    return this.#kernel.pci.irqAt(this.fn.address, message);
  }
}
