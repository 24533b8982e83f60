import { exactly, type Range } from '../base/range.ts';
import {
  isNewerThanRead,
  type KernelProfile,
  PROFILE_NAMES,
  profileDifferences,
  profileNamed,
  profileOf,
} from '../model/kernel-profile.ts';
import type { KernelFacts } from '../model/machine-state.ts';
import {
  CASCADE_IRQ,
  CASCADE_VECTOR,
  capacityFromSystemMap,
  capacityOf,
  FIRST_EXTERNAL_VECTOR,
  IA32_SYSCALL_VECTOR,
  LEGACY_IRQS,
} from '../model/system-vectors.ts';
import type { DebugfsVector } from '../parse/debugfs-vector.ts';
import type { Observation } from './observation.ts';

/** Kernels that captures verify, in the order in which one is assumed when nothing tells. */
const ASSUMED_FIRST: readonly string[] = ['6.1', '7.2', '6.12', '5.10'];

function named(name: string): KernelProfile {
  const profile = profileNamed(name);
  if (profile === undefined) throw new RangeError(`no kernel profile ${name}`);
  return profile;
}

/** Which kernel this is; an override wins, a release decides, else the dump's own shape narrows it down. */
export function inferKernel(o: Observation, override: KernelProfile | undefined): KernelFacts {
  const release = o.version?.release;
  if (override !== undefined) return { release, profile: override, assumption: undefined };
  const version = o.version?.version;
  if (version !== undefined) {
    if (isNewerThanRead(version)) {
      const newest = named('newest');
      const assumption = `kernel ${release} is newer than ${newest.name}, the newest whose rules are known: these are used`;
      return { release, profile: newest, assumption };
    }
    const profile = profileOf(version);
    if (profile !== undefined) return { release, profile, assumption: caveat(o, profile) };
    return {
      release,
      profile: named('4.15'),
      assumption: `kernel ${release} allocates vectors by the rules before 4.15, which are not modelled yet; figures are those of 4.15`,
    };
  }
  const candidates = PROFILE_NAMES.map(named).filter((p) => couldHaveWritten(p, o));
  const profile =
    ASSUMED_FIRST.map(named).find((p) => candidates.some((c) => c.name === p.name)) ??
    candidates.at(-1) ??
    named('6.1');
  return { release, profile, assumption: assumptionText(profile, candidates) };
}

/** Distributions that keep a base version for years and carry newer fixes into it. */
const HEAVY_BACKPORTS: ReadonlySet<string> = new Set(['redhat', 'suse']);

/** Why the rules of the named version may not be those of this kernel. */
function caveat(o: Observation, profile: KernelProfile): string | undefined {
  if (o.vectorDomain !== undefined && !couldHaveWritten(profile, o)) {
    return `the rules of upstream ${profile.name} are used, but its VECTOR would look different: this kernel back-ports, see --kernel`;
  }
  const distribution = o.version?.distribution;
  if (distribution === undefined) return undefined;
  // Ubuntu's stable level stands in /proc/version_signature, which few collections have.
  const hidden = distribution === 'ubuntu' && profile.version.patch === 0;
  if (!hidden && !HEAVY_BACKPORTS.has(distribution)) return undefined;
  const exactly = `${profile.name}.${profile.version.patch}`;
  return `the rules of upstream ${exactly} are used; this distribution back-ports fixes, which --kernel can express`;
}

function couldHaveWritten(profile: KernelProfile, o: Observation): boolean {
  const dump = o.vectorDomain;
  if (dump !== undefined) {
    if (profile.cleanupByVector !== dump.system.includes(FIRST_EXTERNAL_VECTOR)) return false;
    const first = dump.cpus[0];
    if (first !== undefined && profile.countsManagedAllocated !== (first.managedAllocated !== undefined))
      return false;
    const capacity = dominantCapacity(dump);
    if (capacity !== undefined && capacityFromSystemMap(profile, dump.system) !== capacity) return false;
  }
  // Per-device MSI domains put the PCI address into the chip's name (6.2 and later).
  if (o.irqs.some((irq) => irq.chip !== undefined && /MSIX?-[0-9a-f]{4}:/.test(irq.chip))) {
    return profile.perDeviceMsiDomains;
  }
  return true;
}

