/** What plans need to know of a machine, from its files. */
import { describe, expect, it } from 'vitest';
import { type TinyMachine, tinyState } from '../../test/tiny-machine.ts';

const DEVICE = '0000:01:00.0';

function irqOf(irq: number, machine: TinyMachine) {
  return tinyState(machine).irqs.find((one) => one.irq === irq);
}

describe('an interrupt', () => {
  const irqs = [{ irq: 40, name: 'eth0', on: 1, device: DEVICE, driver: 'e1000e' }];

  it('is on the node that procfs shows, else on that of its device; -1 is none', () => {
    const device = { [`sys/bus/pci/devices/${DEVICE}/numa_node`]: '1\n' };
    expect(irqOf(40, { irqs })?.node).toBeUndefined();
    expect(irqOf(40, { irqs, files: device })?.node).toBe(1);
    expect(irqOf(40, { irqs, files: { ...device, 'proc/irq/40/node': '0\n' } })?.node).toBe(0);
    expect(irqOf(40, { irqs, files: { 'proc/irq/40/node': '-1\n' } })?.node).toBeUndefined();
  });

  it('has the hint of its driver, where that is not empty', () => {
    expect(String(irqOf(40, { irqs, files: { 'proc/irq/40/affinity_hint': '6\n' } })?.hint)).toBe('1-2');
    expect(irqOf(40, { irqs, files: { 'proc/irq/40/affinity_hint': '0\n' } })?.hint).toBeUndefined();
  });

  it('that user space cannot set says why: the timer, the PIC, an HPET channel, what debugfs tells', () => {
    const more = [
      ...irqs,
      { irq: 50, name: 'hpet2', chip: 'HPET-MSI', on: 0 },
      { irq: 51, name: 'x', chip: 'IO-APIC', on: 0 },
      { irq: 52, name: 'y', chip: 'IO-APIC', on: 0 },
    ];
    const debug = (flag: string): string =>
      `handler:  handle_edge_irq\nstatus:   0x00000000\ndstate:   0x01401200\n            ${flag}\nnode:     0\naffinity: 0-3\n`;
    const machine = {
      irqs: more,
      files: {
        'sys/kernel/debug/irq/irqs/51': debug('IRQD_NO_BALANCING'),
        'sys/kernel/debug/irq/irqs/52': debug('IRQD_PER_CPU'),
      },
    };
    expect(irqOf(40, machine)?.fixed).toBeUndefined();
    expect(irqOf(0, machine)?.fixed).toBe('the timer is not balanced');
    expect(irqOf(2, machine)?.fixed).toBe('the legacy PIC has no affinity');
    expect(irqOf(50, machine)?.fixed).toBe('an HPET channel is not balanced');
    expect(irqOf(51, machine)?.fixed).toContain('IRQD_NO_BALANCING');
    expect(irqOf(52, machine)?.fixed).toContain('IRQD_PER_CPU');
  });
});

describe('isolated CPUs', () => {
  const isolated = (cmdline: string): string | undefined =>
    tinyState({ files: { 'proc/cmdline': `${cmdline}\n` } }).isolated?.toString();

  it('are those of isolcpus, whatever its flags, and of nohz_full', () => {
    expect(isolated('quiet')).toBe('');
    expect(isolated('isolcpus=2-3')).toBe('2-3');
    expect(isolated('isolcpus=managed_irq,domain,3 nohz_full=1')).toBe('1,3');
    expect(isolated('nohz_full=2-N')).toBe('2-3');
  });

  it('are not known without the command line', () => {
    expect(tinyState({ without: ['proc/cmdline'] }).isolated).toBeUndefined();
  });
});
