import { formatRange } from '../../base/range.ts';
import type { ReportCpu, ReportIrq } from '../../format/report.ts';
import { type CellClass, driftOf, type SegmentKind } from '../../query/occupancy.ts';
import { irqAt, type MapTarget, WHOLE_CPU } from './hit.ts';
import type { MapLayout } from './layout.ts';

/** What the map says about a place: a title, and facts with their labels. */
export interface Description {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
}

const PLAIN: Readonly<Record<CellClass | SegmentKind, string>> = {
  system: 'system vector, never given to a device',
  legacy: 'ISA interrupt',
  regular: 'in use',
  managed: 'managed, in use',
  unknown: 'in use, owner not known',
  idle: 'set aside for managed interrupts, not in use',
  uncertain: 'free or in use: not known',
  free: 'free',
  outside: 'not given to devices',
};

export function describe(layout: MapLayout, target: MapTarget): Description {
  const use = layout.occupancy.byCpu.get(target.cpu);
  if (use === undefined) return { title: `CPU ${target.cpu}`, facts: [] };
  if (target.at === WHOLE_CPU || !use.cpu.online) {
    return { title: `CPU ${target.cpu}`, facts: cpuFacts(use.cpu) };
  }
  const isBars = layout.occupancy.mode === 'bars';
  const title = isBars
    ? `CPU ${target.cpu}`
    : `CPU ${target.cpu} · vector ${target.at} (0x${target.at.toString(16).padStart(2, '0')})`;
  const irq = irqAt(layout, target);
  if (irq !== undefined) return { title, facts: [...irqFacts(irq), ...leftBehind(irq, target.cpu)] };
  if (!isBars) {
    const cell = use.cells?.[target.at] ?? 'unknown';
    return { title, facts: [['', PLAIN[cell]], ...(cell === 'free' ? perhapsSetAside(use.cpu) : [])] };
  }
  const segment = use.segments[target.at];
  if (segment === undefined) return { title, facts: [] };
  return { title, facts: [[vectors(segment.to - segment.from), PLAIN[segment.kind]]] };
}

export function cpuFacts(cpu: ReportCpu): Description['facts'] {
  if (!cpu.online) {
    const managed =
      cpu.managed.max > 0 ? `, ${formatRange(cpu.managed)} set aside for managed interrupts` : '';
    return [['', `offline${managed}`]];
  }
  const node: Description['facts'] = cpu.node === undefined ? [] : [['node', String(cpu.node)]];
  return [
    ...node,
    ['free', `${formatRange(cpu.available)} of ${formatRange(cpu.capacity)}`],
    ['in use', formatRange(cpu.allocated)],
    ['managed', `${formatRange(cpu.managedAllocated)} in use of ${formatRange(cpu.managed)} set aside`],
    ...drifted(cpu),
  ];
}

/** On the map it also stands where it still holds a vector that it does not use any more. */
function leftBehind(irq: ReportIrq, cpu: number): Description['facts'] {
  if (irq.cpu === cpu || irq.oldVector === undefined) return [];
  return [['moved to', `CPU ${irq.cpu ?? '?'}; this vector is free after its next interrupt`]];
}

/** VECTOR says how many are set aside, not which. */
function perhapsSetAside(cpu: ReportCpu): Description['facts'] {
  const idle = cpu.managed.max - cpu.managedAllocated.min;
  return idle > 0 ? [['', `or one of ${idle} set aside for managed interrupts`]] : [];
}

function drifted(cpu: ReportCpu): Description['facts'] {
  const drift = driftOf(cpu);
  if (drift === 0) return [];
  const figure = `${Math.abs(drift)} ${drift > 0 ? 'more' : 'fewer'}`;
  return [
    [
      'drift',
      `the kernel counts ${figure} free than there are: managed interrupts came or went while it was offline`,
    ],
  ];
}

export function irqFacts(irq: ReportIrq): Description['facts'] {
  const facts: [string, string][] = [[`IRQ ${irq.irq}`, irq.name === '' ? 'not requested' : irq.name]];
  if (irq.device !== undefined) facts.push(['device', irq.device]);
  else if (irq.chip !== undefined) facts.push(['chip', irq.chip]);
  if (irq.driver !== undefined) facts.push(['driver', irq.driver]);
  facts.push(['managed', `${managedWord(irq)} (${irq.managedBy})`]);
  if (irq.movePending)
    facts.push(['move pending', `to CPU ${shortList(irq.affinity ?? '')}, at its next interrupt`]);
  else if (irq.affinity !== undefined) facts.push(['mask', shortList(irq.affinity)]);
  if (irq.count !== undefined) facts.push(['count', irq.count.toLocaleString('en')]);
  return facts;
}

export function managedWord(irq: ReportIrq): string {
  if (irq.managed === undefined) return 'unknown';
  return irq.managed ? 'yes' : 'no';
}

/** The same as one sentence, for a reader that speaks. */
export function describeInWords(description: Description): string {
  const facts = description.facts.map(([label, value]) => (label === '' ? value : `${label} ${value}`));
  return [description.title, ...facts].join(', ');
}

/** A mask of every ninth of 1,152 CPUs is a page of text; here it has to be part of a line. */
function shortList(list: string): string {
  return list.length <= 48 ? list : `${list.slice(0, list.lastIndexOf(',', 40))},…`;
}

function vectors(n: number): string {
  return n === 1 ? '1 vector' : `${n} vectors`;
}
