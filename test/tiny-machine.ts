/**
 * The files of a small machine, as a kernel without debugfs shows it, from a list of its interrupts. Tests drop or
 * replace single files (`without`, `files`) to see what an answer loses by it.
 */
import type { KernelProfile } from '../src/model/kernel-profile.ts';
import type { MachineState } from '../src/model/machine-state.ts';
import { inferState } from '../src/observe/infer.ts';
import { observeTree } from '../src/observe/observe-tree.ts';
import { MemoryTree } from './memory-tree.ts';

export interface TinyIrq {
  readonly irq: number;
  /** Action names; empty: nobody requested it. */
  readonly name?: string;
  /** `PCI-MSI` where it is left out. */
  readonly chip?: string;
  /** effective_affinity; undefined: an empty file. */
  readonly on?: number;
  readonly mask?: string;
  /** Deliveries per possible CPU. */
  readonly counts?: readonly number[];
  readonly device?: string;
  readonly driver?: string;
  readonly msi?: 'msi' | 'msix';
  readonly mode?: number;
}

export interface TinyMachine {
  /** `6.1.192`; Debian's. */
  readonly kernel?: string;
  /** 4 where it is left out. */
  readonly cpus?: number;
  readonly online?: readonly number[];
  readonly irqs?: readonly TinyIrq[];
  /** With a PIC (as is usual) there are the legacy descriptors, and the timer holds a vector on CPU 0. */
  readonly pic?: boolean;
  /** Paths that begin with one of these are not there. */
  readonly without?: readonly string[];
  /** More files, or others. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A PC's timer is requested before anything else, and keeps its vector on CPU 0. */
const TIMER: TinyIrq = { irq: 0, name: 'timer', chip: 'IO-APIC', on: 0, counts: [50] };

const VERSION = (kernel: string): string =>
  `Linux version ${kernel} (debian-kernel@lists.debian.org) (gcc) #1 SMP PREEMPT_DYNAMIC Debian ${kernel}-1 (2026-01-01)\n`;

/** The files alone; `modes` are the kernel's where an interrupt has one. */
export function tinyTree(machine: TinyMachine): MemoryTree {
  const { kernel = '6.1.192', cpus = 4, pic = true, without = [] } = machine;
  const possible = Array.from({ length: cpus }, (_, cpu) => cpu);
  const online = machine.online ?? possible;
  const irqs = [...(pic ? [TIMER] : []), ...(machine.irqs ?? [])];
  const files: Record<string, string> = {
    'proc/version': VERSION(kernel),
    'proc/cmdline': 'quiet\n',
    'proc/uptime': '1000.00 3900.00\n',
    'proc/stat': `${possible.map((cpu) => `cpu${cpu} 100 0 100 99800 0 0 0 0 0 0\n`).join('')}`,
    'proc/irq/default_smp_affinity': `${((1 << cpus) - 1).toString(16)}\n`,
    'proc/interrupts': interruptsText(irqs, online),
    'sys/devices/system/cpu/online': `${online.join(',')}\n`,
    'sys/devices/system/cpu/present': `0-${cpus - 1}\n`,
    'sys/devices/system/cpu/possible': `0-${cpus - 1}\n`,
  };
  const links = new Map<string, string>();
  const modes = new Map<string, number>();
  // Some driver without interrupts, so that PCI is there.
  files['sys/bus/pci/devices/0000:00:00.0/vendor'] = '0x8086\n';
  if (pic) for (let irq = 0; irq < 16; irq++) legacyFiles(files, irq, irqs);
  for (const irq of irqs) irqFiles(files, links, modes, irq, cpus);
  Object.assign(files, machine.files);
  const kept = ([path]: readonly [string, unknown]): boolean =>
    !without.some((start) => path.startsWith(start));
  return new MemoryTree('a tiny machine', {
    files: new Map(Object.entries(files).filter(kept)),
    links: new Map([...links].filter(kept)),
    ...(irqs.some((irq) => irq.mode !== undefined) ? { modes } : {}),
  });
}

export function tinyState(machine: TinyMachine, override?: KernelProfile): MachineState {
  return inferState(observeTree(tinyTree(machine)), override);
}

/** Only rows with an action, one column per online CPU. */
function interruptsText(irqs: readonly TinyIrq[], online: readonly number[]): string {
  const rows = irqs
    .filter(({ name = '' }) => name !== '')
    .map(({ irq, name, chip = 'PCI-MSI', counts = [] }) => {
      const cells = online.map((cpu) => String(counts[cpu] ?? 0).padStart(10)).join(' ');
      return `${String(irq).padStart(4)}: ${cells}  ${chip} ${irq * 8}-edge      ${name}\n`;
    });
  const arch = `NMI: ${online.map(() => '0'.padStart(10)).join(' ')}   Non-maskable interrupts\nTLB: ${online.map(() => '9'.padStart(10)).join(' ')}   TLB shootdowns\n`;
  return `     ${online.map((cpu) => `CPU${cpu}`.padStart(11)).join('')}\n${rows.join('')}${arch}`;
}

/** The descriptors of a PIC exist from boot on, requested or not. */
function legacyFiles(files: Record<string, string>, irq: number, irqs: readonly TinyIrq[]): void {
  if (irqs.some((some) => some.irq === irq)) return;
  files[`sys/kernel/irq/${irq}/actions`] = '\n';
  files[`sys/kernel/irq/${irq}/chip_name`] = irq === 2 ? 'XT-PIC\n' : 'IO-APIC\n';
  files[`proc/irq/${irq}/smp_affinity_list`] = '0-3\n';
}

function irqFiles(
  files: Record<string, string>,
  links: Map<string, string>,
  modes: Map<string, number>,
  { irq, name = '', chip = 'PCI-MSI', on, mask, counts = [], device, driver, msi = 'msix', mode }: TinyIrq,
  cpus: number,
): void {
  files[`sys/kernel/irq/${irq}/actions`] = `${name.replaceAll(', ', ',')}\n`;
  files[`sys/kernel/irq/${irq}/chip_name`] = `${chip}\n`;
  files[`sys/kernel/irq/${irq}/hwirq`] = `${irq * 8}\n`;
  const perCpu = Array.from({ length: cpus }, (_, cpu) => counts[cpu] ?? 0).join(',');
  files[`sys/kernel/irq/${irq}/per_cpu_count`] = `${perCpu}\n`;
  if (name !== '') {
    files[`proc/irq/${irq}/smp_affinity_list`] = `${mask ?? `0-${cpus - 1}`}\n`;
    files[`proc/irq/${irq}/effective_affinity_list`] = `${on ?? ''}\n`;
    if (mode !== undefined) modes.set(`proc/irq/${irq}/smp_affinity`, mode);
    files[`proc/irq/${irq}/smp_affinity`] = 'f\n';
  }
  if (device !== undefined) {
    files[`sys/bus/pci/devices/${device}/msi_irqs/${irq}`] = `${msi}\n`;
    if (driver !== undefined)
      links.set(`sys/bus/pci/devices/${device}/driver`, `../../../bus/pci/drivers/${driver}`);
  }
}

/** A VECTOR dump of the given rows, its sums in order. */
export function vectorText(
  rows: readonly {
    readonly cpu: number;
    readonly available: number;
    readonly managed: number;
    /** Undefined: a kernel without the column. */
    readonly mac: number | undefined;
    readonly vectors: readonly number[];
  }[],
  options: { readonly system?: readonly number[]; readonly reserved?: number } = {},
): string {
  const system = options.system ?? PC_SYSTEM_VECTORS;
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((n, row) => n + of(row), 0);
  const withMac = rows.some((row) => row.mac !== undefined);
  const figure = (n: number): string => String(n).padStart(6);
  const table = rows.map(({ cpu, available, managed, mac, vectors }) => {
    const figures = [available, managed, ...(withMac ? [mac ?? 0] : []), vectors.length];
    return `${String(cpu).padStart(5)} ${figures.map((n) => String(n).padStart(5)).join(' ')}  ${vectors.join(',')}`;
  });
  return `${[
    'name:   VECTOR',
    ' size:   0',
    ' mapped: 20',
    ' flags:  0x00000003',
    `Online bitmaps:   ${figure(rows.length)}`,
    `Global available: ${figure(sum((row) => row.available))}`,
    `Global reserved:  ${figure(options.reserved ?? 0)}`,
    `Total allocated:  ${figure(sum((row) => row.vectors.length))}`,
    `System: ${system.length}: ${system.join(',')}`,
    withMac ? ' | CPU | avl | man | mac | act | vectors' : ' | CPU | avl | man | act | vectors',
    ...table,
  ].join('\n')}\n`;
}

/** A PC of the 4.20 to 6.5 kernels: 32 (clean-up), 50 (cascade) and 128 (32-bit call) lie inside the window. */
export const PC_SYSTEM_VECTORS: readonly number[] = [
  ...Array.from({ length: 20 }, (_, v) => v),
  29,
  32,
  50,
  128,
  236,
  240,
  241,
  242,
  244,
  ...Array.from({ length: 10 }, (_, v) => 246 + v),
];
