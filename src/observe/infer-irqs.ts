import type { CpuSet } from '../base/cpu-set.ts';
import { TIMER_IRQ } from '../model/boot.ts';
import { managedByCatalogue } from '../model/drivers/managed-irqs.ts';
import { asCpu, asIrq, asNodeId, asVector } from '../model/ids.ts';
import { movesAtOnce } from '../model/interrupts-of-state.ts';
import type { KernelProfile } from '../model/kernel-profile.ts';
import type { IrqPhase, IrqState } from '../model/machine-state.ts';
import type { Observation, ObservedDevice, ObservedIrq } from './observation.ts';

/** Chips whose interrupts take a vector of the x86 vector domain (specification 11.1). */
const VECTOR_CHIP =
  /^(IR-)?(IO-APIC|PCI-MSIX?)([-_ ].*)?$|^(IR-)?(DMAR|HPET|IOMMU|AMDVI|Hv-PCIe|UV)[-_]MSI|^AMD-Vi|^Hyper-V PCIe MSI/;

/** On an APIC; another architecture's PCI-MSI has nothing of the sort next to it. */
const X86_CHIP = /^(IR-)?IO-APIC|^XT-PIC|^IR-|^DMAR[-_]MSI|^HPET[-_]MSI/;
const X86_BUILD = /x86_64|amd64|i[3-6]86/;
const X86_ROWS: ReadonlySet<string> = new Set(['TLB', 'TRM', 'MCP', 'PIN', 'PIW', 'HYP']);

/** Whether this machine has x86 vectors at all. */
export function hasVectorDomain(o: Observation): boolean {
  if (o.vectorDomain !== undefined) return true;
  if (o.interrupts?.arch.some((row) => X86_ROWS.has(row.label)) === true) return true;
  if (o.irqs.some((irq) => irq.chip !== undefined)) {
    return o.irqs.some((irq) => irq.chip !== undefined && X86_CHIP.test(irq.chip));
  }
  // Without a list of interrupts nothing speaks against it, and the kernel's name may speak for it.
  return o.interrupts === undefined && (o.version === undefined || X86_BUILD.test(o.version.text));
}

/** What each interrupt holds, and whether the kernel manages it. */
export function inferIrqs(
  o: Observation,
  profile: KernelProfile,
  online: CpuSet,
  hasVectors: boolean,
): IrqState[] {
  const devices = new Map(o.devices.map((device) => [device.bdf, device]));
  const irqs = o.irqs.map((irq) => inferIrq(irq, devices, profile, online, o));
  // PCI-MSI elsewhere (s390x, arm64) is no vector of an x86 CPU.
  return hasVectors ? irqs : irqs.map((irq): IrqState => ({ ...irq, phase: 'other' }));
}

function inferIrq(
  irq: ObservedIrq,
  devices: ReadonlyMap<string, ObservedDevice>,
  profile: KernelProfile,
  online: CpuSet,
  o: Observation,
): IrqState {
  const device = irq.device === undefined ? undefined : devices.get(irq.device);
  const driver = device?.driver;
  // The dump's CPUs and masks may be a moment apart from procfs; debugfs is the descriptor itself.
  const affinity = pendingMask(irq) ?? irq.debug?.affinity ?? irq.affinity;
  const gone = affinity?.intersects(online) === false && (irq.actions?.length ?? 0) > 0;
  const { managed, by } = inferManaged(irq, driver, profile, gone);
  const phase = inferPhase(irq, managed, affinity, online, o);
  const target = irq.debug?.vector?.target ?? soleCpu(irq.debug?.effective ?? irq.effective);
  const cpu = phase === 'active' ? target : undefined;
  return {
    irq: asIrq(irq.irq),
    name: irq.actions?.join(', ') ?? '',
    chip: irq.chip,
    device: irq.device,
    driver,
    managed,
    managedBy: by,
    cpu: cpu === undefined ? undefined : asCpu(cpu),
    vector: phase === 'active' && irq.debug?.vector ? asVector(irq.debug.vector.vector) : undefined,
    affinity,
    movePending: phase === 'active' && cpu !== undefined && affinity?.has(cpu) === false && mayWait(irq),
    phase,
    counts: irq.counts,
    node: nodeOf(irq, device),
    hint: irq.hint,
    fixed: whyFixed(irq, phase),
  };
}

/**
 * An interrupt outside of its mask waits to move there, or found no vector in it when it was requested. debugfs tells
 * them apart; elsewhere it is taken to wait, but for what moves at once: that never does.
 */
function mayWait({ debug, chip = '' }: ObservedIrq): boolean {
  return debug === undefined ? !movesAtOnce(chip) : debug.dstate.has('IRQD_SETAFFINITY_PENDING');
}

