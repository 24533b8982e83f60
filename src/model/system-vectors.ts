/**
 * Which vectors are taken before any device asks, and so how many a CPU can give: derived, never a constant.
 * Source: specification 3.5, 12.4 and 16 (arch/x86/include/asm/irq_vectors.h, arch/x86/kernel/idt.c).
 */
import { exactly, type Range } from '../base/range.ts';
import type { KernelProfile } from './kernel-profile.ts';

/** First vector that devices can have; 0-31 are exceptions (FIRST_EXTERNAL_VECTOR). */
export const FIRST_EXTERNAL_VECTOR = 0x20;
/** ISA interrupt n sits on 0x30 + n at boot (ISA_IRQ_VECTOR). */
export const FIRST_LEGACY_VECTOR = 0x30;
/** The cascade of the two PICs: its descriptor exists where a PIC was found, and no device uses the number. */
export const CASCADE_IRQ = 2;
/** The cascade of the two PICs, IRQ 2: a system vector where a PIC was found. */
export const CASCADE_VECTOR = 0x32;
/** The 32-bit system call gate: a system vector with CONFIG_IA32_EMULATION and without FRED. */
export const IA32_SYSCALL_VECTOR = 0x80;
/** How many ISA interrupts there are. */
export const LEGACY_IRQS = 16;

/** What the machine's firmware and kernel configuration add to the profile; undefined is unknown. */
export interface VectorEnvironment {
  /** A PIC was found (legacy IRQs 0-15 exist). */
  readonly pic: boolean | undefined;
  /** Vector 0x80 is an installed gate: IA32 emulation built in and enabled, and no FRED. */
  readonly ia32Gate: boolean | undefined;
}

function unitIf(present: boolean | undefined): Range {
  if (present === undefined) return { min: 0, max: 1 };
  return exactly(present ? 1 : 0);
}

/** Vectors that a CPU of this kernel can give to devices when nothing is allocated. */
export function capacityOf(profile: KernelProfile, environment: VectorEnvironment): Range {
  const window = profile.firstSystemVector - FIRST_EXTERNAL_VECTOR - (profile.cleanupByVector ? 1 : 0);
  const cascade = unitIf(environment.pic);
  const gate = unitIf(environment.ia32Gate);
  return { min: window - cascade.max - gate.max, max: window - cascade.min - gate.min };
}

/** The same where the system map was readable: window less the system vectors inside. */
export function capacityFromSystemMap(profile: KernelProfile, system: readonly number[]): number {
  const inside = system.filter((v) => v >= FIRST_EXTERNAL_VECTOR && v < profile.firstSystemVector);
  return profile.firstSystemVector - FIRST_EXTERNAL_VECTOR - inside.length;
}
