import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemoryTree } from '../../test/memory-tree.ts';
import type { FileTree } from './file-tree.ts';
import { observeTree } from './observe-tree.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/parse/${name}`, import.meta.url), 'utf8');

/** CPUs 0-5 possible, 0, 2, 4, 5 online; the interrupts of the fixture and some more. */
const MACHINE: Readonly<Record<string, string>> = {
  'proc/interrupts': fixture('interrupts-6.1-holes'),
  'proc/version':
    'Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc) #1 SMP Debian 6.1.192-2 (2026-11-16)\n',
  'proc/cmdline': 'quiet isolcpus=managed_irq,4-N\n',
  'proc/stat': 'cpu  4 4 4 4\ncpu0 1 1 1 1 1 1 1 1 0 0\n',
  'proc/uptime': '12.5 40.0\n',
  'proc/cpuinfo': 'processor\t: 0\nflags\t\t: fpu fred\n',
  'proc/irq/default_smp_affinity': '3f\n',
  'proc/irq/26/smp_affinity_list': '0-5\n',
  'proc/irq/26/effective_affinity_list': '4\n',
  'proc/irq/26/affinity_hint': '00\n',
  'proc/irq/26/node': '-1\n',
  'proc/irq/27/smp_affinity': '14\n',
  'proc/irq/27/affinity_hint': '10\n',
  'proc/irq/28/smp_affinity_list': '',
  'proc/irq/28/effective_affinity_list': '\n',
  'sys/devices/system/cpu/online': '0,2,4-5\n',
  'sys/devices/system/cpu/possible': '0-5\n',
  'sys/devices/system/cpu/present': '0-5\n',
  'sys/devices/system/node/online': '0-1\n',
  'sys/devices/system/node/node0/cpulist': '0-2\n',
  'sys/devices/system/node/node1/cpulist': '\n',
  'sys/kernel/irq/26/actions': 'never read\n',
  'sys/kernel/irq/29/actions': '\n',
  'sys/kernel/irq/40/actions': 'late,later\n',
  'sys/kernel/irq/40/chip_name': 'IR-PCI-MSI\n',
  'sys/kernel/irq/40/hwirq': '2097153\n',
  'sys/kernel/irq/40/per_cpu_count': '1,0,0,0,0,7\n',
  'sys/kernel/irq/41/actions': '\n',
  'sys/bus/pci/devices/0000:00:1f.2/vendor': '0x8086\n',
  'sys/bus/pci/devices/0000:00:1f.2/device': '0x2922\n',
  'sys/bus/pci/devices/0000:00:1f.2/class': '0x010601\n',
  'sys/bus/pci/devices/0000:00:1f.2/numa_node': '-1\n',
  'sys/bus/pci/devices/0000:00:1f.2/msi_irqs/26': 'msi\n',
  'sys/kernel/debug/irq/domains/VECTOR': fixture('vector-mac'),
  'sys/kernel/debug/irq/irqs/30': fixture('irq-managed'),
  'boot/config-6.1.0-56-amd64': 'CONFIG_X86_64=y\nCONFIG_IA32_EMULATION=y\n',
};
const LINKS = new Map([['sys/bus/pci/devices/0000:00:1f.2/driver', '../../../bus/pci/drivers/ahci']]);

function machine(changes: Readonly<Record<string, string | undefined>> = {}): MemoryTree {
  const files = new Map(
    Object.entries({ ...MACHINE, ...changes }).flatMap(([path, text]) =>
      text === undefined ? [] : [[path, text]],
    ),
  );
  return new MemoryTree('test', { files, links: LINKS });
}

const observed = observeTree(machine());
const irq = (number: number, from = observed) => from.irqs.find((some) => some.irq === number);

