import { describe, expect, it } from 'vitest';
import { MemoryTree } from '../../test/memory-tree.ts';
import { PC_SYSTEM_VECTORS, type TinyIrq, tinyState, tinyTree, vectorText } from '../../test/tiny-machine.ts';
import { exactly, range } from '../base/range.ts';
import { asIrq } from '../model/ids.ts';
import type { CpuState } from '../model/machine-state.ts';
import { explainOf } from '../query/explain.ts';
import { fitsOf } from '../query/fits.ts';
import { reportOf } from '../query/report.ts';
import { inferState } from './infer.ts';
import { observeTree } from './observe-tree.ts';

const NVME = { device: '0000:01:00.0', driver: 'nvme' };
const IRQS: readonly TinyIrq[] = [
  { irq: 24, name: 'nvme0q0', on: 0, counts: [9], ...NVME },
  { irq: 25, name: 'nvme0q1', on: 1, mask: '0-1', counts: [0, 8], ...NVME },
  { irq: 26, name: 'nvme0q2', on: 2, mask: '2-3', counts: [0, 0, 7], ...NVME },
  { irq: 30, name: 'eth0', on: 3, counts: [0, 0, 0, 40], device: '0000:02:00.0', driver: 'e1000e' },
];

const lone = (path: string, text: string) =>
  inferState(observeTree(new MemoryTree('one file', { files: new Map([[path, text]]) })));

/** available, managed, in use of the managed, allocated. */
const figures = ({ available, managed, managedAllocated, allocated }: CpuState) => [
  available,
  managed,
  managedAllocated,
  allocated,
];