/** /proc/irq/N/node; a device's own node where that is not there. -1 is none. */
function nodeOf({ node }: ObservedIrq, device: ObservedDevice | undefined): IrqState['node'] {
  const shown = node ?? device?.numaNode;
  return shown === undefined || shown < 0 ? undefined : asNodeId(shown);
}

/**
 * Specification 16 on 5.5.1, and 5.2. An HPET's channels are the clock events of CPUs (`hpet_setup_irq()` asks for
 * IRQF_NOBALANCING, arch/x86/kernel/hpet.c).
 */
function whyFixed({ irq, debug, chip }: ObservedIrq, phase: IrqPhase): string | undefined {
  if (phase === 'legacy-pic') return 'the legacy PIC has no affinity';
  if (irq === TIMER_IRQ) return 'the timer is not balanced';
  if (debug?.dstate.has('IRQD_NO_BALANCING') === true)
    return 'the kernel does not balance it (IRQD_NO_BALANCING)';
  if (debug?.dstate.has('IRQD_PER_CPU') === true) return 'it is an interrupt of one CPU (IRQD_PER_CPU)';
  return chip !== undefined && /HPET[-_]MSI/.test(chip) ? 'an HPET channel is not balanced' : undefined;
}

function pendingMask(irq: ObservedIrq): CpuSet | undefined {
  const pending = irq.debug?.pending;
  return irq.debug?.dstate.has('IRQD_SETAFFINITY_PENDING') && pending !== undefined && !pending.isEmpty
    ? pending
    : undefined;
}

function soleCpu(mask: CpuSet | undefined): number | undefined {
  return mask?.size === 1 ? mask.first : undefined;
}

/** Specification 11.2 step 5, in order: what the kernel says, what the file mode says, what drivers do. */
function inferManaged(
  irq: ObservedIrq,
  driver: string | undefined,
  profile: KernelProfile,
  gone: boolean,
): { managed: boolean | undefined; by: string } {
  if (irq.debug !== undefined) {
    return { managed: irq.debug.dstate.has('IRQD_AFFINITY_MANAGED'), by: 'debugfs irq/irqs' };
  }
  // Spreading is asked for by PCI drivers with MSI(-X); the IOMMU's and the HPET's own messages are not theirs.
  if (irq.chip !== undefined && (!/MSI/.test(irq.chip) || /DMAR|HPET|IOMMU/.test(irq.chip))) {
    return { managed: false, by: `${irq.chip} interrupts are never managed` };
  }
  if (profile.affinityModeTellsManaged && irq.affinityMode !== undefined) {
    const writable = (irq.affinityMode & 0o222) !== 0;
    return { managed: !writable, by: `mode of smp_affinity (0${irq.affinityMode.toString(8)})` };
  }
  const catalogue = managedByCatalogue(driver, irq.actions ?? []);
  if (catalogue?.managed !== undefined) return catalogue;
  // A regular one would have been moved, and its mask broken, when the last CPU of its mask went.
  if (gone) return { managed: true, by: 'no CPU of its mask is online' };
  if (catalogue !== undefined) return catalogue;
  const known = driver === undefined ? 'driver not known' : `driver ${driver} is not in the catalogue`;
  return { managed: undefined, by: known };
}

function inferPhase(
  irq: ObservedIrq,
  managed: boolean | undefined,
  affinity: CpuSet | undefined,
  online: CpuSet,
  o: Observation,
): IrqPhase {
  if (irq.debug !== undefined) return phaseFromDebugfs(irq.debug);
  if (irq.chip === 'XT-PIC') return 'legacy-pic';
  if (irq.chip === undefined) return irq.actions === undefined ? 'unknown' : 'other';
  if (!VECTOR_CHIP.test(irq.chip)) return 'other';
  if (irq.actions === undefined) return 'unknown';
  if (irq.actions.length > 0) {
    const gone = affinity !== undefined && !affinity.intersects(online);
    return managed === true && gone ? 'shutdown' : 'active';
  }
  // /proc/interrupts may show a freed interrupt that fired once, and an empty name is still an action where
  // only that file tells (up to 6.8: a row needs an action or a count).
  return o.hasSysKernelIrq || irq.hasProcDir === false ? 'reserved' : 'unknown';
}

function phaseFromDebugfs(debug: NonNullable<ObservedIrq['debug']>): IrqPhase {
  if (debug.vector === undefined) return debug.chips.includes('XT-PIC') ? 'legacy-pic' : 'other';
  if (debug.vector.legacyPic) return 'legacy-pic';
  if (debug.vector.vector > 0) return 'active';
  if (debug.dstate.has('IRQD_MANAGED_SHUTDOWN')) return 'shutdown';
  return 'reserved';
}
