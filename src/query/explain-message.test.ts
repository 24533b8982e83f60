import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { tinyState } from '../../test/tiny-machine.ts';
import { type ExplainedLine, explainMessage as schema } from '../format/explain-message.ts';
import * as failures from '../model/failures.ts';
import type { MachineState } from '../model/machine-state.ts';
import { explainMessagesOf } from './explain-message.ts';
import { MESSAGES } from './messages/catalogue.ts';

const MACHINE = drawMachine(`
  kernel 6.1
  cpu capacity other
    0       10     8
    1       10     0
    2       10     9
  30 on 1 mask 1-2
  31 on 2 mask 2 managed
`);

function ask(text: string, machine: MachineState = MACHINE): readonly ExplainedLine[] {
  const answer = explainMessagesOf(machine, text);
  expect(schema.parse(answer)).toEqual(answer);
  return answer.messages;
}

/** A line of each, as it is printed. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  'reservation-exceeds': [failures.RESERVATION_EXCEEDS],
  'affinity-broken': [failures.affinityBroken(55)],
  'managed-no-cpu': [failures.managedStartupNoCpu(30)],
  'managed-no-vector': [failures.managedStartupNoVector(30)],
  'cleanup-offline-cpu': [failures.cleanupForOfflineCpu(30, 2)],
  'pending-in-old-target': ['Moved interrupt pending in old target APIC 6'],
  'move-in-progress': [failures.moveInProgress(30, 38)],
  'cannot-disable-cpu': [
    failures.cannotDisableCpu(31, 116, 85),
    'CPU 0 has 4294967295 vectors, 589 available. Cannot disable CPU',
  ],
  'reserved-exceed-available': [failures.reservedExceedsAvailable(20, 7)],
  'cpu-disable-failed-4.14': [
    'CPU 3 disable failed: CPU has 116 vectors assigned and there are only 85 available.',
  ],
  'set-affinity-failed': [failures.setAffinityFailed(151, -28)],
  'no-longer-affine': [failures.noLongerAffine(30, 1)],
  'only-offline-cpus': [failures.onlyOfflineCpus('3', 30, 3)],
  'no-irq-handler': ['do_IRQ', 'common_interrupt', '__common_interrupt', 'plain'].map((prefix) =>
    failures.noHandler(prefix, 3, 37),
  ),
  'disabling-cpus': [failures.DISABLING_CPUS],
  'error-taking-cpu-down': [failures.errorTakingDown(1, -28)],
  'cpus-not-disabled': [failures.CPUS_NOT_DISABLED],
  'wakeup-pending': ['Wakeup pending. Abort CPU freeze'],
  'irte-exhausted': [failures.FAILED_TO_ALLOCATE_IRTE, failures.cannotAllocateEntry(0)],
  'free-already-free': [failures.freeingFreeIrq(30)],
  'unbalanced-enable': [failures.unbalancedEnable(30)],
  'flags-mismatch': [failures.flagsMismatch(0, 0x80, 'virtio418', 0x15a00, 'timer')],
  'no-effective-affinity': ['irq_chip gpio did not update eff. affinity mask of irq 30'],
  'isolcpus-unknown-flag': ['isolcpus: Skipped unknown flag manged_irq'],
  'nobody-cared': ['irq 16: nobody cared (try booting with the "irqpoll" option)'],
  'msix-after-msi': [failures.MSIX_AFTER_MSI, failures.MSIX_AFTER_MSI_OLD],
  'msi-after-msix': [failures.MSI_AFTER_MSIX],
  'i40e-reservation-failed': ['i40e 0000:03:00.0: MSI-X vector reservation failed: -28'],
  'i40e-vectors-limited': [
    'i40e 0000:03:00.0: MSI-X vector limit reached with 64, wanted 129, attempting to redistribute vectors',
  ],
  'sriov-msix-pool': [
    'ice 0000:03:00.0: Only 0 MSI-X interrupts available for SR-IOV. Not enough to support minimum of 2',
  ],
  'sriov-busy': ['igb 0000:01:00.0: 3 VFs already enabled. Disable before enabling 7 VFs'],
  'irqbalance-enospc': ['Cannot change IRQ 30 affinity: No space left on device'],
  'irqbalance-not-movable': [
    'Cannot change IRQ 31 affinity: Input/output error',
    'Cannot change IRQ 31 affinity: Permission denied',
    'Cannot change IRQ 31 affinity: Operation not permitted',
  ],
  'irqbalance-success': ['Cannot change IRQ 31 affinity: Success'],
  'irqbalance-einval': ['Cannot change IRQ 30 affinity: Invalid argument'],
  'irqbalance-beyond-cpus': [
    'Cannot change IRQ 30 affinity: Numerical result out of range',
    'Cannot change IRQ 30 affinity: Value too large for defined data type',
  ],
  'irqbalance-busy': ['Cannot change IRQ 30 affinity: Device or resource busy'],
  'irqbalance-banned': ["cannot change irq 31's affinity, add it to banned list"],
  'irqbalance-unmanaged': ['IRQ 31 affinity is now unmanaged'],
  'tuned-set-failed': ["Failed to set SMP affinity of IRQ 31 to '00000002': [Errno 5] Input/output error"],
  'tuned-not-supported': ['Setting SMP affinity of IRQ 31 is not supported'],
  'tuned-verify-failed': ["verify: failed: 'IRQ 31 affinity' = '2', expected '0-1'"],
  'write-refused': [
    'bash: echo: write error: Input/output error',
    'tee: /proc/irq/31/smp_affinity: Operation not permitted',
  ],
  'write-no-space': [
    '-bash: echo: write error: No space left on device',
    'tee: /proc/irq/30/smp_affinity_list: No space left on device',
  ],
};

describe('the messages that are known', () => {
  it.each(MESSAGES.map(({ name }) => name))(
    '%s is found in a line of its own, behind what a logger puts before it',
    (name) => {
      const samples = SAMPLES[name] ?? [];
      expect(samples).not.toEqual([]);
      for (const sample of samples) {
        for (const line of [sample, `[   12.345678] ${sample}`, `Nov 22 10:00:00 host kernel: ${sample}`]) {
          const [found, ...more] = ask(line);
          expect([found?.name, found?.text, more]).toEqual([name, line, []]);
        }
      }
    },
  );

  it('have names of their own, and say what to do', () => {
    expect(new Set(MESSAGES.map(({ name }) => name)).size).toBe(MESSAGES.length);
    for (const { todo, means } of MESSAGES)
      expect([todo.length > 0, means.endsWith('.')]).toEqual([true, true]);
  });
});

describe('what of this machine matters to a message', () => {
  const facts = (text: string, machine?: MachineState): readonly string[] =>
    ask(text, machine)[0]?.facts ?? [];

  it('the interrupt, and the room in its mask', () => {
    const [irq, room] = facts(failures.affinityBroken(30));
    expect(irq).toMatch(/^IRQ 30 here: .*holds .* on CPU 1; may go to CPU 1-2/);
    expect(room).toBe('vectors left on the online CPUs of its mask 1-2: 9 (CPU 1: 9, CPU 2: 0); full: CPU 2');
    expect(facts(failures.affinityBroken(77))).toEqual(['there is no IRQ 77 here (now)']);
  });

  it('whether the CPU could go now', () => {
    expect(facts(failures.cannotDisableCpu(2, 116, 85))).toEqual([
      'it was short of 31 vectors then',
      'CPU 2 now: 9 vectors would have to move, 11 are available on the others: it could go',
    ]);
    expect(facts(failures.cannotDisableCpu(9, 2, 1))[1]).toBe('there is no CPU 9 here');
  });

  it('whose vector it is: of an interrupt, an old one, the PIC, or nobody’s', () => {
    const vector = {
      ...MACHINE,
      irqs: MACHINE.irqs.map((irq) => (irq.irq === 30 ? { ...irq, vector: 37 as typeof irq.vector } : irq)),
    };
    expect(facts('do_IRQ: 1.37 No irq handler for vector', vector)).toEqual([
      expect.stringMatching(/^vector 37 on CPU 1 is that of IRQ 30/),
    ]);
    expect(facts('do_IRQ: 1.38 No irq handler for vector', vector)).toEqual([
      'nothing has vector 38 on CPU 1 now: whatever had it moved away or was freed',
    ]);
    expect(facts('do_IRQ: 1.55 No irq handler for vector', vector)[0]).toBe(
      'vector 55 is where the legacy PIC delivers ISA interrupt 7, the one on which a PIC (8259) signals what it cannot tell: spurious, and harmless',
    );
    expect(facts('No irq handler for 9.37', vector)).toEqual(['there is no CPU 9 here']);
    const tiny = tinyState({ irqs: [{ irq: 30, name: 'eth0', on: 1, mask: '1' }] });
    expect(facts('common_interrupt: 1.37 No irq handler for vector', tiny)).toEqual([
      'which interrupt has vector 37 is only in debugfs, which was not readable; CPU 1 now has IRQ 30 (eth0)',
    ]);
  });

  it('the errno, and whether this kernel tries other CPUs', () => {
    const older = facts(failures.setAffinityFailed(30, -28));
    expect(older[0]).toBe('-28 is ENOSPC: no vector left where it was looked for');
    expect(older.at(-1)).toBe('this kernel does not try other CPUs then (before 6.10)');
    expect(
      facts(failures.setAffinityFailed(30, -28), drawMachine('kernel 6.12\ncpu other\n0 0')).at(-1),
    ).toBe('this kernel tries all online CPUs then (6.10)');
  });

  it('which interrupts cannot be moved, and the errno that this kernel has for it', () => {
    const [irq, managed] = facts('Cannot change IRQ 31 affinity: Success');
    expect(irq).toContain('managed (');
    expect(managed).toBe('managed here: 1 of 2 interrupts; a write to them answers EIO');
  });
});

describe('a whole log', () => {
  it('has each message once, with the number of lines that say it, in order', () => {
    const text = [
      'Linux version 6.1.0',
      '',
      failures.noLongerAffine(30, 1),
      failures.noLongerAffine(31, 1),
      failures.DISABLING_CPUS,
      failures.noLongerAffine(30, 1),
      '',
    ].join('\n');
    const answer = explainMessagesOf(MACHINE, text);
    expect(answer.messages.map(({ line, count, text: first }) => [line, count, first])).toEqual([
      [2, 2, failures.noLongerAffine(30, 1)],
      [3, 1, failures.noLongerAffine(31, 1)],
      [4, 1, failures.DISABLING_CPUS],
    ]);
    expect([answer.read, answer.unknown]).toEqual([5, 1]);
  });
});
