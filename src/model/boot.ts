/**
 * A kernel that has just booted: system vectors taken, the ISA interrupts handed to the IO-APIC, CPUs up
 * (specification 3.5, 3.6, 4.7; `lapic_assign_system_vectors()`, arch/x86/kernel/apic/vector.c).
 */
import { CpuSet } from '../base/cpu-set.ts';
import { ioApicChip } from './io-apic.ts';
import { activateIrq } from './irq-core.ts';
import { type IrqChip, IrqDesc } from './irq-desc.ts';
import { Kernel, type KernelMachine } from './kernel.ts';
import type { KernelProfile } from './kernel-profile.ts';
import {
  CASCADE_IRQ,
  CASCADE_VECTOR,
  FIRST_EXTERNAL_VECTOR,
  FIRST_LEGACY_VECTOR,
  IA32_SYSCALL_VECTOR,
  LEGACY_IRQS,
} from './system-vectors.ts';

/** The timer: the only ISA interrupt that is active before the IO-APIC takes over. */
export const TIMER_IRQ = 0;

export interface BootMachine extends KernelMachine {
  /** Up after boot, CPU 0 among them; every possible one when not given. */
  readonly online?: CpuSet;
  /** A PIC was found: 16 ISA interrupts, and vector 50 is taken. */
  readonly pic: boolean;
  /** Vector 0x80 is the 32-bit system call. */
  readonly ia32Gate: boolean;
  readonly remapping: boolean;
  /**
   * Units of VT-d with a fault interrupt (`dmar_set_interrupt()`); none when not given. Where {@link
   * KernelProfile.faultInterruptsByNode} holds they are for {@link setUpFaultInterrupts}, later.
   */
  readonly faultInterrupts?: number | undefined;
}

/** System vectors in the order in which the kernel takes them; which lie above the window depends on its build. */
export function systemVectorsOf(profile: KernelProfile, ia32Gate: boolean): number[] {
  const vectors: number[] = [];
  for (let vector = 0; vector < FIRST_EXTERNAL_VECTOR; vector++) vectors.push(vector);
  if (profile.cleanupByVector) vectors.push(FIRST_EXTERNAL_VECTOR);
  if (ia32Gate) vectors.push(IA32_SYSCALL_VECTOR);
  for (let vector = profile.firstSystemVector; vector < 256; vector++) vectors.push(vector);
  return vectors;
}

/** The chip of interrupts that the PIC still handles, as the cascade: no setter. */
export const PIC_CHIP: IrqChip = {
  name: 'XT-PIC',
  settable: false,
  remapped: false,
  affinityBeforeStartup: false,
};

/** The ISA interrupts in the order of their IO-APIC pins: the timer sits on pin 2, where the cascade has no pin. */
const LEGACY_BY_PIN: readonly number[] = [
  1,
  TIMER_IRQ,
  ...Array.from({ length: LEGACY_IRQS - 3 }, (_, k) => k + 3),
];

/** Made before the kernel knows of nodes: all of them belong to the first one. */
const LEGACY_NODE = 0;

/** Boots a machine up to where drivers probe: an IO-APIC is assumed, all ISA interrupts but the timer reserved. */
export function bootKernel(machine: BootMachine): Kernel {
  const kernel = new Kernel(machine);
  const boot = machine.online?.first ?? machine.possible.first ?? 0;
  for (const vector of systemVectorsOf(machine.profile, machine.ia32Gate)) {
    kernel.matrix.assignSystem(boot, vector, false);
  }
  if (machine.pic && kernel.profile.cascadeIsSystemVector) {
    kernel.matrix.assignSystem(boot, CASCADE_VECTOR, false);
  }
  kernel.cpuStarting(boot);
  if (machine.pic) holdLegacyVectors(kernel, boot);
  if (!machine.profile.faultInterruptsByNode) setUpFaultInterrupts(kernel, machine.faultInterrupts ?? 0);
  if (machine.pic) takeOverLegacy(kernel, machine.remapping);
  for (const cpu of machine.online ?? machine.possible) if (cpu !== boot) kernel.cpuUp(cpu);
  return kernel;
}

/** `lapic_assign_legacy_vector()`: the PIC may deliver these until the IO-APIC takes them over. */
function holdLegacyVectors(kernel: Kernel, boot: number): void {
  for (let irq = 0; irq < LEGACY_IRQS; irq++) {
    if (irq === CASCADE_IRQ && kernel.profile.cascadeIsSystemVector) continue;
    kernel.matrix.assign(boot, FIRST_LEGACY_VECTOR + irq);
  }
}

/** A message of the remapping unit itself: it is not remapped. */
const FAULT_CHIP: IrqChip = {
  name: 'DMAR-MSI',
  settable: true,
  remapped: false,
  affinityBeforeStartup: false,
};

/**
 * `irq_remap_enable_fault_handling()` while only the boot CPU runs, or `init_dmars()` after ACPI has its interrupt.
 * @param units each without a node: firmware that names the node of each (RHSA) is not carried here
 * @returns their handlers
 */
export function setUpFaultInterrupts(kernel: Kernel, units: number): Handler[] {
  return Array.from({ length: units }, (_, unit) => requestFaultInterrupt(kernel, unit));
}

/** `dmar0`, `dmar1`, ...: handlers of a unit's faults. */
function requestFaultInterrupt(kernel: Kernel, unit: number): Handler {
  const irq = kernel.numbers.findFree(1);
  kernel.addIrq(new IrqDesc(irq, FAULT_CHIP, -1, kernel.defaultAffinity, false, false), {
    kind: 'by-policy',
  });
  kernel.requestIrq(irq, true, { flags: 0, name: faultAction(unit) });
  return { irq, action: faultAction(unit) };
}

export interface Handler {
  readonly irq: number;
  readonly action: string;
}

/** What has a handler when drivers begin to probe. */
export function handlersOfBoot(kernel: Kernel): Handler[] {
  const timer = kernel.descs().filter(({ irq, actions }) => irq === TIMER_IRQ && actions > 0);
  const faults = kernel.descs().filter(({ chip }) => chip === FAULT_CHIP);
  return [
    ...timer.map(({ irq }) => ({ irq, action: 'timer' })),
    ...faults.map(({ irq }, unit) => ({ irq, action: faultAction(unit) })),
  ];
}

function faultAction(unit: number): string {
  return `dmar${unit}`;
}

function takeOverLegacy(kernel: Kernel, remapping: boolean): void {
  const chip = ioApicChip(remapping);
  for (const irq of LEGACY_BY_PIN) {
    const desc = new IrqDesc(irq, chip, LEGACY_NODE, kernel.defaultAffinity, false, false);
    kernel.addIrq(desc, { kind: 'legacy', activated: irq === TIMER_IRQ });
    if (irq === TIMER_IRQ) startTimer(kernel, desc);
    kernel.remapping?.allocate(0, 1, kernel.listener);
  }
  kernel.addIrq(new IrqDesc(CASCADE_IRQ, PIC_CHIP, LEGACY_NODE, kernel.defaultAffinity, false, false));
}

/** The timer is requested long before, and user space may not move it (IRQF_NOBALANCING). */
function startTimer(kernel: Kernel, desc: IrqDesc): void {
  activateIrq(kernel, desc, false);
  desc.actions = 1;
  desc.depth = 0;
  desc.started = true;
  desc.disabled = false;
  desc.masked = false;
  desc.noBalancing = true;
  desc.affinity = CpuSet.from(kernel.defaultAffinity);
}
