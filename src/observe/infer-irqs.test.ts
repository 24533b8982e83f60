import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type TinyIrq, type TinyMachine, tinyState } from '../../test/tiny-machine.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/parse/${name}`, import.meta.url), 'utf8');

/** The interrupt of that number as it is inferred. */
function infer(irq: TinyIrq, machine: TinyMachine = {}) {
  const found = tinyState({ ...machine, irqs: [irq] }).irqs.find((some) => some.irq === irq.irq);
  if (found === undefined) throw new Error(`no interrupt ${irq.irq}`);
  return found;
}

const PCI = { device: '0000:01:00.0' };

describe('inferIrqs: managed or not', () => {
  it('6.12 and later tell by the mode of smp_affinity, against the catalogue', () => {
    const queue: TinyIrq = { irq: 30, name: 'nvme0q1', on: 1, driver: 'nvme', ...PCI };
    expect(infer({ ...queue, mode: 0o644 }, { kernel: '6.12.117' })).toMatchObject({
      managed: false,
      managedBy: 'mode of smp_affinity (0644)',
    });
    expect(infer({ ...queue, name: 'mine', mode: 0o444 }, { kernel: '6.12.117' })).toMatchObject({
      managed: true,
      managedBy: 'mode of smp_affinity (0444)',
    });
  });

  it('before 6.12 every mode is 0644, and says nothing', () => {
    const queue: TinyIrq = { irq: 30, name: 'nvme0q1', on: 1, mode: 0o644, driver: 'nvme', ...PCI };
    expect(infer(queue).managed).toBe(true);
  });

  it('modes that are not the kernel’s own say nothing either', () => {
    const queue: TinyIrq = { irq: 30, name: 'nvme0q1', on: 1, driver: 'nvme', ...PCI };
    expect(infer(queue, { kernel: '6.12.117' })).toMatchObject({
      managed: true,
      managedBy: expect.stringContaining('driver catalogue: nvme'),
    });
  });

  it('nvme with one vector: its queues share it, and nothing is managed', () => {
    expect(infer({ irq: 30, name: 'nvme0q0, nvme0q1', on: 1, driver: 'nvme', ...PCI }).managed).toBe(false);
  });

  it.each(['DMAR-MSI', 'HPET-MSI', 'IO-APIC', 'IR-IO-APIC'])('%s is never managed', (chip) => {
    expect(infer({ irq: 30, name: 'nvme0q1', on: 1, chip })).toMatchObject({
      managed: false,
      managedBy: `${chip} interrupts are never managed`,
    });
  });

  it('says why it cannot be told', () => {
    expect(infer({ irq: 30, name: 'x', on: 1, driver: 'mine', ...PCI })).toMatchObject({
      managed: undefined,
      managedBy: 'driver mine is not in the catalogue',
    });
    expect(infer({ irq: 30, name: 'x', on: 1 }).managedBy).toBe('driver not known');
  });

  it('one whose mask has no online CPU is managed and shut down: a regular one would have been moved', () => {
    const irq: TinyIrq = { irq: 30, name: 'x', on: 0, mask: '3', driver: 'mine', ...PCI };
    expect(infer(irq, { online: [0, 1] })).toMatchObject({
      managed: true,
      phase: 'shutdown',
      cpu: undefined,
    });
    const known: TinyIrq = { ...irq, name: 'eth0', driver: 'e1000e' };
    expect(infer(known, { online: [0, 1] })).toMatchObject({ managed: false, phase: 'active', cpu: 0 });
  });

  it('debugfs tells for certain', () => {
    const files = { 'sys/kernel/debug/irq/irqs/30': fixture('irq-managed') };
    expect(infer({ irq: 30, name: 'eth0', on: 1, driver: 'e1000e', ...PCI }, { files })).toMatchObject({
      managed: true,
      managedBy: 'debugfs irq/irqs',
      vector: expect.any(Number),
    });
  });
});

describe('inferIrqs: what it holds', () => {
  it.each([
    ['PCI-MSI', 'active'],
    ['IR-PCI-MSI', 'active'],
    ['PCI-MSIX-0000:00:01.0', 'active'],
    ['IR-PCI-MSIX-0000:00:01.0', 'active'],
    ['PCI-MSI-edge', 'active'],
    ['IR-IO-APIC', 'active'],
    ['DMAR-MSI', 'active'],
    ['HPET-MSI', 'active'],
    ['XT-PIC', 'legacy-pic'],
    ['xen-dyn', 'other'],
    ['VMD-MSI', 'other'],
    ['gpiochip0', 'other'],
  ])('an interrupt of %s that is requested is %s', (chip, phase) => {
    expect(infer({ irq: 30, name: 'x', on: 1, chip }).phase).toBe(phase);
  });

  it('nobody requested it: reserved where /sys/kernel/irq says so', () => {
    expect(infer({ irq: 30, ...PCI }).phase).toBe('reserved');
  });

  it('a freed interrupt without /sys/kernel/irq: it cannot be told', () => {
    const files = {
      'proc/interrupts':
        '       CPU0 CPU1\n 0: 1 1 IO-APIC 2-edge timer\n 30: 4 4 PCI-MSI 240-edge\nTLB: 1 1 TLB shootdowns\n',
      'proc/irq/30/smp_affinity_list': '0-1\n',
      'proc/irq/30/effective_affinity_list': '1\n',
    };
    const state = tinyState({ cpus: 2, without: ['sys/kernel/irq/'], files });
    expect(state.irqs.find(({ irq }) => irq === 30)).toMatchObject({ phase: 'unknown', name: '' });
  });

  it('the PIC’s own in debugfs is on no CPU', () => {
    const files = { 'sys/kernel/debug/irq/irqs/2': fixture('irq-pic') };
    const state = tinyState({ files });
    expect(state.irqs.find(({ irq }) => irq === 2)).toMatchObject({ phase: 'legacy-pic', cpu: undefined });
  });

  it('knows the device and its driver', () => {
    expect(infer({ irq: 30, name: 'x', on: 2, driver: 'nvme', ...PCI })).toMatchObject({
      device: '0000:01:00.0',
      driver: 'nvme',
      cpu: 2,
      movePending: false,
    });
  });

  it.each([
    ['IRQD_SETAFFINITY_PENDING', true],
    ['IRQD_AFFINITY_SET', false],
  ])(
    'debugfs tells whether an interrupt outside of its mask waits to move there: %s',
    (state, movePending) => {
      const text = fixture('irq-managed').replace(/IRQD_AFFINITY_MANAGED/, state);
      const files = { 'sys/kernel/debug/irq/irqs/30': text.replace(/affinity: .*/, 'affinity: 3') };
      const irqs: TinyIrq[] = [{ irq: 30, name: 'eth0', on: 1, mask: '3' }];
      const found = tinyState({ irqs, files }).irqs.find(({ irq }) => irq === 30);
      expect(found).toMatchObject({ movePending, cpu: 1 });
    },
  );
});
