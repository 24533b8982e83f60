import { parseCpuList } from '../base/cpu-list.ts';
import { isExact } from '../base/range.ts';
import type { Report, ReportCpu, ReportIrq } from '../format/report.ts';
import { FIRST_LEGACY_VECTOR, LEGACY_IRQS } from '../model/system-vectors.ts';

/** What a vector number of a CPU is used for. */
export type CellClass =
  /** Taken before any device asks: exceptions, IPIs, the timer. */
  | 'system'
  /** 48..63, held by an ISA interrupt. */
  | 'legacy'
  | 'regular'
  | 'managed'
  /** In use, and not known by which interrupt or whether it is managed. */
  | 'unknown'
  | 'free'
  /** Never given to devices, and not in use either. */
  | 'outside';

/** Parts of a CPU's bar, from left to right. */
export type SegmentKind = 'legacy' | 'regular' | 'managed' | 'unknown' | 'idle' | 'uncertain' | 'free';

export interface Segment {
  readonly kind: SegmentKind;
  /** In vectors from the left end of the bar; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly irq: ReportIrq | undefined;
}

export interface CpuUse {
  readonly cpu: ReportCpu;
  /** Interrupts delivered to this CPU. */
  readonly irqs: readonly ReportIrq[];
  /** By vector number; undefined where the numbers are not known. */
  readonly cells: readonly CellClass[] | undefined;
  /** Vector number to interrupt; one that was moved away and still holds a vector here among them. */
  readonly owners: ReadonlyMap<number, ReportIrq>;
  /** What is in use in single segments, then the rest in one piece each. */
  readonly segments: readonly Segment[];
}

export interface Occupancy {
  /** `vectors`: the numbers are known, at least for some CPUs. `bars`: only how many. */
  readonly mode: 'vectors' | 'bars';
  readonly cpus: readonly CpuUse[];
  readonly byCpu: ReadonlyMap<number, CpuUse>;
  /** The most that a CPU of this machine can give to devices. */
  readonly capacity: number;
  readonly window: { readonly start: number; readonly end: number };
}

export const VECTORS = 256;

export function buildOccupancy(report: Report): Occupancy {
  const irqsOf = new Map<number, ReportIrq[]>();
  for (const irq of report.irqs) {
    if (irq.cpu === undefined || irq.state !== 'active') continue;
    const list = irqsOf.get(irq.cpu);
    if (list === undefined) irqsOf.set(irq.cpu, [irq]);
    else list.push(irq);
  }
  const system = numbersOf(report.systemVectors);
  const left = report.irqs.filter((irq) => irq.oldVector?.vector !== undefined);
  const cpus = report.cpus.map((cpu) => {
    const olds = left.filter((irq) => irq.oldVector?.cpus === String(cpu.cpu));
    return cpuUse(cpu, irqsOf.get(cpu.cpu) ?? [], olds, system, report.window);
  });
  return {
    mode: report.cpus.some((cpu) => cpu.vectors !== undefined) ? 'vectors' : 'bars',
    cpus,
    byCpu: new Map(cpus.map((use) => [use.cpu.cpu, use])),
    capacity: report.cpus.reduce((most, cpu) => Math.max(most, cpu.capacity.max), 1),
    window: report.window,
  };
}

function cpuUse(
  cpu: ReportCpu,
  irqs: readonly ReportIrq[],
  olds: readonly ReportIrq[],
  system: ReadonlySet<number>,
  window: Report['window'],
): CpuUse {
  const owners = new Map<number, ReportIrq>();
  for (const irq of olds) if (irq.oldVector?.vector !== undefined) owners.set(irq.oldVector.vector, irq);
  for (const irq of irqs) if (irq.vector !== undefined) owners.set(irq.vector, irq);
  return {
    cpu,
    irqs,
    cells: cpu.vectors === undefined ? undefined : cellsOf(cpu.vectors, owners, system, window),
    owners,
    segments: segmentsOf(cpu, irqs),
  };
}

function cellsOf(
  inUse: string,
  owners: ReadonlyMap<number, ReportIrq>,
  system: ReadonlySet<number>,
  window: Report['window'],
): CellClass[] {
  const used = numbersOf(inUse);
  return Array.from({ length: VECTORS }, (_, vector): CellClass => {
    if (used.has(vector)) return kindOf(owners.get(vector));
    if (system.has(vector)) return 'system';
    return vector >= window.start && vector < window.end ? 'free' : 'outside';
  });
}

function kindOf(irq: ReportIrq | undefined): 'legacy' | 'regular' | 'managed' | 'unknown' {
  if (irq === undefined) return 'unknown';
  if (irq.irq < LEGACY_IRQS && (irq.vector === undefined || irq.vector === FIRST_LEGACY_VECTOR + irq.irq))
    return 'legacy';
  if (irq.managed === undefined) return 'unknown';
  return irq.managed ? 'managed' : 'regular';
}

const KINDS_IN_USE = ['legacy', 'regular', 'managed', 'unknown'] as const;
export const IN_USE: ReadonlySet<CellClass | SegmentKind> = new Set(KINDS_IN_USE);

/**
 * Interrupts that we know come first, one segment each. Vectors that are counted but that no interrupt explains
 * follow; then what is set aside; between that and what is certainly free lies all that is uncertain.
 */
function segmentsOf(cpu: ReportCpu, irqs: readonly ReportIrq[]): Segment[] {
  const segments: Segment[] = [];
  const add = (kind: SegmentKind, width: number, irq?: ReportIrq): void => {
    const from = segments.at(-1)?.to ?? 0;
    if (width > 0) segments.push({ kind, from, to: from + width, irq });
  };
  for (const kind of KINDS_IN_USE) for (const irq of irqs) if (kindOf(irq) === kind) add(kind, 1, irq);
  add('unknown', cpu.allocated.min - irqs.length);
  add('idle', cpu.managed.min - cpu.managedAllocated.min);
  const rest = Math.max(0, cpu.capacity.max - (segments.at(-1)?.to ?? 0));
  // Where the counter has drifted, the maps are right: what nothing holds is free.
  const free = Math.min(rest, Math.max(0, cpu.available.min - driftOf(cpu)));
  add('uncertain', rest - free);
  add('free', free);
  return segments;
}

/**
 * How many vectors more than there are the kernel counts as free on this CPU (negative: fewer). Managed vectors that
 * are set aside or given back while a CPU is offline do not change its counter. 0 where the figures have bounds.
 */
export function driftOf({
  online,
  capacity,
  available,
  allocated,
  managed,
  managedAllocated,
}: ReportCpu): number {
  const isKnown = [capacity, available, allocated, managed, managedAllocated].every(isExact);
  if (!online || !isKnown) return 0;
  return available.min - (capacity.min - managed.min - (allocated.min - managedAllocated.min));
}

function numbersOf(list: string | undefined): ReadonlySet<number> {
  const parsed = parseCpuList(list ?? '');
  return new Set(parsed.ok ? parsed.value : []);
}