describe('observeTree', () => {
  it('reads the machine', () => {
    expect(observed).toMatchObject({
      source: 'test',
      live: false,
      version: { release: '6.1.0-56-amd64', version: { major: 6, minor: 1, patch: 192 } },
      ia32Emulation: true,
      fred: true,
      uptimeS: 12.5,
      hasSysKernelIrq: true,
      hasProcIrq: true,
      hasPci: true,
      denied: [],
    });
    expect(String(observed.cmdline?.isolcpus?.cpus)).toBe('4-5');
    expect([observed.cpus.online, observed.cpus.possible, observed.defaultAffinity].map(String)).toEqual([
      '0,2,4-5',
      '0-5',
      '0-5',
    ]);
    expect(observed.nodes.map(({ node, cpus }) => `${node}:${cpus}`)).toEqual(['0:0-2', '1:']);
    expect(observed.stat?.cpuTicks.get(0)).toBe(8);
    expect(observed.vectorDomain?.cpus).toHaveLength(3);
    expect(observed.devices).toEqual([
      {
        bdf: '0000:00:1f.2',
        driver: 'ahci',
        numaNode: -1,
        vendor: '0x8086',
        device: '0x2922',
        class: '0x010601',
        msiIrqs: [{ irq: 26, kind: 'msi' }],
      },
    ]);
  });

  it('puts an interrupt together from all its sources', () => {
    const one = irq(26);
    expect(one).toMatchObject({
      actions: ['ahci[0000:00:1f.2]'],
      chip: 'IR-PCI-MSI',
      hwirq: 512000,
      hasProcDir: true,
      hint: undefined,
      node: -1,
      affinityMode: undefined,
      device: '0000:00:1f.2',
      msi: 'msi',
    });
    expect([one?.affinity, one?.effective].map(String)).toEqual(['0-5', '4']);
    expect(irq(30)?.debug?.domains).toEqual(['PCI-MSI-3', 'VECTOR']);
  });

  it('counts by CPU number, not by column', () => {
    const counts = irq(16)?.counts;
    expect([counts?.get(2), counts?.get(5), counts?.get(1)]).toEqual([4294967295, 7, undefined]);
    expect(counts?.size).toBe(4);
    expect([...(counts ?? [])]).toEqual([
      [0, 12],
      [2, 4294967295],
      [4, 0],
      [5, 7],
    ]);
  });

  it('falls back to the hex mask, and takes an empty file as one that vanished', () => {
    expect([irq(27)?.affinity, irq(27)?.hint].map(String)).toEqual(['2,4', '4']);
    expect(irq(27)?.effective).toBeUndefined();
    expect(irq(28)?.affinity).toBeUndefined();
    expect(irq(28)?.effective?.isEmpty).toBe(true);
    expect(irq(9)).toMatchObject({ hasProcDir: false, affinity: undefined, node: undefined });
  });

  it('takes from /sys/kernel/irq what has no row', () => {
    const late = irq(40);
    expect(late).toMatchObject({
      actions: ['late', 'later'],
      chip: 'IR-PCI-MSI',
      hwirq: 2097153,
      device: '0000:04:00.0',
    });
    expect([late?.counts?.get(0), late?.counts?.get(5)]).toEqual([1, 7]);
    expect(irq(41)).toMatchObject({ actions: [], chip: undefined, counts: undefined });
    expect(irq(29)?.actions).toEqual([]);
  });

  it('finds the device by an old hwirq, and by the name of the action', () => {
    expect(irq(27)?.device).toBe('0001:81:00.0');
    expect(irq(9)?.device).toBeUndefined();
    const named = machine({ 'proc/interrupts': ' CPU0\n 7: 1  PCI-MSI-edge  ahci[0000:00:1f.2]\n' });
    expect(irq(7, observeTree(named))).toMatchObject({ device: '0000:00:1f.2', msi: undefined });
  });

  /** The paths of IRQ 26 that are read as text. */
  function readsOf26(inner: MemoryTree): string[] {
    const read: string[] = [];
    const tree: FileTree = {
      source: 'test',
      live: true,
      keepsModes: false,
      denied: [],
      readText: (path) => {
        read.push(path);
        return inner.readText(path);
      },
      readBytes: (path) => inner.readBytes(path),
      list: (path) => inner.list(path),
      linkTarget: (path) => inner.linkTarget(path),
      mode: (path) => inner.mode(path),
    };
    observeTree(tree);
    expect(new Set(read).size).toBe(read.length);
    return read.filter((path) => path.includes('irq/26/'));
  }

  it('reads nothing of /sys/kernel/irq that the row tells', () => {
    expect(readsOf26(machine({ 'sys/devices/system/cpu/present': '0,2,4-5\n' }))).toEqual([
      'proc/irq/26/affinity_hint',
      'proc/irq/26/smp_affinity_list',
      'proc/irq/26/effective_affinity_list',
      'proc/irq/26/node',
    ]);
  });

  it('reads per_cpu_count where a CPU is offline, for what it had counted', () => {
    expect(readsOf26(machine())).toContain('sys/kernel/irq/26/per_cpu_count');
    const counted = observeTree(machine({ 'sys/kernel/irq/26/per_cpu_count': '1,2,3,4,5,6\n' }));
    expect(irq(26, counted)?.counts?.get(1)).toBe(2);
  });

  it('observes a machine of which nothing is there', () => {
    const nothing = observeTree(new MemoryTree('empty', { files: new Map() }));
    expect(nothing).toMatchObject({
      irqs: [],
      devices: [],
      nodes: [],
      hasProcIrq: false,
      interrupts: undefined,
    });
    expect([nothing.version, nothing.cpus.online, nothing.ia32Emulation, nothing.fred]).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('knows the online CPUs by the header where sysfs is missing', () => {
    const tree = machine({ 'sys/devices/system/cpu/online': undefined });
    expect(String(observeTree(tree).cpus.online)).toBe('0,2,4-5');
  });

  it('reads the version from /proc/sys where /proc/version was not collected', () => {
    const tree = machine({
      'proc/version': undefined,
      'proc/sys/kernel/osrelease': '6.1.0-56-amd64\n',
      'proc/sys/kernel/version': '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)\n',
    });
    expect(observeTree(tree).version).toMatchObject({ version: { patch: 192 }, distribution: 'debian' });
  });

  it.each([
    [{}, true],
    [{ 'proc/cmdline': 'ia32_emulation=0\n' }, false],
    [{ 'proc/cmdline': 'ia32_emulation=off\n' }, false],
    [{ 'boot/config-6.1.0-56-amd64': '# CONFIG_IA32_EMULATION is not set\n' }, false],
    [{ 'boot/config-6.1.0-56-amd64': 'CONFIG_X86_32=y\n' }, true],
    [
      { 'boot/config-6.1.0-56-amd64': 'CONFIG_IA32_EMULATION=y\nCONFIG_IA32_EMULATION_DEFAULT_DISABLED=y\n' },
      false,
    ],
    [{ 'boot/config-6.1.0-56-amd64': undefined }, undefined],
    [{ 'boot/config-6.1.0-56-amd64': undefined, 'proc/sys/abi/vsyscall32': '1\n' }, true],
  ])('tells IA32 emulation: %j: %s', (changes, expected) => {
    expect(observeTree(machine(changes)).ia32Emulation).toBe(expected);
  });

  it('reports garbage with its file', () => {
    expect(() => observeTree(machine({ 'proc/irq/26/smp_affinity_list': '0-x\n' }))).toThrow(
      'proc/irq/26/smp_affinity_list:1:1: expected',
    );
    expect(() => observeTree(machine({ 'proc/interrupts': 'hello\n' }))).toThrow(
      'proc/interrupts:1:1: expected',
    );
  });

  it('reads a torn file of the live machine again, of another machine not', () => {
    const whole = fixture('vector-mac');
    const torn = whole.replace('588', '589');
    const live = (answers: string[]): FileTree => {
      const tree = machine({ 'sys/kernel/debug/irq/domains/VECTOR': undefined });
      const readText = (path: string) => (path.endsWith('/VECTOR') ? answers.shift() : tree.readText(path));
      return Object.assign(Object.create(tree), {
        live: true,
        readText,
        readBytes: (path: string) => tree.readBytes(path),
        list: (path: string) => tree.list(path),
        linkTarget: (path: string) => tree.linkTarget(path),
        mode: (path: string) => tree.mode(path),
      });
    };
    expect(observeTree(live([torn, torn, whole])).vectorDomain?.globalAvailable).toBe(588);
    expect(observeTree(live([torn, torn, torn, whole])).vectorDomain?.torn).toBe(true);
    const copied = observeTree(machine({ 'sys/kernel/debug/irq/domains/VECTOR': torn }));
    expect(copied.vectorDomain?.torn).toBe(true);
  });
});
