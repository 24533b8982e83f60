import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A folder of its own for one test, gone afterwards. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'irqspace-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes files (text or bytes) below `root`, folders as needed. */
export function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

export const INTERRUPTS =
  '           CPU0       CPU1\n 24:          5          0   PCI-MSI 1-edge      nvme0q0\n';
export const VECTOR =
  'name:   VECTOR\nOnline bitmaps:        2\nGlobal available:    402\n | CPU | avl | man |\n';

/** A small machine with the odd things: links, modes, a folder of many CPUs, a packed file, what nobody reads. */
export function makeMachine(root: string): void {
  writeFiles(root, {
    'irqspace-capture.json': '{"irqspaceCapture":1,"modes":true,"tool":"irqspace"}\n',
    'proc/interrupts': INTERRUPTS,
    'proc/version': 'Linux version 6.1.0-18-amd64 (x@y) (gcc) #1 SMP\n',
    'proc/version_signature': 'Ubuntu 6.1.0-18.18-generic 6.1.9\n',
    'proc/config.gz': gzipSync('CONFIG_IA32_EMULATION=y\n'),
    'proc/meminfo': 'not captured\n',
    'proc/irq/default_smp_affinity': '3\n',
    'proc/irq/24/smp_affinity': '3\n',
    'proc/irq/24/smp_affinity_list': '0-1\n',
    'proc/irq/24/nvme0q0/nothing': '',
    'proc/irq/9/smp_affinity': '1\n',
    'proc/irq/9/effective_affinity_list': '',
    'proc/irq/notanumber/smp_affinity': '1\n',
    'boot/config-6.1.0-18-amd64': 'CONFIG_SMP=y\n',
    'boot/config-5.10.0': 'another kernel\n',
    'sys/kernel/irq/24/actions': 'nvme0q0\n',
    'sys/kernel/debug/irq/domains/VECTOR': VECTOR,
    'sys/kernel/debug/irq/domains/\\_SB.GPI0': 'name:   \\_SB.GPI0\n',
    'sys/kernel/debug/irq/domains/PCI MSI é': 'name:\n',
    'sys/kernel/debug/irq/irqs/24': 'handler:  handle_edge_irq\n',
    'sys/bus/pci/devices/0000:00:01.0/vendor': '0x8086\n',
    'sys/bus/pci/devices/0000:00:01.0/msi_irqs/24': 'msix\n',
    'sys/devices/system/cpu/online': '0-1\n',
    'sys/class/net/eth0/operstate': 'up\n',
    'sys/class/net/bonding_masters': '\n',
    'sys/block/nvme0n1/mq/0/cpu_list': '0, 1\n',
  });
  for (let cpu = 0; cpu < 12; cpu++)
    writeFiles(root, { [`sys/devices/system/cpu/cpu${cpu}/topology/core_id`]: `${cpu}\n` });
  symlinkSync('../../node/node1', join(root, 'sys/devices/system/cpu/cpu11/node1'));
  chmodSync(join(root, 'proc/irq/24/smp_affinity'), 0o444);
  chmodSync(join(root, 'proc/irq/9/smp_affinity'), 0o644);
  chmodSync(join(root, 'proc/irq/24/smp_affinity_list'), 0o600);
  chmodSync(join(root, 'proc/irq/default_smp_affinity'), 0o755);
  symlinkSync('../../../../bus/pci/drivers/nvme', join(root, 'sys/bus/pci/devices/0000:00:01.0/driver'));
  symlinkSync('../../../virtio2', join(root, 'sys/class/net/eth0/device'));
  symlinkSync('../../nvme0/', join(root, 'sys/block/nvme0n1/device'));
}

/** Packs the folder's content with the system's tar. */
export function tarOf(folder: string, out: string, ...options: readonly string[]): string {
  execFileSync('tar', [...options, '-cf', out, '-C', folder, '.']);
  return out;
}

/** The message of what the call throws; the test fails when that is not one line of a RootError. */
export function rootErrorOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'RootError') throw error;
    if (/[\n\r]/.test(error.message)) throw new Error(`more than one line: ${error.message}`);
    return error.message;
  }
  throw new Error('expected a RootError, nothing was thrown');
}
