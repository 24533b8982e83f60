/** What the PCI core and drivers print when interrupts are not to be had. */
import type { MessageEntry } from './entry.ts';
import { ofMachine } from './facts.ts';

export const DEVICE_MESSAGES: readonly MessageEntry[] = [
  {
    name: 'msix-after-msi',
    from: 'kernel',
    pattern: /can't enable MSI-X \((?:MSI IRQ already assigned|MSI already enabled)\)/,
    means:
      'A driver asked for MSI-X while MSI is on for the device: EINVAL. A defect of the driver, or two drivers on one device.',
    todo: ['unbind and bind the device; report it to the driver'],
  },
  {
    name: 'msi-after-msix',
    from: 'kernel',
    pattern: /can't enable MSI \(MSI-X already enabled\)/,
    means: 'A driver asked for MSI while MSI-X is on for the device: EINVAL.',
    todo: ['unbind and bind the device; report it to the driver'],
  },
  {
    name: 'i40e-reservation-failed',
    from: 'driver',
    pattern: /MSI-X vector reservation failed: (?<ret>-?\d+)/,
    means: 'i40e got no MSI-X interrupts at all and goes on with MSI or its line, with one queue.',
    todo: [
      '-28: no vectors were left when it was probed: irqspace report; -12: no interrupt numbers or remapping entries',
    ],
    facts: (_, machine) => ofMachine(machine),
  },
  {
    name: 'i40e-vectors-limited',
    from: 'driver',
    pattern:
      /MSI-X vector limit reached with (?<got>\d+), wanted (?<wanted>\d+), attempting to redistribute vectors/,
    means:
      'i40e got fewer MSI-X interrupts than it asked for and shares them among queues, Flow Director, VMDq and RDMA.',
    todo: [
      'it is usually the device’s own pool (shared by ports and virtual functions), not the CPUs’ vectors',
      'fewer virtual functions, or ports with fewer functions in the firmware, leave more to it',
    ],
    facts: (quoted, machine) => [`it got ${quoted.got} of ${quoted.wanted}`, ...ofMachine(machine)],
  },
  {
    name: 'sriov-msix-pool',
    from: 'driver',
    pattern: /Only (?<left>\d+) MSI-X interrupts available for SR-IOV/,
    means:
      'ice: what the physical function, RDMA and others took of the device’s MSI-X pool leaves too few for the virtual functions that were asked for. It is the device’s pool, not the CPUs’ vectors.',
    todo: [
      'lower what the physical function takes: devlink dev param set ... msix_vec_per_pf_max (6.14 and later), or without irdma',
      'ask for fewer virtual functions',
    ],
    facts: (_, machine) => ofMachine(machine),
  },
  {
    name: 'sriov-busy',
    from: 'kernel',
    pattern: /(?<has>\d+) VFs already enabled\. Disable before enabling (?<wanted>\d+) VFs/,
    means: 'sriov_numvfs can only be changed through 0: EBUSY.',
    todo: ['echo 0 > sriov_numvfs first; ask beforehand: irqspace fits --vfs BDF=N'],
  },
];
