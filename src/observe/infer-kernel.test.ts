import { describe, expect, it } from 'vitest';
import { MemoryTree } from '../../test/memory-tree.ts';
import {
  PC_SYSTEM_VECTORS,
  type TinyMachine,
  tinyState,
  tinyTree,
  vectorText,
} from '../../test/tiny-machine.ts';
import { ensure } from '../base/assert.ts';
import { exactly, range } from '../base/range.ts';
import { profileNamed } from '../model/kernel-profile.ts';
import { inferState } from './infer.ts';
import { observeTree } from './observe-tree.ts';

const dump = (text: string) =>
  inferState(
    observeTree(
      new MemoryTree('a dump', { files: new Map([['sys/kernel/debug/irq/domains/VECTOR', text]]) }),
    ),
  ).kernel;

const row = (capacity: number, mac: number | undefined) => [
  { cpu: 0, available: capacity - 2, managed: 1, mac, vectors: [33] },
  { cpu: 1, available: capacity - 2, managed: 1, mac, vectors: [33] },
];
const NO_CLEANUP = PC_SYSTEM_VECTORS.filter((vector) => vector !== 32);

describe('inferKernel', () => {
  it('takes the kernel that /proc/version names, with its stable level', () => {
    const kernel = (version: string) => tinyState({ kernel: version }).kernel;
    expect(kernel('6.1.62').profile.allocatedExcludesManaged).toBe(false);
    expect(kernel('6.1.63').profile.allocatedExcludesManaged).toBe(true);
    expect(kernel('7.2.12')).toMatchObject({
      release: '7.2.12',
      profile: { name: '7.2' },
      assumption: undefined,
    });
  });

  it('an override wins over it', () => {
    const state = tinyState({ kernel: '6.1.192' }, ensure(profileNamed('7.2'), '7.2'));
    expect(state.kernel).toMatchObject({
      release: '6.1.192',
      profile: { name: '7.2' },
      assumption: undefined,
    });
  });

  it('says that a kernel is newer than those whose rules are known', () => {
    expect(tinyState({ kernel: '7.3.1' }).kernel).toMatchObject({
      profile: { name: '7.2' },
      assumption: 'kernel 7.3.1 is newer than 7.2, the newest whose rules are known: these are used',
    });
  });

  it('says that kernels before 4.15 are not modelled', () => {
    expect(tinyState({ kernel: '4.9.100' }).kernel).toMatchObject({
      profile: { name: '4.15' },
      assumption: expect.stringContaining('kernel 4.9.100 allocates vectors by the rules before 4.15'),
    });
  });

  it.each([
    ['with the clean-up vector and 201 vectors: 5.0 to 6.5', 201, 0, PC_SYSTEM_VECTORS, '6.1', '5.0 to 6.5'],
    ['without it and 202: 6.6 to 6.9', 202, 0, NO_CLEANUP, '6.9', '6.6 to 6.9'],
    ['without it and 201: 6.10 and later', 201, 0, NO_CLEANUP, '7.2', '6.10 to 7.2'],
    ['without `mac`: 4.16 to 4.20', 201, undefined, PC_SYSTEM_VECTORS, '4.20', '4.16 to 4.20'],
    [
      '203 vectors without `mac`: 4.15',
      203,
      undefined,
      PC_SYSTEM_VECTORS.filter((v) => v !== 236),
      '4.15',
      '',
    ],
  ])('a lone dump %s', (_title, capacity, mac, system, name, span) => {
    const kernel = dump(vectorText(row(capacity, mac), { system }));
    expect(kernel.profile.name).toBe(name);
    expect(kernel.assumption).toContain(
      `${name} is assumed (${span === '' ? 'nothing else fits' : `it could be any of ${span}`})`,
    );
  });

  it('a single CPU whose counter drifted does not hide the kernel of the others', () => {
    const rows = [...row(202, 0), { cpu: 2, available: 150, managed: 1, mac: 0, vectors: [33] }];
    expect(dump(vectorText(rows, { system: NO_CLEANUP })).profile.name).toBe('6.9');
  });

  it('a chip with a PCI address in its name is of 6.2 or later', () => {
    const text = ' CPU0 CPU1\n 30: 1 1 PCI-MSIX-0000:00:01.0 0-edge eth0\nTLB: 1 1 TLB shootdowns\n';
    const kernel = inferState(
      observeTree(new MemoryTree('one file', { files: new Map([['proc/interrupts', text]]) })),
    ).kernel;
    expect(kernel.assumption).toContain('7.2 is assumed (it could be any of 6.2 to 7.2)');
  });
});

