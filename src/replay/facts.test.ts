import { describe, expect, it } from 'vitest';
import { event, outline, type Sample, snapshotOf } from '../../test/replay/samples.ts';
import type { TinyIrq } from '../../test/tiny-machine.ts';
import { SnapshotFacts } from './facts.ts';

const TWO_NODES = {
  'sys/devices/system/node/online': '0-1\n',
  'sys/devices/system/node/node0/cpulist': '0-1\n',
  'sys/devices/system/node/node1/cpulist': '2-3\n',
};
const machine = (irqs: readonly TinyIrq[], files: Record<string, string> = {}) => ({
  irqs,
  files: { ...TWO_NODES, ...files },
});
const setUp = (irq: number): Sample[] => [event('vector_reserve', { irq }), event('vector_setup', { irq })];
const tearDown = (irq: number): Sample => event('vector_teardown', { irq });
const FILLER = event('irq_matrix_free', { online_maps: 4 });

describe('what snapshots tell of an interrupt', () => {
  it('is its node: from /proc, else of its device', () => {
    const facts = new SnapshotFacts(
      [
        snapshotOf(
          'a',
          5,
          machine(
            [
              { irq: 24, name: 'a', on: 0 },
              { irq: 25, name: 'b', on: 0, device: '0000:00:05.0' },
            ],
            {
              'proc/irq/24/node': '1\n',
              'sys/bus/pci/devices/0000:00:05.0/numa_node': '1\n',
            },
          ),
        ),
      ],
      outline([...setUp(24), ...setUp(25), FILLER, FILLER]),
    );
    expect(facts.of(24, 1).node).toBe(1);
    expect(facts.of(25, 3).node).toBe(1);
  });

  it('is no node where nothing tells, but for a machine of one node, where it makes no difference', () => {
    const bare = { irqs: [{ irq: 24, name: 'a', on: 0 }] };
    const life = outline([...setUp(24), FILLER]);
    expect(new SnapshotFacts([snapshotOf('a', 2, machine(bare.irqs))], life).of(24, 1).node).toBeUndefined();
    expect(new SnapshotFacts([snapshotOf('a', 2, bare)], life).of(24, 1).node).toBe(-1);
  });

  it('is of the lifetime in which it was seen, not of another that has the number', () => {
    const life = outline([...setUp(24), tearDown(24), ...setUp(24), FILLER]);
    const facts = new SnapshotFacts(
      [snapshotOf('a', 5, { irqs: [{ irq: 24, name: 'second', on: 0, chip: 'PCI-MSIX-0000:00:05.0' }] })],
      life,
    );
    expect(facts.of(24, 4).name).toBe('second');
    expect(facts.of(24, 1).name).toBeUndefined();
    expect(facts.lifetimeAt(24, 1)).toMatchObject({ from: 0, to: 2 });
    expect(facts.lifetimeAt(24, 4)).toMatchObject({ from: 3 });
  });

  it('is the mask of a managed interrupt, or the CPUs of its reservation where none shows it', () => {
    const managed = (irq: number): Sample[] => [
      event('irq_matrix_reserve_managed', { cpu: 2, online_maps: 4 }),
      event('vector_reserve_managed', { irq }),
      event('vector_setup', { irq }),
    ];
    const facts = new SnapshotFacts(
      [snapshotOf('a', 9, { irqs: [{ irq: 30, name: 'q', on: 2, mask: '2-3' }] })],
      outline([...managed(30), ...managed(31), ...setUp(32), FILLER, FILLER]),
    );
    expect(`${facts.of(30, 2).managedMask}`).toBe('2-3');
    expect(`${facts.of(31, 5).managedMask}`).toBe('2');
    expect(facts.of(32, 7).managedMask).toBeUndefined();
  });

  it('is whether its device has spread others and kept this one outside', () => {
    const device = '0000:00:05.0';
    const managed = [
      event('irq_matrix_reserve_managed', { cpu: 2, online_maps: 4 }),
      event('vector_reserve_managed', { irq: 30 }),
      event('vector_setup', { irq: 30 }),
    ];
    const life = outline([...managed, ...setUp(29), ...setUp(40), FILLER, FILLER]);
    const irqs = [
      { irq: 29, name: 'config', on: 0, device },
      { irq: 30, name: 'queue', on: 2, device },
      { irq: 40, name: 'other', on: 0, device: '0000:00:06.0' },
    ];
    const facts = new SnapshotFacts([snapshotOf('a', 8, { irqs })], life);
    expect([29, 30, 40].map((irq) => facts.of(irq, 7).outsideSpread)).toEqual([true, false, false]);
  });

  it('is the chip: behind remapping every device is, also one that no snapshot shows', () => {
    const life = outline([...setUp(24), ...setUp(25), FILLER]);
    const at = (chip: string) =>
      new SnapshotFacts([snapshotOf('a', 4, { irqs: [{ irq: 24, name: 'a', on: 0, chip }] })], life);
    expect([at('IR-PCI-MSI').of(24, 1).chip.remapped, at('IR-PCI-MSI').of(25, 3).chip.remapped]).toEqual([
      true,
      true,
    ]);
    expect([at('PCI-MSI').of(24, 1).chip.remapped, at('PCI-MSI').of(25, 3).chip.remapped]).toEqual([
      false,
      false,
    ]);
    expect(at('IO-APIC').of(24, 1).chip.affinityBeforeStartup).toBe(false);
    expect(at('PCI-MSI').of(24, 1).chip.affinityBeforeStartup).toBe(true);
  });
});

describe('the next sight of an interrupt', () => {
  const life = outline([...setUp(24), FILLER, FILLER, tearDown(24), FILLER]);
  const facts = new SnapshotFacts(
    [
      snapshotOf('a', 2, { irqs: [{ irq: 24, name: 'a', on: 1 }] }),
      snapshotOf('b', 3, { irqs: [{ irq: 24, name: 'a', on: 2 }] }),
      snapshotOf('c', 5, { irqs: [{ irq: 24, name: 'other', on: 3 }] }),
    ],
    life,
  );

  it('is the first snapshot from there on', () => {
    expect(facts.nextSight(24, 0)?.snapshot.name).toBe('a');
    expect(facts.nextSight(24, 3)?.snapshot.name).toBe('b');
  });

  it('is none after it has gone, though another interrupt has its number', () => {
    expect(facts.nextSight(24, 4)).toBeUndefined();
  });
});