describe('inferState from procfs and sysfs', () => {
  it('is exact where every interrupt is known', () => {
    const state = tinyState({ irqs: IRQS });
    expect(state.doubts).toEqual([]);
    // Counted, not read: it rests on rules, however sure the figures are.
    expect(state.certainty).toBe('bounded');
    expect(state.cpus.map((cpu) => cpu.capacity)).toEqual(new Array(4).fill(exactly(201)));
    expect(state.cpus.map(figures)).toEqual([
      // The timer, nvme0q0, and what nvme0q1 sets aside.
      [198, 1, 0, 2].map(exactly),
      [200, 1, 1, 1].map(exactly),
      [200, 1, 1, 1].map(exactly),
      [199, 1, 0, 1].map(exactly),
    ]);
    expect(state.global).toEqual({
      available: exactly(797),
      // 1 to 15 but the cascade.
      reserved: exactly(14),
      totalAllocated: exactly(5),
    });
    expect(state.kernel).toMatchObject({ profile: { name: '6.1' }, assumption: undefined });
  });

  it('shows the old vector that debugfs names, and whose it is', () => {
    const debug =
      'handler:  handle_edge_irq\ndevice:   0000:02:00.0\nstatus:   0x00000000\ndstate:   0x1d401200\n' +
      '            IRQD_ACTIVATED\nnode:     0\naffinity: 3\neffectiv: 3\npending:  \ndomain:  PCI-MSI-3\n' +
      ' hwirq:   0x1\n chip:    PCI-MSI\n  flags:   0x0\n parent:\n    domain:  VECTOR\n     hwirq:   0x1e\n' +
      '     chip:    APIC\n      flags:   0x0\n     Vector:    37\n     Target:     3\n' +
      '     Previous vector:    34\n     Previous target:     1\n     move_in_progress: 1\n';
    const state = tinyState({ irqs: IRQS, files: { 'sys/kernel/debug/irq/irqs/30': debug } });
    expect(state.unplaced).toMatchObject([{ irq: 30, held: exactly(1), why: 'old', vector: 34 }]);
    expect(reportOf(state).irqs.find(({ irq }) => irq === 30)?.oldVector).toEqual({
      cpus: '1',
      certain: true,
      vector: 34,
    });
    expect(explainOf(state, 30)?.facts).toContain(
      'holds vector 34 too, on CPU 1, which it left, until its next interrupt',
    );
  });

  it('counts what managed interrupts set aside on CPUs that are offline, and those shut down nowhere else', () => {
    const irqs: TinyIrq[] = [
      { irq: 25, name: 'nvme0q1', on: 0, mask: '0,3', counts: [1], ...NVME },
      { irq: 26, name: 'nvme0q2', on: 0, mask: '2-3', ...NVME },
    ];
    const state = tinyState({ irqs, online: [0, 1] });
    expect(state.irqs.find(({ irq }) => irq === 26)).toMatchObject({ phase: 'shutdown', cpu: undefined });
    expect(state.cpus.map(({ managed }) => managed.max)).toEqual([1, 0, 1, 2]);
    expect(state.cpus.map(({ managedAllocated }) => managedAllocated.max)).toEqual([1, 0, 0, 0]);
    expect(state.cpus.map(({ online }) => online)).toEqual([true, true, false, false]);
  });

  it('a driver that the catalogue does not know makes bounds that hold both answers', () => {
    const irqs: TinyIrq[] = [{ irq: 30, name: 'mine', on: 1, mask: '0-1', counts: [0, 3] }];
    const state = tinyState({ irqs });
    expect(state.certainty).toBe('bounded');
    expect(state.cpus.slice(0, 3).map(figures)).toEqual([
      [range(199, 200), range(0, 1), exactly(0), exactly(1)],
      [exactly(200), range(0, 1), range(0, 1), exactly(1)],
      [exactly(201), exactly(0), exactly(0), exactly(0)],
    ]);
    expect(state.doubts).toMatchObject([
      { kind: 'managed', irqs: [30], text: 'it cannot be told whether 1 interrupt is managed: mine' },
    ]);
  });

  it('names at most five drivers that are not known', () => {
    const irqs = Array.from({ length: 7 }, (_, n): TinyIrq => ({ irq: 30 + n, name: `dev${n}`, on: 1 }));
    const text = tinyState({ irqs }).doubts[0]?.text;
    expect(text).toContain('7 interrupts are managed: dev0, dev1, dev2, dev3, dev4 and 2 more');
  });

  it('an interrupt without an effective CPU is somewhere', () => {
    const irqs: TinyIrq[] = [{ irq: 30, name: 'eth0', mask: '1-2', device: '0000:02:00.0', driver: 'igb' }];
    const state = tinyState({ irqs });
    expect(state.unplaced).toMatchObject([{ irq: 30, held: exactly(1), why: 'no-effective-affinity' }]);
    expect(String(state.unplaced[0]?.cpus)).toBe('0-3');
    expect(state.cpus.map(({ allocated }) => allocated)).toEqual([
      range(1, 2),
      ...new Array(3).fill(range(0, 1)),
    ]);
    expect(state.global.totalAllocated).toEqual(exactly(2));
    expect(state.doubts.map(({ kind }) => kind)).toEqual(['affinity']);
  });

  it('a plain MSI that nobody requested may hold a vector, an MSI-X holds none', () => {
    const device = { device: '0000:02:00.0', driver: 'ahci' };
    const msi = tinyState({ irqs: [{ irq: 30, msi: 'msi', ...device }] });
    expect(msi.unplaced).toMatchObject([{ irq: 30, held: range(0, 1), why: 'unrequested' }]);
    expect(msi.doubts.map(({ kind }) => kind)).toEqual(['unrequested']);
    const msix = tinyState({ irqs: [{ irq: 30, msi: 'msix', ...device }] });
    expect(msix.unplaced).toEqual([]);
    expect(msix.global.reserved.max - tinyState({}).global.reserved.max).toBe(1);
  });

  it('an affinity write that waits is seen by the mask', () => {
    const irqs: TinyIrq[] = [
      { irq: 30, name: 'eth0', on: 1, mask: '3', counts: [0, 5], device: '0000:02:00.0', driver: 'igb' },
    ];
    expect(tinyState({ irqs }).irqs.find(({ irq }) => irq === 30)).toMatchObject({
      movePending: true,
      cpu: 1,
    });
  });

  it('behind remapping nothing waits: an interrupt outside of its mask found no vector in it', () => {
    const irqs: TinyIrq[] = [{ irq: 30, name: 'eth0', on: 1, mask: '3', chip: 'IR-PCI-MSI' }];
    expect(tinyState({ irqs }).irqs.find(({ irq }) => irq === 30)).toMatchObject({
      movePending: false,
      cpu: 1,
    });
  });

  it('CPUs that may have been offline may have drifted, by what they have managed', () => {
    const stat = 'cpu0 100 0 100 99800\ncpu1 100 0 100 99800\ncpu2 100 0 100 50000\ncpu3 100 0 100 99800\n';
    const state = tinyState({ irqs: IRQS, files: { 'proc/stat': stat } });
    expect(state.cpus.map(({ drift }) => drift)).toEqual([exactly(0), exactly(0), range(-1, 1), exactly(0)]);
    expect(state.cpus[2]?.available).toEqual(range(199, 201));
    expect(state.doubts).toMatchObject([{ kind: 'drift', text: expect.stringContaining('CPU 2 may have') }]);
  });

  it('`isolcpus=managed_irq` leaves the other CPUs as housekeeping, from 5.6 on', () => {
    const files = { 'proc/cmdline': 'isolcpus=managed_irq,domain,1-2 quiet\n' };
    expect(String(tinyState({ files }).housekeeping)).toBe('0,3');
    expect(tinyState({ kernel: '5.4.200', files }).housekeeping).toBeUndefined();
    expect(tinyState({ files: { 'proc/cmdline': 'isolcpus=1-2\n' } }).housekeeping).toBeUndefined();
  });

  it('a machine without x86 vectors has its interrupts, and no figures', () => {
    const text =
      '           CPU0       CPU1\n 25:       9      12  GICv3  27 Level     arch_timer\nIPI0:      1      2  Rescheduling interrupts\n';
    const state = lone('proc/interrupts', text);
    expect(state.hasVectorDomain).toBe(false);
    expect(state.irqs.map(({ irq, phase }) => [irq, phase])).toEqual([[25, 'other']]);
    expect([state.certainty, state.doubts, state.missing]).toEqual(['bounded', [], []]);
    expect(state.cpus.map(({ capacity }) => capacity)).toEqual([exactly(0), exactly(0)]);
  });
});