describe('inferCapacity', () => {
  const capacity = (machine: TinyMachine) => tinyState(machine).cpus[0]?.capacity;

  it('is the kernel’s with a PIC, and one more without', () => {
    expect(capacity({})).toEqual(exactly(201));
    expect(capacity({ pic: false })).toEqual(exactly(202));
    expect(capacity({ kernel: '6.8.1' })).toEqual(exactly(202));
  });

  it('some low interrupts without the cascade are no PIC', () => {
    const irqs = [{ irq: 9, name: 'acpi', chip: 'IO-APIC', on: 0 }];
    expect(capacity({ pic: false, irqs })).toEqual(exactly(202));
  });

  it('an XT-PIC row is a PIC', () => {
    const irqs = [{ irq: 2, name: 'cascade', chip: 'XT-PIC' }];
    expect(capacity({ irqs, without: ['sys/kernel/irq/', 'proc/irq/'] })).toEqual(exactly(201));
  });

  it('without /sys/kernel/irq the directories of the legacy interrupts tell, if they were copied', () => {
    expect(capacity({ without: ['sys/kernel/irq/'] })).toEqual(exactly(201));
    expect(capacity({ without: ['sys/kernel/irq/', 'proc/irq/2/'] })).toEqual(range(201, 202));
  });

  it('by the build where it can be read, else by the distribution, else a range with its reason', () => {
    const config = (text: string) => ({ 'boot/config-6.1.192': text });
    expect(capacity({ files: config('# CONFIG_IA32_EMULATION is not set\n') })).toEqual(exactly(202));
    expect(capacity({ files: config('CONFIG_IA32_EMULATION=y\n') })).toEqual(exactly(201));
    const home = tinyState({ files: { 'proc/version': 'Linux version 6.1.192 (me@home) (gcc) #1 SMP\n' } });
    expect(home.cpus[0]?.capacity).toEqual(range(201, 202));
    expect(home.doubts).toMatchObject([
      { kind: 'capacity', text: expect.stringContaining('each CPU has 201 to 202 vectors') },
    ]);
  });

  it('the boot option `ia32_emulation=off` leaves it open', () => {
    expect(capacity({ files: { 'proc/cmdline': 'ia32_emulation=off\n' } })).toEqual(range(201, 202));
  });

  it('FRED has no gates: known by its boot option, open on a CPU that could', () => {
    const fred = (option: string) => ({
      kernel: '7.2.12',
      files: { 'proc/cpuinfo': 'flags\t\t: fpu fred\n', 'proc/cmdline': `${option}\n` },
    });
    expect(capacity(fred('fred=on'))).toEqual(exactly(202));
    expect(capacity(fred('fred=off'))).toEqual(exactly(201));
    expect(capacity(fred('quiet'))).toEqual(range(201, 202));
  });

  it('is what VECTOR’s system map leaves, where that is readable', () => {
    // 192: a hypervisor's own.
    const withSpecial = [...PC_SYSTEM_VECTORS, 192].toSorted((a, b) => a - b);
    const tree = tinyTree({
      cpus: 2,
      pic: false,
      files: { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(row(200, 0), { system: withSpecial }) },
    });
    expect(inferState(observeTree(tree)).cpus[0]?.capacity).toEqual(exactly(200));
  });
});
