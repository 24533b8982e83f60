/** The same machine under another kernel: how many vectors there are, and by which rules they are given out. */
import { type Range, range } from '../../base/range.ts';
import type { KernelFeatures } from '../../model/kernel-features.ts';
import { type KernelProfile, profileDifferences } from '../../model/kernel-profile.ts';
import type { CpuState, MachineState } from '../../model/machine-state.ts';
import { capacityOf } from '../../model/system-vectors.ts';

/** What firmware and configuration take from a CPU does not depend on the kernel. */
const SAME = { pic: true, ia32Gate: true };

/** Vectors for devices that a CPU of the new kernel has more than one of the old, with the same configuration. */
export function capacityGain(from: KernelProfile, to: KernelProfile): number {
  return capacityOf(to, SAME).min - capacityOf(from, SAME).min;
}

/** Every interrupt where it is: a boot places them anew, but no more of them. */
export function upgraded(machine: MachineState, profile: KernelProfile): MachineState {
  const gain = capacityGain(machine.kernel.profile, profile);
  const grow = ({ min, max }: Range): Range => range(Math.max(0, min + gain), Math.max(0, max + gain));
  return {
    ...machine,
    kernel: { release: undefined, profile, assumption: machine.kernel.assumption },
    systemVectors: undefined,
    cpus: machine.cpus.map(
      (state): CpuState => ({
        ...state,
        capacity: grow(state.capacity),
        available: state.online ? grow(state.available) : state.available,
        allocMap: undefined,
      }),
    ),
    irqs: machine.irqs.map((irq) => ({ ...irq, vector: undefined })),
    unplaced: machine.unplaced.map(({ irq, cpus, held, managed, why }) => ({
      irq,
      cpus,
      held,
      managed,
      why,
    })),
  };
}

/** CPUs on which what is in use now is more than the new kernel has; a boot would place some of it elsewhere. */
export function overfull(machine: MachineState, profile: KernelProfile): readonly CpuState[] {
  const gain = capacityGain(machine.kernel.profile, profile);
  return machine.cpus.filter(({ online, available }) => online && available.min + gain < 0);
}

type Sentences = { readonly [K in keyof KernelFeatures]?: (value: KernelFeatures[K]) => string };

/** Only what a user of the machine sees. */
const SENTENCES: Sentences = {
  isolatesManaged: (on) =>
    on
      ? 'isolcpus=managed_irq keeps managed interrupts off isolated CPUs'
      : 'isolcpus=managed_irq has no effect',
  retriesOnlineMask: (on) =>
    on
      ? 'an interrupt whose mask is full when its CPU goes is moved to any online CPU (its mask is lost)'
      : 'an interrupt whose mask is full when its CPU goes is lost',
  freezesDescending: (on) => `suspend takes the CPUs down from the ${on ? 'highest' : 'lowest'}`,
  managedWriteErrno: (errno) => `a write to the smp_affinity of a managed interrupt answers ${errno}`,
  allocatedExcludesManaged: (on) =>
    `managed vectors ${on ? 'no longer count' : 'count'} among those that have to move when a CPU goes`,
  managedCpuChoice: (rule) =>
    `a managed interrupt goes to the CPU of its mask ${
      {
        lowest: 'with the lowest number',
        'most-available': 'with the most vectors left',
        'fewest-managed': 'with the fewest managed vectors in use',
      }[rule]
    }`,
  perDeviceMsiDomains: (on) =>
    on
      ? 'chips of MSIs are named after their device (PCI-MSIX-0000:00:01.0)'
      : 'chips of MSIs have one name (PCI-MSI)',
  affinityModeTellsManaged: (on) =>
    `smp_affinity of an interrupt that cannot be moved is ${on ? 'read-only (0444)' : 'writable like the others'}`,
  setsOnlineCpusOnly: (on) =>
    on
      ? 'an affinity is applied to the online CPUs of its mask'
      : 'an affinity is applied with its offline CPUs',
  rssQueuesByCore: (on) =>
    on
      ? 'some network drivers take a queue for every second core'
      : 'some network drivers take at most eight queues',
  noHandlerText: (form) =>
    `"No irq handler for vector" begins ${form === 'plain' ? 'with these words' : `with ${form}`}`,
  keepsCallerAffinity: (on) =>
    `an interrupt for which its driver chose CPUs ${on ? 'starts there' : 'starts on the default affinity'}`,
};

/** What a user of the machine sees change, one sentence each. */
export function changesOfUpgrade(from: KernelProfile, to: KernelProfile): string[] {
  const differences = profileDifferences(from, to);
  const sentences = differences.flatMap((feature) => sentenceOf(feature, to) ?? []);
  const gain = capacityGain(from, to);
  if (gain !== 0) {
    sentences.unshift(
      `every CPU has ${Math.abs(gain)} vector${Math.abs(gain) === 1 ? '' : 's'} ${gain > 0 ? 'more' : 'less'} for devices`,
    );
  }
  if (differences.some((feature) => feature.startsWith('spread') || feature === 'heapSort')) {
    sentences.push(
      'managed interrupts are spread by other rules at boot: their masks may differ (irqspace spread --kernel shows them)',
    );
  }
  return sentences;
}

function sentenceOf<K extends keyof KernelFeatures>(feature: K, to: KernelProfile): string | undefined {
  const say: ((value: KernelFeatures[K]) => string) | undefined = SENTENCES[feature];
  return say?.(to[feature]);
}
