/**
 * A machine drawn as text, so that a test shows the whole of what it is about:
 *
 *     kernel 6.1                          the profile; 6.1 where it is left out
 *     cpu  capacity  other  managed  drift
 *       0        10      2        1     -1
 *       1    10..11      0        0   0..1
 *       2        10    off
 *     reserved 3                          interrupts reserved without a vector
 *     housekeeping 0,2                    isolcpus=managed_irq of all others
 *     30 on 1 mask 0-3                    a regular interrupt with a vector on CPU 1
 *     31 on 1                             the same; any CPU will do
 *     32 on 1 mask 0-1 managed            set aside on CPUs 0 and 1, in use on 1
 *     33 on 1 mask 0-1 managed?           it cannot be told whether it is managed
 *     34 on ? mask 0-3                    it has a vector, but the CPU is not shown
 *     35 on 0 mask 0-3 old 1              holds a second vector on CPU 1, which it left
 *     36 on 0 mask 0-3 old? 1,3           perhaps holds one, on one of these
 *     37 down mask 2 managed              shut down: no CPU of its mask is online
 *
 * The table has a row per CPU and any of its columns in any order; `-` is the default of a column.
 * `capacity`: vectors for devices (201). `other`: regular vectors of interrupts that are not listed (0), or `off`
 * for an offline CPU. `managed`: vectors set aside for interrupts that are not listed, unused (0). `drift`: what
 * `available` holds beyond the sum (0). `N..M` is a range. All counters of the answer are summed from this, here
 * and not by observe/infer-counts.ts, so that the two check each other. `#` starts a comment.
 */
import { parseCpuList } from '../src/base/cpu-list.ts';
import { CpuSet } from '../src/base/cpu-set.ts';
import { addRanges, exactly, isExact, type Range, range } from '../src/base/range.ts';
import { systemVectorsOf } from '../src/model/boot.ts';
import { asCpu, asIrq } from '../src/model/ids.ts';
import { profileNamed } from '../src/model/kernel-profile.ts';
import type { CpuState, IrqState, MachineState, UnplacedVector } from '../src/model/machine-state.ts';

export interface DrawnCpu {
  readonly cpu: number;
  readonly online: boolean;
  readonly capacity: Range;
  readonly other: number;
  readonly managed: number;
  readonly drift: Range;
}

export interface DrawnIrq {
  readonly irq: number;
  /** Undefined with `down` false: it has a vector on a CPU that is not shown. */
  readonly on: number | undefined;
  readonly down: boolean;
  readonly mask: CpuSet | undefined;
  readonly managed: boolean | undefined;
  readonly old: { readonly cpus: CpuSet; readonly held: Range } | undefined;
}

export interface DrawnMachine {
  readonly kernel: string;
  readonly reserved: Range;
  readonly housekeeping: CpuSet | undefined;
  readonly cpus: readonly DrawnCpu[];
  readonly irqs: readonly DrawnIrq[];
}

export function drawMachine(text: string): MachineState {
  return buildMachine(parseDrawing(text));
}

