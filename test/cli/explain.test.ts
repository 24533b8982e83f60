import { describe, expect, it } from 'vitest';
import { explain } from '../../src/format/explain.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { machineFolder } from './machines.ts';
import { complaintOf, irqspace, jsonOf } from './run.ts';

describe('irqspace explain', () => {
  const root = (): string => machineFolder(tempDir());

  it('says who owns an interrupt, where it is and may go, and what happens when its CPU goes', () => {
    const { code, stdout } = irqspace('explain', '26', '--root', root());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^IRQ 26: requested by nvme0q2, PCI device 0000:00:01\.0/);
    expect(stdout).toContain('on CPU 1\n  may go to CPU 1 (smp_affinity)\n  managed (');
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
    expect(complaint()).toBe("missing required argument 'irq'");
    expect(complaint('999')).toBe(`explain: ${machine} has no IRQ 999`);
    for (const garbage of ['x', '24x', '', '1.5', '-1', '0x18', '99999999', '2 4']) {
      expect(complaint(garbage)).toBe(
        `explain: expected an IRQ number as in /proc/interrupts, found "${garbage}"`,
      );
    }
    expect(complaint('24', '25')).toContain('too many arguments');
  });
});