describe('inferState from VECTOR', () => {
  const ROWS = [
    { cpu: 0, available: 196, managed: 2, mac: 1, vectors: [33, 34, 35, 48] },
    { cpu: 1, available: 199, managed: 2, mac: 2, vectors: [33, 34] },
  ];

  it('is exact, and what no interrupt explains has no name', () => {
    const state = tinyState({
      cpus: 2,
      irqs: [{ irq: 25, name: 'nvme0q1', on: 1, mask: '0-1', ...NVME }],
      files: { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(ROWS, { reserved: 12 }) },
    });
    expect(state.certainty).toBe('exact');
    expect(state.cpus.map(figures)).toEqual([[196, 2, 1, 4].map(exactly), [199, 2, 2, 2].map(exactly)]);
    expect(state.global).toEqual({
      available: exactly(395),
      reserved: exactly(12),
      totalAllocated: exactly(6),
    });
    expect(state.anonymous).toEqual([
      // The timer explains the other.
      { cpu: 0, regular: 2, managed: 1 },
      { cpu: 1, regular: 0, managed: 1 },
    ]);
    expect(state.systemVectors).toEqual(PC_SYSTEM_VECTORS);
    expect(state.cpus[0]?.allocMap).toEqual([33, 34, 35, 48]);
    expect(state.missing).toEqual([]);
  });

  it('shows the drift that the kernel’s counters have', () => {
    const rows = [{ cpu: 0, available: 195, managed: 1, mac: 0, vectors: [33] }];
    // 201 - 1 managed - 1 regular would be 199.
    expect(lone('sys/kernel/debug/irq/domains/VECTOR', vectorText(rows)).cpus[0]?.drift).toEqual(exactly(-4));
  });

  it('alone: the CPUs and their counters, the kernel assumed, and what another kernel would change', () => {
    const state = lone('sys/kernel/debug/irq/domains/VECTOR', vectorText(ROWS));
    expect(state.certainty).toBe('exact');
    expect(state.anonymous.map(({ regular }) => regular)).toEqual([3, 0]);
    expect(state.kernel.profile).toMatchObject({ name: '6.1', version: { patch: 192 } });
    expect(state.kernel.assumption).toBe(
      'the kernel is not named here: 6.1 is assumed (it could be any of 5.0 to 6.5); another kernel (--kernel) would change whether managed vectors count as having to move (a0b0bad10587, 6.1.63)',
    );
  });

  it('without the column of managed vectors in use, they are as many as the managed ones at most', () => {
    const rows = [
      { cpu: 0, available: 196, managed: 2, mac: undefined, vectors: [33, 34, 35, 48] },
      { cpu: 1, available: 199, managed: 2, mac: undefined, vectors: [33] },
    ];
    const state = lone('sys/kernel/debug/irq/domains/VECTOR', vectorText(rows));
    expect(state.cpus.map(({ managedAllocated }) => managedAllocated)).toEqual([range(0, 2), range(0, 1)]);
    expect(state.certainty).toBe('bounded');
    expect(state.kernel.profile.countsManagedAllocated).toBe(false);
  });

  it('an excerpt by itself shows its rows and decides nothing', () => {
    const rows = [
      { cpu: 0, available: 197, managed: 1, mac: 1, vectors: [33, 34, 35, 36] },
      { cpu: 1, available: 199, managed: 0, mac: 0, vectors: [33, 34] },
    ];
    const text = `${vectorText(rows).replace(/Online bitmaps: +2/, 'Online bitmaps:        9')}     ...\n`;
    const state = lone('sys/kernel/debug/irq/domains/VECTOR', text);
    expect(state).toMatchObject({
      certainty: 'bounded',
      uncountable: '7 of 9 CPUs are left out of the dump',
    });
    expect(state.cpus.map(({ allocated }) => allocated.min)).toEqual([4, 2]);
    const answer = fitsOf(state, [{ kind: 'suspend' }]);
    expect(answer).toMatchObject({ fits: null, doubts: expect.arrayContaining([state.uncountable]) });
    expect(answer.onePrimary).toBeUndefined();
  });

  it('a counter below zero decides nothing', () => {
    const rows = [0, 1].map((cpu) => ({ cpu, available: 201, managed: 0, mac: 0, vectors: [] }));
    const text = vectorText(rows).replace(/^( +1 +201 +0 +0 +)0/m, '$14294967295');
    const state = lone('sys/kernel/debug/irq/domains/VECTOR', text);
    expect(state.uncountable).toMatch(/^a counter of CPU 1 has gone below zero/);
    expect(fitsOf(state, [{ kind: 'offline', cpus: [1] }]).fits).toBeNull();
  });

  it('a torn dump gives way to procfs, and is bounded by itself', () => {
    const whole = vectorText(
      [0, 1, 2, 3].map((cpu) => ({ cpu, available: 200, managed: 0, mac: 0, vectors: [33] })),
    );
    const text = whole.replace(/(Global available: +)\d+/, '$1700');
    const path = 'sys/kernel/debug/irq/domains/VECTOR';
    const both = tinyState({ irqs: IRQS, files: { [path]: text } });
    expect(both.cpus.map(({ allocated }) => allocated.min)).toEqual([2, 1, 1, 1]);
    expect(both.missing.map(({ cost }) => cost)).toContain(
      'its figures are of different moments, and the counts are inferred',
    );
    expect(lone(path, text)).toMatchObject({ certainty: 'bounded', doubts: [{ kind: 'torn' }] });
  });

  it('without any list of interrupts nothing is claimed, and it is not called another architecture', () => {
    const files = new Map([
      ['proc/version', 'Linux version 6.1.0-56-amd64 (x) #1 SMP Debian 6.1.192-2\n'],
      ['sys/devices/system/cpu/online', '0-1\n'],
    ]);
    const state = inferState(observeTree(new MemoryTree('holes', { files })));
    expect(state.hasVectorDomain).toBe(true);
    expect(state.uncountable).toMatch(/^no interrupts are listed/);
    expect(
      state.cpus.every(({ available, capacity }) => available.max === capacity.max && available.min === 0),
    ).toBe(true);
    expect(fitsOf(state, [{ kind: 'hibernate' }]).fits).toBeNull();
  });

  it('an excerpt of a dump is not taken for the machine', () => {
    const text = vectorText(ROWS).replace(/^ +1 .*$/m, ' ...');
    const state = tinyState({ cpus: 2, files: { 'sys/kernel/debug/irq/domains/VECTOR': text } });
    expect(state.cpus[0]?.allocMap).toBeUndefined();
    expect(state.missing.map(({ cost }) => cost)).toContain('lines were left out of the dump');
  });

  it('with /proc/interrupts alone beside it, no vector is counted twice', () => {
    const rows = [
      { cpu: 0, available: 199, managed: 0, mac: 0, vectors: [33, 48] },
      { cpu: 1, available: 201, managed: 0, mac: 0, vectors: [] },
    ];
    const state = tinyState({
      cpus: 2,
      irqs: [
        { irq: 30, name: 'eth0', device: '0000:02:00.0', driver: 'igb' },
        { irq: 31, name: 'eth0-rx', device: '0000:02:00.0', driver: 'igb' },
      ],
      without: ['proc/irq/', 'sys/kernel/irq/'],
      files: { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(rows) },
    });
    expect(state.anonymous.map(({ cpu, regular }) => [cpu, regular])).toEqual([[0, 2]]);
    expect(state.cpus[0]?.allocated).toEqual(exactly(2));
  });
});

