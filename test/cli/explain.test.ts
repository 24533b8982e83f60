import { describe, expect, it } from 'vitest';
import { explain } from '../../src/format/explain.ts';
import { explainMessage } from '../../src/format/explain-message.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { machineFolder } from './machines.ts';
import { complaintOf, irqspace, jsonOf, MAIN, type Ran, run } from './run.ts';

describe('irqspace explain', () => {
  const root = (): string => machineFolder(tempDir());

  it('says who owns an interrupt, where it is and may go, and what happens when its CPU goes', () => {
    const { code, stdout } = irqspace('explain', '26', '--root', root());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^IRQ 26: requested by nvme0q2, PCI device 0000:00:01\.0/);
    expect(stdout).toContain(
      'on CPU 1\n  may go to CPU 1 (smp_affinity)\n  CPU 1 is the only online one of its mask\n  managed (',
    );
    expect(stdout).toContain('when CPU 1 goes offline it is shut down');
  });

  it('answers in JSON that the schema accepts', () => {
    const answer = explain.parse(jsonOf(irqspace('explain', '25', '--json', '--root', root())));
    expect(answer.irq).toMatchObject({ irq: 25, name: 'nvme0q1', cpu: 0, managed: true });
    expect(answer.whenCpuGoes).toBe('CPU 0 never goes offline');
  });

  it('wants one IRQ that the machine has', () => {
    const machine = root();
    const complaint = (...args: string[]): string =>
      complaintOf(irqspace('explain', ...args, '--root', machine));
    expect(complaint()).toBe("missing required argument 'irq|message'");
    expect(complaint('999')).toBe(`explain: ${machine} has no IRQ 999`);
    for (const garbage of ['x', '24x', '', '1.5', '-1', '0x18', '99999999', '2 4']) {
      expect(complaint(garbage)).toBe(
        'explain: expected an IRQ number as in /proc/interrupts, or a message of the kernel, irqbalance or tuned that is known',
      );
    }
  });

  it('explains a message in as many words as it has, with what matters here', () => {
    const machine = root();
    const quoted = irqspace(
      'explain',
      'irq 26: Affinity broken due to vector space exhaustion.',
      '--root',
      machine,
    );
    const loose = irqspace(
      'explain',
      'irq',
      '26:',
      'Affinity',
      'broken',
      'due',
      'to',
      'vector',
      'space',
      'exhaustion.',
      '--root',
      machine,
    );
    expect(quoted.code).toBe(0);
    expect(quoted.stdout).toMatch(
      /^irq 26: Affinity broken due to vector space exhaustion\.\n {2}kernel: When the/,
    );
    expect(quoted.stdout).toContain('* IRQ 26 here: requested by nvme0q2');
    expect(loose.stdout).toBe(quoted.stdout);
    const answer = explainMessage.parse(
      jsonOf(irqspace('explain', 'No irq handler for 1.55', '--json', '--root', machine)),
    );
    expect(answer.messages).toMatchObject([{ name: 'no-irq-handler', count: 1 }]);
  });

  it('explains the lines of a log that it knows, and says how many it does not', () => {
    const explainLog = (input: string): Ran =>
      run(process.execPath, [MAIN, 'explain', '-', '--root', root()], { input });
    const log = 'Linux version 6.1\nDisabling non-boot CPUs ...\nIRQ 26: no longer affine to CPU1\n';
    const ran = explainLog(log);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /^Disabling non-boot CPUs \.\.\.\n[\s\S]*\n\nIRQ 26: no longer affine to CPU1\n[\s\S]*\n\n1 line of 3 not known to irqspace\n$/,
    );
    expect(explainLog('nothing here\n')).toMatchObject({
      code: 0,
      stdout: '1 line of 1 not known to irqspace\n',
    });
  });
});