export function parseDrawing(text: string): DrawnMachine {
  let kernel = '6.1';
  let reserved = exactly(0);
  let housekeeping: CpuSet | undefined;
  let columns: readonly string[] | undefined;
  const cpus: DrawnCpu[] = [];
  const irqs: DrawnIrq[] = [];
  for (const full of text.split('\n')) {
    const words = full.replace(/#.*/, '').trim().split(/\s+/);
    const [first = '', second = ''] = words;
    if (first === '') continue;
    if (first === 'kernel') kernel = second;
    else if (first === 'reserved') reserved = parseRange(second);
    else if (first === 'housekeeping') housekeeping = parseCpus(second);
    else if (first === 'cpu') columns = words;
    else if (second === 'on' || second === 'down') irqs.push(parseIrq(words));
    else if (columns !== undefined) cpus.push(parseCpu(columns, words));
    else throw new Error(`cannot read the drawing at "${full.trim()}"`);
  }
  return { kernel, reserved, housekeeping, cpus, irqs };
}

function parseCpu(columns: readonly string[], words: readonly string[]): DrawnCpu {
  const cell = (name: string): string | undefined => {
    const word = words[columns.indexOf(name)];
    return word === '-' ? undefined : word;
  };
  const other = cell('other') ?? '0';
  return {
    cpu: parseNumber(cell('cpu')),
    online: other !== 'off',
    capacity: parseRange(cell('capacity') ?? '201'),
    other: other === 'off' ? 0 : parseNumber(other),
    managed: parseNumber(cell('managed') ?? '0'),
    drift: parseRange(cell('drift') ?? '0'),
  };
}

function parseIrq(words: readonly string[]): DrawnIrq {
  const after = (word: string): string | undefined => {
    const at = words.indexOf(word);
    return at < 0 ? undefined : words[at + 1];
  };
  const mask = after('mask');
  const [old, perhapsOld] = [after('old'), after('old?')];
  const on = after('on');
  const known = ['on', 'down', 'mask', 'old', 'old?', 'managed', 'managed?'];
  const stray = words.slice(1).find((word) => /[a-z]/.test(word) && !known.includes(word));
  if (stray !== undefined) throw new Error(`cannot read "${stray}" in the drawing at "${words.join(' ')}"`);
  return {
    irq: parseNumber(words[0]),
    on: on === undefined || on === '?' ? undefined : parseNumber(on),
    down: words.includes('down'),
    mask: mask === undefined ? undefined : parseCpus(mask),
    managed: words.includes('managed?') ? undefined : words.includes('managed'),
    old:
      old !== undefined
        ? { cpus: parseCpus(old), held: exactly(1) }
        : perhapsOld !== undefined
          ? { cpus: parseCpus(perhapsOld), held: range(0, 1) }
          : undefined,
  };
}

function parseNumber(text: string | undefined): number {
  if (text === undefined || !/^-?\d+$/.test(text)) throw new Error(`"${text}" in the drawing is no number`);
  return Number(text);
}

function parseRange(text: string): Range {
  const [min, max = min] = text.split('..');
  return range(parseNumber(min), parseNumber(max));
}

function parseCpus(text: string): CpuSet {
  const parsed = parseCpuList(text);
  if (!parsed.ok) throw new Error(`"${text}" in the drawing is no CPU list`);
  return parsed.value;
}

/** The state that a drawing describes, with every counter summed from it. */
export function buildMachine(drawn: DrawnMachine): MachineState {
  const profile = profileNamed(drawn.kernel);
  if (profile === undefined) throw new Error(`no kernel ${drawn.kernel}`);
  const cpus = drawn.cpus.map((cpu) => countersOf(cpu, drawn));
  const online = cpus.filter((cpu) => cpu.online);
  const exact = online.every(
    (c) => isExact(c.available) && isExact(c.allocated) && isExact(c.managedAllocated),
  );
  const sum = (of: (cpu: CpuState) => Range): Range =>
    online.reduce((total, cpu) => addRanges(total, of(cpu)), exactly(0));
  return {
    source: 'a drawing',
    kernel: { release: undefined, profile, assumption: undefined },
    certainty: exact ? 'exact' : 'bounded',
    doubts: [],
    cpus,
    global: {
      available: sum((c) => c.available),
      reserved: drawn.reserved,
      totalAllocated: sum((c) => c.allocated),
    },
    irqs: drawn.irqs.map(irqOf),
    unplaced: unplacedOf(drawn),
    anonymous: drawn.cpus
      .filter(({ online: up, other }) => up && other > 0)
      .map(({ cpu, other }) => ({ cpu: asCpu(cpu), regular: other, managed: 0 })),
    hasVectorDomain: true,
    housekeeping: drawn.housekeeping,
    isolated: undefined,
    nodes: [],
    // Vector numbers are plentiful, however few a CPU of the drawing has: its counters decide.
    systemVectors: systemVectorsOf(profile, false),
    uncountable: undefined,
    missing: [],
  };
}

function irqOf({ irq, on, down, mask, managed }: DrawnIrq): IrqState {
  return {
    irq: asIrq(irq),
    name: `irq${irq}`,
    chip: 'PCI-MSI',
    device: undefined,
    driver: undefined,
    managed,
    managedBy: 'the drawing',
    cpu: on === undefined ? undefined : asCpu(on),
    vector: undefined,
    affinity: mask,
    movePending: on !== undefined && mask?.has(on) === false,
    phase: down ? 'shutdown' : 'active',
    counts: undefined,
    node: undefined,
    hint: undefined,
    fixed: undefined,
  };
}

function onlineOf(drawn: DrawnMachine): CpuSet {
  return CpuSet.from(drawn.cpus.filter((cpu) => cpu.online).map((cpu) => cpu.cpu));
}

function unplacedOf(drawn: DrawnMachine): UnplacedVector[] {
  return drawn.irqs.flatMap(({ irq, on, down, managed, old }): UnplacedVector[] => [
    ...(on === undefined && !down
      ? [
          {
            irq: asIrq(irq),
            cpus: onlineOf(drawn),
            held: exactly(1),
            managed: managed === true,
            why: 'no-effective-affinity' as const,
          },
        ]
      : []),
    ...(old === undefined
      ? []
      : [{ irq: asIrq(irq), ...old, managed: managed === true, why: 'old' as const }]),
  ]);
}

/** What the vectors on a CPU are, perhaps are, and what they take from `available`. */
function countersOf(drawnCpu: DrawnCpu, drawn: DrawnMachine): CpuState {
  const { cpu, online, capacity, other, managed: setAside, drift } = drawnCpu;
  let managed = exactly(setAside);
  let managedAllocated = exactly(0);
  let cost = addRanges(exactly(other), managed);
  for (const irq of drawn.irqs) {
    const here = irq.on === cpu;
    const inMask = irq.mask?.has(cpu) ?? true;
    if (irq.managed === true && inMask) {
      managed = addRanges(managed, exactly(1));
      cost = addRanges(cost, exactly(1));
      if (here) managedAllocated = addRanges(managedAllocated, exactly(1));
    }
    if (irq.managed === undefined && inMask) {
      managed = addRanges(managed, range(0, 1));
      if (here) managedAllocated = addRanges(managedAllocated, range(0, 1));
      else cost = addRanges(cost, range(0, 1));
    }
    if (irq.managed !== true && here) cost = addRanges(cost, exactly(1));
  }
  let allocated = exactly(drawn.irqs.filter((irq) => irq.on === cpu).length + other);
  for (const vector of unplacedOf(drawn)) {
    if (!vector.cpus.has(cpu)) continue;
    const held = vector.cpus.size === 1 ? vector.held : range(0, vector.held.max);
    allocated = addRanges(allocated, held);
    if (vector.managed) managedAllocated = addRanges(managedAllocated, held);
    else cost = addRanges(cost, held);
  }
  return {
    cpu: asCpu(cpu),
    online,
    node: undefined,
    capacity,
    available: range(
      Math.max(0, capacity.min - cost.max + drift.min),
      Math.max(0, capacity.max - cost.min + drift.max),
    ),
    allocated: online ? allocated : exactly(0),
    managed,
    managedAllocated,
    drift,
    allocMap: undefined,
  };
}