/** What most rows of the dump add up to; counter drift disturbs single rows only. */
function dominantCapacity(dump: DebugfsVector): number | undefined {
  const votes = new Map<number, number>();
  for (const row of dump.cpus) {
    const capacity = row.available + row.managed + row.allocated - (row.managedAllocated ?? 0);
    votes.set(capacity, (votes.get(capacity) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

const DIFFERENCE_TEXT: Partial<Record<ReturnType<typeof profileDifferences>[number], string>> = {
  allocatedExcludesManaged: 'whether managed vectors count as having to move (a0b0bad10587, 6.1.63)',
  freezesDescending: 'the order in which suspend takes CPUs down (descending since 6.12)',
  retriesOnlineMask: 'what happens when every CPU of a mask is full (88d724e2301a, 6.10)',
  firstSystemVector: 'how many vectors a CPU has',
  cleanupByVector: 'how many vectors a CPU has',
};

function assumptionText(profile: KernelProfile, candidates: readonly KernelProfile[]): string {
  const others = candidates.filter((candidate) => candidate.name !== profile.name);
  const differing = new Set(
    others.flatMap((other) =>
      profileDifferences(profile, other).flatMap((feature) => DIFFERENCE_TEXT[feature] ?? []),
    ),
  );
  const span =
    candidates.length > 1
      ? `it could be any of ${candidates[0]?.name} to ${candidates.at(-1)?.name}`
      : 'nothing else fits';
  const changes =
    differing.size > 0 ? `; another kernel (--kernel) would change ${[...differing].join(', ')}` : '';
  return `the kernel is not named here: ${profile.name} is assumed (${span})${changes}`;
}

/** Distributions whose kernels are built with CONFIG_IA32_EMULATION=y. */
const BUILDS_WITH_IA32: ReadonlySet<string> = new Set(['debian', 'ubuntu', 'redhat', 'suse', 'fedora']);

/** How many vectors a CPU can give to devices, and why that may not be known. */
export function inferCapacity(
  o: Observation,
  profile: KernelProfile,
): { capacity: Range; doubt: string | undefined } {
  if (o.vectorDomain !== undefined) {
    return { capacity: exactly(capacityFromSystemMap(profile, o.vectorDomain.system)), doubt: undefined };
  }
  const pic = hasPic(o);
  const ia32Gate = hasIa32Gate(o);
  const capacity = capacityOf(profile, { pic, ia32Gate });
  const unknown = [
    ...(pic === undefined ? [`a legacy PIC takes vector ${CASCADE_VECTOR}`] : []),
    ...(ia32Gate === undefined
      ? [
          `vector ${IA32_SYSCALL_VECTOR} is the 32-bit system call (IA32 emulation built in and on, and no FRED)`,
        ]
      : []),
  ];
  const doubt =
    unknown.length === 0
      ? undefined
      : `each CPU has ${capacity.min} to ${capacity.max} vectors: it could not be read whether ${unknown.join(' and whether ')}`;
  return { capacity, doubt };
}

/**
 * The legacy descriptors 0-15 exist, all of them, where a PIC was found (specification 11.2, 16). Without one the
 * IO-APIC may still give out some of these numbers, but never 2: that is the cascade.
 */
function hasPic(o: Observation): boolean | undefined {
  if (o.irqs.some((irq) => irq.chip === 'XT-PIC')) return true;
  const legacy = o.irqs.filter((irq) => irq.irq < LEGACY_IRQS);
  if (o.hasSysKernelIrq) return legacy.some((irq) => irq.irq === CASCADE_IRQ);
  if (o.hasProcIrq) {
    if (legacy.some((irq) => irq.irq === CASCADE_IRQ && irq.hasProcDir)) return true;
    // Without the cascade's directory: not one of a PIC, or one that was not copied.
    return legacy.some((irq) => irq.hasProcDir) ? undefined : false;
  }
  return legacy.some((irq) => irq.irq === 0) ? true : undefined;
}

function hasIa32Gate(o: Observation): boolean | undefined {
  // FRED has no gates. Whether a CPU that could run with it does, is only told by its boot option.
  const fred = o.cmdline?.params.get('fred');
  if (o.fred === true && fred !== 'off') return fred === 'on' ? false : undefined;
  const disabled = o.cmdline?.params.get('ia32_emulation');
  if (disabled === 'off' || disabled === '0') return undefined;
  if (o.ia32Emulation !== undefined) return o.ia32Emulation;
  const distribution = o.version?.distribution;
  return distribution !== undefined && BUILDS_WITH_IA32.has(distribution) ? true : undefined;
}
