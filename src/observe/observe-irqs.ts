import { CpuSet } from '../base/cpu-set.ts';
import { parseCpuListText, parseCpuMaskText } from '../parse/cpu-text.ts';
import { parseDebugfsIrq } from '../parse/debugfs-irq.ts';
import { parseIntegerText, parsePerCpuCount } from '../parse/integer-text.ts';
import type { InterruptRow, ProcInterrupts } from '../parse/proc-interrupts.ts';
import { parseSysActions, parseSysChipName } from '../parse/sys-kernel-irq.ts';
import { CpuCounts, columnsOf } from './cpu-counts.ts';
import type { FileTree } from './file-tree.ts';
import { deviceOf } from './irq-device.ts';
import type { ObservedCpus, ObservedDevice, ObservedIrq } from './observation.ts';
import { listNumbers, readParsed } from './tree-reader.ts';

/** What one interrupt is put together from, read once for all of them. */
interface Sources {
  readonly tree: FileTree;
  readonly interrupts: ProcInterrupts | undefined;
  readonly rows: ReadonlyMap<number, InterruptRow>;
  readonly headerColumns: ReadonlyMap<number, number>;
  readonly possible: readonly number[] | undefined;
  /** A CPU is present and has no column in /proc/interrupts. */
  readonly someOffline: boolean;
  readonly possibleColumns: ReadonlyMap<number, number>;
  readonly procIrqs: ReadonlySet<number>;
  readonly sysIrqs: ReadonlySet<number>;
  readonly debugIrqs: ReadonlySet<number>;
  readonly messages: ReadonlyMap<number, { readonly bdf: string; readonly kind: 'msi' | 'msix' | undefined }>;
}

/** Every interrupt that any source knows, ascending. */
export function observeIrqs(
  tree: FileTree,
  interrupts: ProcInterrupts | undefined,
  cpus: ObservedCpus,
  devices: readonly ObservedDevice[],
): ObservedIrq[] {
  const possible = cpus.possible === undefined ? undefined : [...cpus.possible];
  const sources: Sources = {
    tree,
    interrupts,
    rows: new Map(interrupts?.rows.map((row) => [row.irq, row])),
    headerColumns: columnsOf(interrupts?.cpus ?? []),
    possible,
    someOffline: cpus.present?.isSubsetOf(CpuSet.from(interrupts?.cpus ?? [])) === false,
    possibleColumns: columnsOf(possible ?? []),
    procIrqs: new Set(listNumbers(tree, 'proc/irq')),
    sysIrqs: new Set(listNumbers(tree, 'sys/kernel/irq')),
    debugIrqs: new Set(listNumbers(tree, 'sys/kernel/debug/irq/irqs')),
    messages: new Map(
      devices.flatMap(({ bdf, msiIrqs }) => msiIrqs.map(({ irq, kind }) => [irq, { bdf, kind }])),
    ),
  };
  const all = [
    sources.rows.keys(),
    sources.procIrqs,
    sources.sysIrqs,
    sources.debugIrqs,
    sources.messages.keys(),
  ];
  const numbers = new Set(all.flatMap((some) => [...some]));
  return [...numbers].sort((a, b) => a - b).map((irq) => observeIrq(sources, irq));
}

function observeIrq(sources: Sources, irq: number): ObservedIrq {
  const { tree, rows, procIrqs, debugIrqs } = sources;
  const row = rows.get(irq);
  const sys = observeSysIrq(sources, irq, row);
  const proc = observeProcIrq(tree, procIrqs.has(irq) ? `proc/irq/${irq}` : undefined);
  const debug = debugIrqs.has(irq)
    ? readParsed(tree, `sys/kernel/debug/irq/irqs/${irq}`, parseDebugfsIrq)
    : undefined;
  const chip = row?.chip ?? sys.chip ?? debug?.chips[0];
  const hwirq = row?.hwirq ?? sys.hwirq;
  const actions = actionsOf(sources, row, sys.actions);
  return {
    irq,
    actions,
    chip,
    hwirq,
    counts: countsOf(sources, irq, row),
    ...proc,
    ...deviceOf({ message: sources.messages.get(irq), chip, hwirq, debugDevice: debug?.device, actions }),
    debug,
  };
}

