/** What irqbalance, tuned and other programs say when the kernel refuses to move an interrupt. */

import { CpuSet } from '../../base/cpu-set.ts';
import type { MachineState } from '../../model/machine-state.ts';
import { type MessageEntry, numberIn, type Quoted } from './entry.ts';
import { ofCpus, ofIrq, ofIsolation, ofItsMask, ofManaged } from './facts.ts';

const CANNOT = String.raw`[Cc]annot change IRQ (?<irq>\d+)(?:'s)? affinity: `;

function ofRefusal(quoted: Quoted, machine: MachineState): readonly string[] {
  const irq = numberIn(quoted, 'irq');
  return [...ofIrq(machine, irq), ...ofManaged(machine)];
}

const NOT_MOVABLE =
  'The kernel does not let user space move this interrupt: it is managed (a queue that belongs to its CPUs), or per-CPU, or its chip cannot. It is no failure, and nothing is wrong with the interrupt.';
const LEAVE_IT: readonly string[] = [
  'leave it: managed interrupts are where their queues’ CPUs are',
  'to stop the message: ban it (irqbalance --banirq=N; IRQBALANCE_ARGS), or irqspace export irqbalance',
  'to keep it off a CPU: isolcpus=managed_irq,LIST at boot, or fewer queues of the device',
];

