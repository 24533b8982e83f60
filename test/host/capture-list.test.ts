/** A capture answers as the machine it was made of: it holds every file and link that the readers ask for. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capture, collectCapture } from '../../src/host/capture.ts';
import { CAPTURE_FILES, CAPTURE_LINKS } from '../../src/host/capture-list.ts';
import { openBytes, openRoot } from '../../src/host/open-root.ts';
import { writeTar } from '../../src/host/tar-write.ts';
import type { FileTree } from '../../src/observe/file-tree.ts';
import { observeTopology } from '../../src/observe/observe-topology.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { MemoryTree } from '../memory-tree.ts';
import { vectorText } from '../tiny-machine.ts';
import { tempDir, writeFiles } from './machine-fixture.ts';

const TOPOLOGY = ['thread_siblings_list', 'core_cpus_list', 'cluster_cpus_list'].flatMap((file) =>
  ['0-1', '0-1', '2'].map((group, cpu) => [
    `sys/devices/system/cpu/cpu${cpu}/topology/${file}`,
    `${group}\n`,
  ]),
);

/** Something of everything, of Ubuntu. CPU 3 is offline: only its link tells its node. */
const FILES: Readonly<Record<string, string>> = {
  'proc/interrupts':
    '      CPU0 CPU1 CPU2\n  0:   50    0    0  IO-APIC   2-edge  timer\n 24:    1    2    3  PCI-MSI 16384-edge  nvme0q1\n',
  'proc/version':
    'Linux version 6.1.0-91-generic (buildd@a) (gcc) #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023\n',
  'proc/version_signature': 'Ubuntu 6.1.0-91.101-generic 6.1.131\n',
  'proc/sys/kernel/osrelease': '6.1.0-91-generic\n',
  'proc/sys/kernel/version': '#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023\n',
  'proc/sys/abi/vsyscall32': '1\n',
  'proc/cmdline': 'quiet\n',
  'proc/cpuinfo': 'processor\t: 0\nflags\t\t: fpu fred\n',
  'proc/stat': 'cpu0 1 1 1 1 1 1 1 1 0 0\n',
  'proc/uptime': '12.5 40.0\n',
  'proc/irq/default_smp_affinity': 'f\n',
  'proc/irq/24/smp_affinity': 'f\n',
  'proc/irq/24/smp_affinity_list': '0-3\n',
  'proc/irq/24/effective_affinity': '2\n',
  'proc/irq/24/effective_affinity_list': '1\n',
  'proc/irq/24/affinity_hint': '2\n',
  'proc/irq/24/node': '1\n',
  'boot/config-6.1.0-91-generic': 'CONFIG_X86_64=y\nCONFIG_IA32_EMULATION=y\n',
  'sys/kernel/irq/24/per_cpu_count': '1,2,3,4\n',
  'sys/kernel/irq/25/actions': '\n',
  'sys/kernel/irq/25/chip_name': 'PCI-MSI\n',
  'sys/kernel/irq/25/hwirq': '16385\n',
  'sys/kernel/debug/irq/irqs/24': 'handler:  handle_edge_irq\ndevice:   0000:00:01.0\n',
  'sys/kernel/debug/irq/domains/VECTOR': vectorText(
    [0, 1, 2].map((cpu) => ({ cpu, available: 200, managed: 0, mac: 0, vectors: [33 + cpu] })),
  ),
  'sys/bus/pci/devices/0000:00:01.0/vendor': '0x8086\n',
  'sys/bus/pci/devices/0000:00:01.0/device': '0x2922\n',
  'sys/bus/pci/devices/0000:00:01.0/class': '0x010802\n',
  'sys/bus/pci/devices/0000:00:01.0/numa_node': '1\n',
  'sys/bus/pci/devices/0000:00:01.0/msi_irqs/24': 'msix\n',
  'sys/devices/system/cpu/online': '0-2\n',
  'sys/devices/system/cpu/possible': '0-3\n',
  'sys/devices/system/cpu/present': '0-3\n',
  'sys/devices/system/node/possible': '0-1\n',
  'sys/devices/system/node/node0/cpulist': '0-1\n',
  'sys/devices/system/node/node1/cpulist': '2\n',
  ...Object.fromEntries(TOPOLOGY),
};