/** /sys/kernel/irq/N, read only for what the row of /proc/interrupts does not tell. */
function observeSysIrq(
  { tree, sysIrqs }: Sources,
  irq: number,
  row: InterruptRow | undefined,
): { chip: string | undefined; hwirq: number | undefined; actions: readonly string[] | undefined } {
  const path = `sys/kernel/irq/${irq}`;
  if (!sysIrqs.has(irq)) return { chip: undefined, hwirq: undefined, actions: undefined };
  const actionsText =
    row === undefined || row.actions.length === 0 ? tree.readText(`${path}/actions`) : undefined;
  return {
    chip: row?.chip === undefined ? readParsed(tree, `${path}/chip_name`, parseSysChipName) : undefined,
    hwirq: row?.hwirq === undefined ? readParsed(tree, `${path}/hwirq`, parseIntegerText) : undefined,
    actions: actionsText === undefined ? undefined : parseSysActions(actionsText),
  };
}

type ProcIrqFields = Pick<
  ObservedIrq,
  'hasProcDir' | 'affinity' | 'effective' | 'hint' | 'node' | 'affinityMode'
>;

/** /proc/irq/N. Any of its files may vanish while they are read: then it is absent. */
function observeProcIrq(tree: FileTree, path: string | undefined): ProcIrqFields {
  if (path === undefined) {
    return {
      hasProcDir: false,
      affinity: undefined,
      effective: undefined,
      hint: undefined,
      node: undefined,
      affinityMode: undefined,
    };
  }
  const hint = readParsed(tree, `${path}/affinity_hint`, parseCpuMaskText);
  return {
    hasProcDir: true,
    affinity: readCpus(tree, `${path}/smp_affinity`),
    effective: readCpus(tree, `${path}/effective_affinity`),
    // Without a hint the kernel shows an empty mask (`irq_affinity_hint_proc_show()`).
    hint: hint?.isEmpty === false ? hint : undefined,
    node: readParsed(tree, `${path}/node`, parseIntegerText),
    affinityMode: tree.keepsModes ? tree.mode(`${path}/smp_affinity`) : undefined,
  };
}

/** The list form, or the mask where there is no list. */
function readCpus(tree: FileTree, path: string): ObservedIrq['affinity'] {
  const list = tree.readText(`${path}_list`);
  if (list === undefined) return readParsed(tree, path, parseCpuMaskText);
  // A line end alone is an empty set; nothing at all is a file that vanished.
  return list === '' ? undefined : parseCpuListText(list, `${path}_list`);
}

/**
 * Names from /proc/interrupts first: they are told apart even when they hold commas. An interrupt without a row
 * has no action (`show_interrupts()` prints a row for each that has).
 */
function actionsOf(
  { interrupts }: Sources,
  row: InterruptRow | undefined,
  sysActions: readonly string[] | undefined,
): readonly string[] | undefined {
  if (row !== undefined && row.actions.length > 0) return row.actions;
  return sysActions ?? row?.actions ?? (interrupts === undefined ? undefined : []);
}

/**
 * /proc/interrupts has a column for each online CPU; per_cpu_count in sysfs has one for each possible CPU, and so
 * tells what was delivered to a CPU that is offline now. It is a file for every interrupt: read where it says more.
 */
function countsOf(sources: Sources, irq: number, row: InterruptRow | undefined): ObservedIrq['counts'] {
  const { possible, tree, sysIrqs, interrupts } = sources;
  if ((row === undefined || sources.someOffline) && possible !== undefined && sysIrqs.has(irq)) {
    const counts = readParsed(tree, `sys/kernel/irq/${irq}/per_cpu_count`, parsePerCpuCount);
    if (counts?.length === possible.length) return new CpuCounts(possible, sources.possibleColumns, counts);
  }
  return row === undefined
    ? undefined
    : new CpuCounts(interrupts?.cpus ?? [], sources.headerColumns, row.counts);
}