export const TOOL_MESSAGES: readonly MessageEntry[] = [
  {
    name: 'irqbalance-enospc',
    from: 'irqbalance',
    pattern: new RegExp(`${CANNOT}No space left on device`),
    means:
      'ENOSPC: every online CPU in the mask that irqbalance wrote has no vector left. The interrupt stays where it is; irqbalance finds the limit by being refused and may try again for ever.',
    todo: [
      'irqspace report shows the CPUs that are full, and who fills them',
      'fewer queues, or more CPUs that irqbalance may use (IRQBALANCE_BANNED_CPULIST, isolcpus)',
    ],
    facts: (quoted, machine) => [
      ...ofIrq(machine, numberIn(quoted, 'irq')),
      ...ofItsMask(machine, numberIn(quoted, 'irq')),
      ...ofCpus(machine, CpuSet.from(machine.cpus.map(({ cpu }) => cpu)), 'of the machine'),
    ],
  },
  {
    name: 'irqbalance-not-movable',
    from: 'irqbalance',
    pattern: new RegExp(`${CANNOT}(?:Input/output error|Permission denied|Operation not permitted)`),
    means: `${NOT_MOVABLE} The errno is EIO up to 6.8 or so, EPERM from 6.12 on; newer kernels also make the file read-only.`,
    todo: LEAVE_IT,
    facts: ofRefusal,
  },
  {
    name: 'irqbalance-success',
    from: 'irqbalance',
    pattern: new RegExp(`${CANNOT}Success`),
    means: `irqbalance lost the errno (it looked at it too late): the write was refused all the same, most likely with EPERM. ${NOT_MOVABLE}`,
    todo: LEAVE_IT,
    facts: ofRefusal,
  },
  {
    name: 'irqbalance-einval',
    from: 'irqbalance',
    pattern: new RegExp(`${CANNOT}Invalid argument`),
    means: 'EINVAL: no CPU of the mask that was written is online, or the mask could not be parsed.',
    todo: ['let irqbalance look again after CPUs went (SIGHUP); see its list of banned CPUs'],
    facts: (quoted, machine) => [
      ...ofIrq(machine, numberIn(quoted, 'irq')),
      `online here: CPU ${CpuSet.from(machine.cpus.filter(({ online }) => online).map(({ cpu }) => cpu))}`,
    ],
  },
  {
    name: 'irqbalance-beyond-cpus',
    from: 'irqbalance',
    pattern: new RegExp(`${CANNOT}(?:Numerical result out of range|Value too large for defined data type)`),
    means:
      'ERANGE or EOVERFLOW: the mask names a CPU that the kernel has not, or has more groups of 32 bits than the machine needs.',
    todo: ['compare the width of the mask with that of /proc/irq/default_smp_affinity'],
    facts: (quoted, machine) => [
      ...ofIrq(machine, numberIn(quoted, 'irq')),
      `the last possible CPU here is ${machine.cpus.at(-1)?.cpu ?? '?'}`,
    ],
  },
  {
    name: 'irqbalance-busy',
    from: 'irqbalance',
    pattern: new RegExp(`${CANNOT}(?:Device or resource busy|Resource temporarily unavailable)`),
    means: 'EBUSY: an earlier move of the interrupt is not over. It is, after its next interrupt.',
    todo: ['nothing: the next round succeeds'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'irqbalance-banned',
    from: 'irqbalance',
    pattern: /cannot change irq (?<irq>\d+)'s affinity, add it to banned list/i,
    means: `irqbalance was refused once and leaves the interrupt alone from now on, whatever the reason was (before 1.9.1 it did not tell them apart). ${NOT_MOVABLE}`,
    todo: LEAVE_IT,
    facts: ofRefusal,
  },
  {
    name: 'irqbalance-unmanaged',
    from: 'irqbalance',
    pattern: /IRQ (?<irq>\d+) affinity is now unmanaged/,
    means:
      'irqbalance gave up on the interrupt after a refusal that will not change, and leaves it where it is.',
    todo: ['nothing; it is the end of "Cannot change IRQ"'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'tuned-set-failed',
    from: 'tuned',
    pattern: /Failed to set SMP affinity of IRQ (?<irq>\d+|DEFAULT) to '(?<mask>[^']*)': (?<error>.*)/,
    means: `tuned could not write an affinity. Input/output error and Operation not permitted: ${NOT_MOVABLE} No space left on device: the CPUs of the mask are full.`,
    todo: [
      'give the plugin [irq] only interrupts that can be moved: irqspace export tuned',
      'tuned before 2.24 or so takes only EIO for "cannot be moved": with kernels of 6.12 and later (EPERM) it logs an error',
    ],
    facts: (quoted, machine) => (quoted.irq === 'DEFAULT' ? [] : ofRefusal(quoted, machine)),
  },
  {
    name: 'tuned-not-supported',
    from: 'tuned',
    pattern: /Setting SMP affinity of IRQ (?<irq>\d+) is not supported/,
    means: `${NOT_MOVABLE} tuned notes it and goes on.`,
    todo: ['nothing'],
    facts: ofRefusal,
  },
  {
    name: 'tuned-verify-failed',
    from: 'tuned',
    pattern: /verify: failed: 'IRQ (?<irq>\d+) affinity' = '(?<is>[^']*)', expected '(?<wanted>[^']*)'/,
    means:
      'tuned-adm verify found another mask than the profile’s: somebody else moved the interrupt (irqbalance, a container runtime, a CPU that went), or it cannot be moved.',
    todo: [
      'stop the other one, or leave the interrupt to it; irqspace explain IRQ says whether it can be moved',
    ],
    facts: ofRefusal,
  },
  {
    name: 'write-refused',
    from: 'tool',
    pattern:
      /(?:\/proc\/irq\/(?<irq>\d+)\/smp_affinity(?:_list)?|write error).*: (?:Input\/output error|Permission denied|Operation not permitted)/,
    means: `${NOT_MOVABLE} Or the writer is not root.`,
    todo: LEAVE_IT,
    facts: (quoted, machine) => [
      ...(quoted.irq === undefined ? [] : ofIrq(machine, numberIn(quoted, 'irq'))),
      ...ofManaged(machine),
      ...ofIsolation(machine),
    ],
  },
  {
    name: 'write-no-space',
    from: 'tool',
    pattern: /(?:\/proc\/irq\/(?<irq>\d+)\/smp_affinity(?:_list)?|write error).*: No space left on device/,
    means:
      'ENOSPC: every online CPU in the mask that was written has no vector left. Only behind interrupt remapping the write itself says so; without it the write is accepted and the move fails later, without a word.',
    todo: [
      'irqspace fits --pin IRQ=CPUS says beforehand whether it is possible',
      'irqspace report shows which CPUs are full',
    ],
    facts: (quoted, machine) =>
      quoted.irq === undefined
        ? ofCpus(machine, CpuSet.from(machine.cpus.map(({ cpu }) => cpu)), 'of the machine')
        : [...ofIrq(machine, numberIn(quoted, 'irq')), ...ofItsMask(machine, numberIn(quoted, 'irq'))],
  },
];
