/** Machines on disk for the command line: small, and every figure known. */
import { join } from 'node:path';
import { writeFiles } from '../host/machine-fixture.ts';

/** Vectors 33 to 235 without 50 and 128: what a CPU has for devices in these machines. */
export const CAPACITY = 201;
const SYSTEM = '39: 0-19,29,32,50,128,236,240-242,244,246-255';

/** A VECTOR dump of the layout of 5.1 to 6.5: one figure per CPU, how many vectors are in use there. */
export function vectorDump(allocated: readonly number[]): string {
  const total = allocated.reduce((sum, n) => sum + n, 0);
  const rows = allocated.map((n, cpu) => {
    const figures = [CAPACITY - n, 0, 0, n].map((figure) => String(figure).padStart(5));
    return `${String(cpu).padStart(5)}${figures.join(' ')}  ${vectors(n)}`.trimEnd();
  });
  return [
    'name:   VECTOR',
    'size:   0',
    `mapped: ${total}`,
    'flags:  0x00000003',
    `Online bitmaps:       ${allocated.length}`,
    `Global available: ${CAPACITY * allocated.length - total}`,
    'Global reserved:      7',
    `Total allocated:  ${total}`,
    `System: ${SYSTEM}`,
    '| CPU | avl | man | mac | act | vectors',
    ...rows,
    '',
  ].join('\n');
}

/** The first `n` vectors that are not the system's, as the kernel lists them. */
function vectors(n: number): string {
  const parts: string[] = [];
  let left = n;
  for (const [first, last] of [
    [33, 49],
    [51, 127],
    [129, 235],
  ] as const) {
    const end = Math.min(last, first + left - 1);
    if (left > 0) parts.push(end === first ? `${first}` : `${first}-${end}`);
    left -= end - first + 1;
    if (left <= 0) break;
  }
  return parts.join(',');
}

/**
 * A file with the dump. `three`: CPU 1 or CPU 2 can go offline, but whichever goes first, the other is refused.
 */
export function dumpFile(folder: string, allocated: readonly number[] = [10, 150, 120]): string {
  writeFiles(folder, { VECTOR: vectorDump(allocated) });
  return join(folder, 'VECTOR');
}

/** A copy of /proc/interrupts of that many CPUs. */
export function interruptsText(cpus: number, names: readonly string[]): string {
  const columns = [...Array(cpus).keys()];
  const header = `    ${columns.map((cpu) => `CPU${cpu}`.padStart(11)).join('')}`;
  const rows = names.map(
    (name, at) =>
      `${String(24 + at).padStart(3)}:${columns.map((cpu) => String(cpu === at % cpus ? 5 : 0).padStart(11)).join('')}  PCI-MSIX-0000:00:01.0 ${at}-edge      ${name}`,
  );
  // What tells that this is x86 with vectors.
  const timer = `  0:${columns.map(() => '0'.padStart(11)).join('')}  IO-APIC    2-edge      timer`;
  return [header, timer, ...rows, ''].join('\n');
}

/** A machine of two CPUs without debugfs, as a directory: an nvme with one managed queue per CPU. */
export function machineFolder(
  folder: string,
  names: readonly string[] = ['nvme0q0', 'nvme0q1', 'nvme0q2'],
): string {
  const files: Record<string, string> = {
    'proc/version': 'Linux version 6.1.0-18-amd64 (x@y) (gcc) #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1\n',
    'proc/interrupts': interruptsText(2, names),
    'proc/irq/default_smp_affinity': '3\n',
    'sys/devices/system/cpu/online': '0-1\n',
    'sys/devices/system/cpu/possible': '0-1\n',
    'sys/devices/system/cpu/present': '0-1\n',
    'sys/bus/pci/devices/0000:00:01.0/vendor': '0x8086\n',
    'sys/bus/pci/devices/0000:00:01.0/msi_irqs/24': 'msix\n',
  };
  files['proc/irq/0/effective_affinity_list'] = '0\n';
  names.forEach((_name, at) => {
    const irq = `proc/irq/${24 + at}`;
    files[`${irq}/smp_affinity_list`] = at === 0 ? '0-1\n' : `${at - 1}\n`;
    files[`${irq}/effective_affinity_list`] = `${at === 0 ? 0 : at - 1}\n`;
  });
  writeFiles(folder, files);
  return folder;
}
