/**
 * What the kernel prints about vectors, affinities and CPUs that go (specification appendix A); the texts are those of
 * model/failures.ts with numbers of any kind.
 */
import { type MessageEntry, numberIn } from './entry.ts';
import { ofCpuGoing, ofErrno, ofIrq, ofItsMask, ofMachine, ofVector } from './facts.ts';

export const KERNEL_MESSAGES: readonly MessageEntry[] = [
  {
    name: 'reservation-exceeds',
    from: 'kernel',
    pattern: /Interrupt reservation exceeds available resources/,
    means:
      'More interrupts are reserved (allocated by drivers, not requested yet) than vectors are left on all online CPUs together. Nothing has failed yet: a later request_irq() may, with ENOSPC.',
    todo: [
      'look which devices hold reservations: irqspace report',
      'give devices fewer queues (ethtool -L, module options, devlink msix_vec_per_pf_max), or create fewer virtual functions',
    ],
    facts: (_, machine) => ofMachine(machine),
  },
  {
    name: 'affinity-broken',
    from: 'kernel',
    pattern: /irq (?<irq>\d+): Affinity broken due to vector space exhaustion/,
    means:
      'When the interrupt was requested, every CPU of its affinity mask (or of its node) had no vector left; it got one on another online CPU. It works, in the wrong place.',
    todo: [
      'free vectors on the CPUs of the mask: fewer queues there, or other interrupts moved away',
      'then write the wanted CPUs to /proc/irq/N/smp_affinity_list: it does not return by itself',
      'kernels before 5.18 print it too where vectors were free: they tried the node before the mask',
    ],
    facts: (quoted, machine) => [
      ...ofIrq(machine, numberIn(quoted, 'irq')),
      ...ofItsMask(machine, numberIn(quoted, 'irq')),
    ],
  },
  {
    name: 'managed-no-cpu',
    from: 'kernel',
    pattern: /Managed startup for irq (?<irq>\d+), but no CPU/,
    means:
      'A managed interrupt was started though no CPU of its mask is online. That should not happen: the core shuts such an interrupt down before.',
    todo: ['report it to the kernel with the line before it: it comes with a WARN'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'managed-no-vector',
    from: 'kernel',
    pattern: /Managed startup irq (?<irq>\d+), no vector available/,
    means:
      'A managed interrupt found none of the vectors that were set aside for it. They cannot be used up by others, so this is a defect of the accounting, not a full machine.',
    todo: ['report it to the kernel with the WARN before it and /sys/kernel/debug/irq/domains/VECTOR'],
    facts: (quoted, machine) => [
      ...ofIrq(machine, numberIn(quoted, 'irq')),
      ...ofItsMask(machine, numberIn(quoted, 'irq')),
    ],
  },
  {
    name: 'cleanup-offline-cpu',
    from: 'kernel',
    pattern: /IRQ (?<irq>\d+) schedule cleanup for offline CPU (?<cpu>\d+)/,
    means:
      'The interrupt moved and its old vector was to be given back on a CPU that had gone offline meanwhile. The vector is freed; before the fix of CVE-2024-31076 it leaked.',
    todo: ['nothing, if it is rare; a host that prints it often moves interrupts while CPUs go'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'pending-in-old-target',
    from: 'kernel',
    pattern: /Moved interrupt pending in old target APIC (?<apic>\d+)/,
    means:
      'After a move the old CPU still had the interrupt pending: its vector is held a moment longer, and given back later.',
    todo: ['nothing: it is printed once'],
  },
  {
    name: 'move-in-progress',
    from: 'kernel',
    pattern: /IRQ fixup: irq (?<irq>\d+) move in progress, old vector (?<vector>\d+)/,
    means:
      'A CPU went offline while the interrupt was between two CPUs: it had been moved and no interrupt had arrived since. The kernel ends the move by force.',
    todo: [
      'nothing, if the device works; where it stalls, its interrupt was lost in the move (without remapping the message is written in two halves)',
      'do not move interrupts (irqbalance, scripts) right before CPUs go offline',
    ],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'cannot-disable-cpu',
    from: 'kernel',
    pattern: /CPU (?<cpu>\d+) has (?<vectors>\d+) vectors, (?<available>\d+) available\. Cannot disable CPU/,
    means:
      'The CPU was to go offline (hotplug, suspend, hibernation), and its vectors do not fit on all other online CPUs together: the kernel refuses with ENOSPC, and a suspend is given up.',
    todo: [
      'ask how far it goes: irqspace fits --hibernate, or --offline LIST',
      'give devices fewer queues, unbind what is not needed, or keep more CPUs online',
      'a count near 4294967295 is a counter below zero: a kernel defect (IRQ 2, 2021), not your configuration',
    ],
    facts: (quoted, machine) => [
      `it was short of ${numberIn(quoted, 'vectors') - numberIn(quoted, 'available')} vectors then`,
      ...ofCpuGoing(machine, numberIn(quoted, 'cpu')),
    ],
  },
  {
    name: 'reserved-exceed-available',
    from: 'kernel',
    pattern: /Reserved vectors (?<reserved>\d+) > available (?<available>\d+)\. IRQ request may fail/,
    means:
      'A CPU goes offline, its vectors fit elsewhere, but afterwards fewer are left than interrupts hold a reservation for. A device whose link is brought up then may get ENOSPC.',
    todo: ['bring the links up before CPUs go, or give the devices fewer queues'],
    facts: (_, machine) => ofMachine(machine),
  },
  {
    name: 'cpu-disable-failed-4.14',
    from: 'kernel',
    pattern:
      /CPU (?<cpu>\d+) disable failed: CPU has (?<vectors>\d+) vectors assigned and there are only (?<available>\d+) available/,
    means:
      'The same refusal as "Cannot disable CPU", of kernels up to 4.14, with ERANGE. There an allocated interrupt holds a vector even if nobody requested it.',
    todo: ['a kernel of 4.15 or later needs fewer vectors for the same devices', 'give devices fewer queues'],
    facts: (quoted, machine) => ofCpuGoing(machine, numberIn(quoted, 'cpu')),
  },
  {
    name: 'set-affinity-failed',
    from: 'kernel',
    pattern: /IRQ ?(?<irq>\d+): set affinity failed\((?<ret>-?\d+)\)/,
    means:
      'A CPU went offline and the interrupt found no vector in its mask. Before 6.10 it stays on the dead CPU: lost, its device stalls. From 6.10 on it is tried again on all online CPUs first.',
    todo: [
      'widen the mask: echo CPUS > /proc/irq/N/smp_affinity_list',
      'ask beforehand: irqspace fits --offline LIST names the interrupts that would be lost',
    ],
    facts: (quoted, machine) => [
      ...ofErrno(numberIn(quoted, 'ret')),
      ...ofIrq(machine, numberIn(quoted, 'irq')),
      ...ofItsMask(machine, numberIn(quoted, 'irq')),
      `this kernel ${machine.kernel.profile.retriesOnlineMask ? 'tries all online CPUs then (6.10)' : 'does not try other CPUs then (before 6.10)'}`,
    ],
  },
  {
    name: 'no-longer-affine',
    from: 'kernel',
    pattern: /IRQ (?<irq>\d+): no longer affine to CPU ?(?<cpu>\d+)/,
    means:
      'The last online CPU of its mask (or the last with a vector) went offline: the interrupt moved to any online CPU, and the mask that was set is lost. It does not come back with the CPU.',
    todo: ['write the mask again when the CPU is back; managed interrupts are not concerned'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'only-offline-cpus',
    from: 'kernel',
    pattern:
      /Eff\. affinity (?<mask>\S+) of IRQ (?<irq>\d+) contains only offline CPUs after offlining CPU (?<cpu>\d+)/,
    means:
      'The interrupt was already on a CPU that is offline (it was lost when that went) and is looked at again now: the kernel moves it.',
    todo: ['look for an earlier "set affinity failed" of the same interrupt'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'no-irq-handler',
    from: 'kernel',
    pattern:
      /(?:No irq handler for (?<cpu>\d+)\.(?<vector>\d+))|(?:(?<oldcpu>\d+)\.(?<oldvector>\d+) No irq handler for (?:vector|irq))/,
    means:
      'An interrupt arrived at a CPU (the first number) on a vector (the second) that no interrupt has there. A few at boot or at a resume are noise; more mean that a device still sends to where its interrupt was.',
    todo: [
      'once, at boot: ignore it',
      'with timeouts of a device: its message was not rewritten when the interrupt moved (a device that slept or was reset; a hypervisor); reset the device, and keep its interrupt where it is',
      'to see the owner next time: read /sys/kernel/debug/irq/domains/VECTOR, or record irq_vectors:* with trace-cmd',
    ],
    facts: (quoted, machine) =>
      ofVector(
        machine,
        numberIn(quoted, quoted.cpu === undefined ? 'oldcpu' : 'cpu'),
        numberIn(quoted, quoted.vector === undefined ? 'oldvector' : 'vector'),
      ),
  },
  {
    name: 'disabling-cpus',
    from: 'kernel',
    pattern: /Disabling non-boot CPUs/,
    means: 'A suspend or hibernation takes all CPUs but one down.',
    todo: ['the next lines say how it went; beforehand: irqspace fits --suspend'],
  },
  {
    name: 'error-taking-cpu-down',
    from: 'kernel',
    pattern: /Error taking CPU ?(?<cpu>\d+) down: (?<ret>-?\d+)/,
    means:
      'A suspend or hibernation could not take this CPU down and is given up; the CPUs that had gone come back.',
    todo: [
      '-28 (ENOSPC): there are too many vectors in use for one CPU: irqspace fits --suspend says how many',
    ],
    facts: (quoted, machine) => [
      ...ofErrno(numberIn(quoted, 'ret')),
      ...ofCpuGoing(machine, numberIn(quoted, 'cpu')),
    ],
  },
  {
    name: 'cpus-not-disabled',
    from: 'kernel',
    pattern: /Non-boot CPUs are not disabled/,
    means: 'The suspend or hibernation was given up: a CPU could not go. The line before it names the CPU.',
    todo: ['irqspace fits --suspend'],
  },
  {
    name: 'wakeup-pending',
    from: 'kernel',
    pattern: /Wakeup pending\. Abort CPU freeze/,
    means:
      'Something woke the machine up while it went to sleep: the suspend ends with EBUSY. Vectors play no part.',
    todo: ['see /sys/power/pm_wakeup_irq for what it was'],
  },
  {
    name: 'irte-exhausted',
    from: 'kernel',
    pattern: /IR(?<unit>\d+): can't allocate an IRTE|Failed to allocate IRTE/,
    means:
      'The table of an interrupt remapping unit is full (65,536 entries on Intel): the driver gets ENOMEM. Another limit than vectors, and a very high one.',
    todo: ['fewer messages behind that unit: fewer virtual functions or queues'],
    facts: (_, { irqs }) => [
      `remapped interrupts here: ${irqs.filter(({ chip }) => chip?.startsWith('IR-') === true).length}`,
    ],
  },
  {
    name: 'free-already-free',
    from: 'kernel',
    pattern: /Trying to free already-free IRQ (?<irq>\d+)/,
    means:
      'A driver freed an interrupt that it had not requested, or twice: a defect of the driver, usually on an error path.',
    todo: ['report it to the driver with the trace that follows'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'unbalanced-enable',
    from: 'kernel',
    pattern: /Unbalanced enable for IRQ (?<irq>\d+)/,
    means: 'A driver enabled an interrupt that was not disabled: a defect of the driver.',
    todo: ['report it to the driver with the trace that follows'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'flags-mismatch',
    from: 'kernel',
    pattern:
      /Flags mismatch irq (?<irq>\d+)\. (?<flags>[0-9a-f]+) \((?<new>[^)]*)\) vs\. (?<oldflags>[0-9a-f]+) \((?<old>[^)]*)\)/,
    means:
      'Two drivers want one interrupt and do not agree on sharing it: the second gets EBUSY. With irq 0 it is not about sharing: the device got no message interrupts (vectors exhausted, or none asked) and fell back to a line that it does not have.',
    todo: [
      'irq 0: look for ENOSPC or "vector" lines of the same device before it',
      'else: one of the two drivers has to use MSI, or share (IRQF_SHARED is 0x80)',
    ],
    facts: (quoted, machine) => [
      `bit 0x80 (shared) is ${Number.parseInt(quoted.flags ?? '0', 16) & 0x80 ? 'set' : 'not set'} for ${quoted.new}, and ${Number.parseInt(quoted.oldflags ?? '0', 16) & 0x80 ? 'set' : 'not set'} for ${quoted.old}`,
      ...ofIrq(machine, numberIn(quoted, 'irq')),
      ...(numberIn(quoted, 'irq') === 0 ? ofMachine(machine) : []),
    ],
  },
  {
    name: 'no-effective-affinity',
    from: 'kernel',
    pattern: /irq_chip (?<chip>\S+) did not update eff\. affinity mask of irq (?<irq>\d+)/,
    means:
      'The chip of the interrupt does not say where it sends it: a defect of that chip’s driver; the interrupt works.',
    todo: ['report it to the driver of the chip'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
  {
    name: 'isolcpus-unknown-flag',
    from: 'kernel',
    pattern: /isolcpus: Skipped unknown flag (?<flag>\S+)/,
    means:
      'This kernel does not know that flag of isolcpus= and goes on without it: what it was to do is not done. managed_irq is known from 5.6 on.',
    todo: ['see the line in /proc/cmdline for a typing error; or the kernel is too old for it'],
    facts: (_, { kernel, housekeeping }) => [
      `rules of kernel ${kernel.profile.name} here: isolcpus=managed_irq is ${kernel.profile.isolatesManaged ? 'known' : 'not known'}, and ${housekeeping === undefined ? 'not in effect' : 'in effect'}`,
    ],
  },
  {
    name: 'nobody-cared',
    from: 'kernel',
    pattern: /irq (?<irq>\d+): nobody cared/,
    means:
      'The interrupt arrived 100,000 times and no handler said it was its own: the kernel disables it and may poll it. A line is shared wrongly or a device storms; vectors play no part.',
    todo: ['look which handlers share the line; try irqpoll only to find out'],
    facts: (quoted, machine) => ofIrq(machine, numberIn(quoted, 'irq')),
  },
];