describe('inferState of a collection with holes', () => {
  const missing = (...without: string[]) => tinyState({ irqs: IRQS, without });

  it('an sosreport without /sys/kernel/irq: reservations are bounded, vectors in use are not', () => {
    const state = missing('sys/kernel/irq/');
    expect(state.cpus.map(({ allocated }) => allocated.max)).toEqual([2, 1, 1, 1]);
    expect(state.global.reserved.max - state.global.reserved.min).toBeGreaterThanOrEqual(24);
    expect(state.missing.map(({ path }) => path)).toContain('sys/kernel/irq');
  });

  it('without PCI devices the names of the interrupts tell what they can', () => {
    const state = missing('sys/bus/');
    const managed = new Map(state.irqs.map(({ irq, managed: value }) => [irq, value]));
    expect([24, 25, 30].map((irq) => managed.get(asIrq(irq)))).toEqual([false, true, undefined]);
    expect(state.missing.map(({ path }) => path)).toContain('sys/bus/pci/devices');
  });

  it('without /proc/irq no CPU and no mask is known', () => {
    const state = missing('proc/irq/');
    expect(state.irqs.filter(({ phase }) => phase === 'active').every(({ cpu }) => cpu === undefined)).toBe(
      true,
    );
    expect(state.missing.map(({ path }) => path)).toContain('proc/irq');
  });

  it('a lone /proc/interrupts: the CPUs of its header, everything else bounds', () => {
    const text = String(tinyTree({ irqs: IRQS, online: [0, 2] }).readText('proc/interrupts'));
    const state = lone('proc/interrupts', text);
    expect(state.hasVectorDomain).toBe(true);
    expect(state.cpus.map(({ cpu }) => cpu)).toEqual([0, 2]);
    // The timer tells of a PIC; nothing tells of vector 128.
    expect(state.cpus[0]?.capacity).toEqual(range(201, 202));
    expect(state.kernel.assumption).toContain('the kernel is not named here: 6.1 is assumed');
    expect(state.doubts.map(({ kind }) => kind)).toEqual(['capacity', 'affinity', 'managed', 'drift']);
  });

  it('every source that is missing is listed with what it costs', () => {
    const interrupts = String(tinyTree({ irqs: IRQS }).readText('proc/interrupts'));
    const files = new Map([
      ['proc/interrupts', interrupts],
      ['proc/cmdline', 'quiet\n'],
    ]);
    const state = inferState(observeTree(new MemoryTree('few files', { files })));
    expect(state.missing.map(({ path }) => path)).toEqual([
      'sys/kernel/debug/irq/domains/VECTOR',
      'sys/kernel/irq',
      'proc/irq',
      'sys/bus/pci/devices',
      'sys/devices/system/cpu/present',
      'proc/version',
      'proc/stat',
    ]);
    expect(lone('proc/interrupts', interrupts).missing.map(({ path }) => path)).toEqual(['everything else']);
    for (const { cost } of state.missing) expect(cost).toMatch(/\w{3}/);
  });

  it('what root could read is told apart', () => {
    const o = observeTree(tinyTree({ irqs: IRQS }));
    const state = inferState({ ...o, denied: ['sys/kernel/debug/irq/domains/VECTOR'] });
    expect(state.missing).toMatchObject([
      { path: 'sys/kernel/debug/irq/domains/VECTOR (not readable without root)' },
    ]);
  });
});