const LINKS: Readonly<Record<string, string>> = {
  'sys/bus/pci/devices/0000:00:01.0/driver': '../../../../bus/pci/drivers/nvme',
  'sys/devices/system/cpu/cpu3/node1': '../../node/node1',
};

function richTree(without?: string): FileTree {
  const kept = (all: Readonly<Record<string, string>>): Map<string, string> =>
    new Map(Object.entries(all).filter(([path]) => path !== without));
  const modes = new Map([['proc/irq/24/smp_affinity', 0o444]]);
  return new MemoryTree('a rich machine', { files: kept(FILES), links: kept(LINKS), modes });
}

const SOME_FILES = [undefined, ...Object.keys(FILES), ...Object.keys(LINKS)];

/** All that is seen, but for the names of the root. */
function seenIn(tree: FileTree): object {
  return { ...observeTree(tree), source: '', live: false, topology: observeTopology(tree) };
}

/** What is read, listed and looked up while the whole machine is observed. */
function askedOf(tree: FileTree): { files: string[]; links: string[]; folders: string[] } {
  const asked = { files: new Set<string>(), links: new Set<string>(), folders: new Set<string>() };
  const noted =
    <T>(paths: Set<string>, ask: (path: string) => T) =>
    (path: string): T => {
      paths.add(path);
      return ask(path);
    };
  seenIn({
    source: tree.source,
    live: tree.live,
    keepsModes: tree.keepsModes,
    denied: tree.denied,
    readText: noted(asked.files, (path) => tree.readText(path)),
    readBytes: noted(asked.files, (path) => tree.readBytes(path)),
    mode: noted(asked.files, (path) => tree.mode(path)),
    linkTarget: noted(asked.links, (path) => tree.linkTarget(path)),
    list: noted(asked.folders, (path) => tree.list(path)),
  });
  return { files: [...asked.files], links: [...asked.links], folders: [...asked.folders] };
}

/** Shell patterns as one expression; RELEASE is any one name. */
function anyOf(patterns: readonly string[]): RegExp {
  const each = patterns.map((pattern) =>
    pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*').replace('RELEASE', '[^/]+'),
  );
  return new RegExp(`^(?:${each.join('|')})$`);
}

/** Every folder above what the patterns name. */
function foldersOf(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => {
    const parts = pattern.split('/');
    return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
  });
}

describe('the capture list', () => {
  it('covers every path that observing a machine asks for, whichever file is missing', () => {
    const asked = SOME_FILES.map((without) => askedOf(richTree(without)));
    const missed = (of: 'files' | 'links' | 'folders', patterns: readonly string[]): string[] => {
      const covered = anyOf(patterns);
      return [...new Set(asked.flatMap((some) => some[of]))].filter((path) => !covered.test(path));
    };
    expect(missed('files', CAPTURE_FILES)).toEqual([]);
    expect(missed('links', CAPTURE_LINKS)).toEqual([]);
    expect(missed('folders', foldersOf([...CAPTURE_FILES, ...CAPTURE_LINKS]))).toEqual([]);
  });

  it('would miss what it does not name', () => {
    expect(anyOf(CAPTURE_FILES).test('proc/meminfo')).toBe(false);
    expect(anyOf(CAPTURE_FILES).test('proc/irq/24/nvme0q1/x')).toBe(false);
  });

  it.each(SOME_FILES)('a capture is observed as its machine is, without %s', (without) => {
    const tree = richTree(without);
    const captured = openBytes('a capture', writeTar(collectCapture(tree).entries));
    expect(seenIn(captured)).toEqual(seenIn(tree));
  });

  it('keeps what tells the kernel of Ubuntu, and the node of an offline CPU, from folder to archive', () => {
    const folder = tempDir();
    const root = join(folder, 'root');
    writeFiles(root, { ...FILES, 'irqspace-capture.json': '{"irqspaceCapture":1,"modes":true}\n' });
    for (const [path, target] of Object.entries(LINKS)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      symlinkSync(target, join(root, path));
    }
    capture(root, join(folder, 'c.tar.gz'));
    const seen = seenIn(openRoot(join(folder, 'c.tar.gz')));
    expect(seen).toEqual(seenIn(openRoot(root)));
    expect(seen).toMatchObject({ version: { version: { major: 6, minor: 1, patch: 131 } } });
    const [first, second] = observeTopology(openRoot(join(folder, 'c.tar.gz')))?.nodes ?? [];
    expect([[...(first ?? [])], [...(second ?? [])]]).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});
