/** The PCI devices of a machine and what drivers ask of their interrupts, each call by the device's address. */
import type { CpuSet } from '../../base/cpu-set.ts';
import { allAtOnce, type Turns } from '../../base/turns.ts';
import { type MappedLine, mapLine, unmapLine } from '../io-apic.ts';
import {
  allocIrqAt,
  allocIrqVectors,
  disable,
  freeIrqAt,
  type IrqVectorsRequest,
  irqAffinity,
  irqAt,
  irqVector,
} from './irq-vectors.ts';
import type { FaultHook, MsiHost } from './msi-host.ts';
import { enableMsiRange, enableMsixRange, type MsiRange, type MsixRange } from './msi-ranges.ts';
import { PciDevice, type PciFunction } from './pci-device.ts';

const NO_FAULT: FaultHook = () => 0;

export class PciDevices {
  readonly #host: MsiHost;
  readonly #devices = new Map<string, PciDevice>();
  /** Lines that were set up for these devices, by interrupt number. */
  readonly #lines = new Map<number, MappedLine>();
  /** For tests: makes a step of an enable fail. A copy of the machine starts without. */
  fault: FaultHook = NO_FAULT;

  constructor(host: MsiHost) {
    this.#host = host;
  }

  add(fn: PciFunction): void {
    if (this.#devices.has(fn.address)) throw new Error(`device ${fn.address} exists already`);
    this.#devices.set(fn.address, new PciDevice(fn));
  }

  /** The device is gone, as a virtual function is; its driver let go of it before. */
  remove(address: string): void {
    const device = this.get(address);
    if (device.enabled !== undefined) throw new Error(`device ${address} still has interrupts`);
    this.disableDevice(address);
    this.#devices.delete(address);
  }

  /** Live, to be read only. */
  get(address: string): PciDevice {
    const device = this.#devices.get(address);
    if (device === undefined) throw new Error(`there is no device ${address}`);
    return device;
  }

  [Symbol.iterator](): IterableIterator<PciDevice> {
    return this.#devices.values();
  }

  /** `pci_enable_device()`, which sets up its line: 0, or -ENOMEM where that failed. */
  enableDevice(address: string): number {
    const device = this.get(address);
    const { line, node } = device.fn;
    if (line === undefined || device.holdsLine) return 0;
    const known = this.#lines.get(line);
    // An interrupt that none of these devices set up, such as an ISA one, is not theirs to take down.
    if (known === undefined && this.#host.desc(line) === undefined) {
      const mapped = mapLine(this.#host, line, node);
      if (typeof mapped === 'number') return mapped;
      this.#lines.set(line, mapped);
    }
    device.holdsLine = true;
    return 0;
  }

  /**
   * `pci_disable_device()`, which takes the line down with the last device on it (`pcibios_disable_device()`). Not where
   * MSI is still enabled.
   */
  disableDevice(address: string): void {
    const device = this.get(address);
    const { line } = device.fn;
    if (line === undefined || !device.holdsLine || device.enabled !== undefined) return;
    device.holdsLine = false;
    const mapped = this.#lines.get(line);
    if (mapped === undefined || [...this].some(({ fn, holdsLine }) => holdsLine && fn.line === line)) return;
    this.#lines.delete(line);
    unmapLine(this.#host, line, mapped);
  }

  /** `pci_enable_msix_range()`: how many messages, or a negative errno. */
  enableMsixRange(address: string, range: MsixRange): number {
    return allAtOnce(enableMsixRange(this.#host, this.get(address), range, this.fault));
  }

  /** `__pci_enable_msi_range()`, with 1..1 `pci_enable_msi()`: how many messages, or a negative errno. */
  enableMsiRange(address: string, range: MsiRange): number {
    return allAtOnce(enableMsiRange(this.#host, this.get(address), range, this.fault));
  }

  /** `pci_alloc_irq_vectors_affinity()`: how many interrupts, or a negative errno. */
  allocIrqVectors(address: string, request: IrqVectorsRequest): number {
    return allAtOnce(this.allocIrqVectorsInTurns(address, request));
  }

  /** The same, stopping before each message. */
  allocIrqVectorsInTurns(address: string, request: IrqVectorsRequest): Turns<number> {
    return allocIrqVectors(this.#host, this.get(address), request, this.fault);
  }

  /** `pci_irq_vector()`: -EINVAL beyond the last one. */
  irqVector(address: string, n: number): number {
    return irqVector(this.get(address), n);
  }

  /** `pci_msix_alloc_irq_at()`, MSI_ANY_INDEX: the entry of the table, or a negative errno. */
  allocIrqAt(address: string, mask?: CpuSet): number {
    return allocIrqAt(this.#host, this.get(address), mask, this.fault);
  }

  /** `pci_msix_free_irq()`. */
  freeIrqAt(address: string, index: number): void {
    freeIrqAt(this.#host, this.get(address), index);
  }

  /** The interrupt of an entry of the table; -EINVAL where it has no message. */
  irqAt(address: string, index: number): number {
    return irqAt(this.get(address), index);
  }

  /** `pci_irq_get_affinity()`. */
  irqAffinity(address: string, n: number): CpuSet | undefined {
    return irqAffinity(this.get(address), n);
  }

  disableMsi(address: string): void {
    disable(this.#host, this.get(address), 'msi');
  }

  disableMsix(address: string): void {
    disable(this.#host, this.get(address), 'msix');
  }

  /** `pci_free_irq_vectors()`. */
  freeIrqVectors(address: string): void {
    this.disableMsix(address);
    this.disableMsi(address);
  }

  /** Power state D0, or another in which MSI cannot be enabled. */
  setPowered(address: string, powered: boolean): void {
    this.get(address).powered = powered;
  }

  /** Takes over another machine's devices, for a copy of it. */
  adopt(other: PciDevices): void {
    for (const [address, device] of other.#devices) this.#devices.set(address, device.clone());
    for (const [irq, mapped] of other.#lines) this.#lines.set(irq, mapped);
  }
}
