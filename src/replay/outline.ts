/**
 * A first look over the whole trace: which interrupts live from when to when, where the snapshots lie, which change of
 * an affinity is the last before one, and which CPUs go down unseen. Places, not outcomes: nothing here decides.
 */
import type { LostRecord, TraceRecord } from '../parse/ftrace.ts';
import { parseLabLine } from '../parse/ops-log.ts';
import { ReplayInputError } from './replay-input-error.ts';
import { stepOf } from './trace-window.ts';
import { type FreezeOrder, type UnseenDown, UnseenDowns } from './unseen-downs.ts';

/** One stay of an interrupt number: from its set-up to its teardown, as record indexes. */
export interface Lifetime {
  readonly irq: number;
  from: number;
  to: number;
  readonly managed: boolean;
  /** CPUs on which bits were set aside for it; what a managed interrupt's mask is, where no snapshot shows it. */
  readonly reservedOn: readonly number[];
}

const AFFINITY = /^\/proc\/irq\/(\d+)\/smp_affinity/;

export interface SnapshotPlace {
  readonly name: string;
  readonly index: number;
}

export interface Outline {
  readonly lifetimes: ReadonlyMap<number, readonly Lifetime[]>;
  /** In the order of the trace. */
  readonly snapshots: readonly SnapshotPlace[];
  /** Of each interrupt, the record indexes at which it was written a mask or moved on its own, ascending. */
  readonly moves: ReadonlyMap<number, readonly number[]>;
  /** Begins with a kernel that boots: the matrix is empty. */
  readonly fromBoot: boolean;
  /** Dying CPUs are traced too, as a kernel does whose tracepoints have lost their condition. */
  readonly showsDyingCpus: boolean;
  /** By CPU: the task that takes it down, where that is traced (`migration/N`, whatever name is shown). */
  readonly stoppers: ReadonlyMap<number, number>;
  /** What went down without an event, by the record before which it did: indexes ascending. */
  readonly unseenDowns: readonly UnseenDown[];
  readonly hasMarks: boolean;
  readonly hasKprobes: boolean;
  /** Trace time stamps are seconds. */
  readonly inSeconds: boolean;
  readonly lastIndex: number;
  /** Of the first event that the model knows; infinity where there is none. */
  readonly firstIndex: number;
  /** The highest CPU that an event is of. */
  readonly lastCpu: number;
  /** Events are missing. */
  readonly losesEvents: boolean;
  /** The events after which a CPU's were lost: a loss stands in the trace before that CPU's next event. */
  readonly lossesBegin: readonly number[];
  /** System vectors that the trace shows being taken, and what the first CPU has free after them. */
  readonly systemBits: readonly number[];
  readonly firstAvailable: number | undefined;
  /** Online maps before the first event that shows them. */
  readonly firstMaps: number | undefined;
}

/** The CPUs that are online by the snapshots. */
export interface OnlineCpus {
  readonly before: Iterable<number>;
  /** By the name of a snapshot that the trace marks. */
  readonly at?: ReadonlyMap<string, Iterable<number>>;
  readonly after: Iterable<number> | undefined;
}

export function outlineOf(
  records: Iterable<TraceRecord | LostRecord>,
  online: OnlineCpus,
  freezes: FreezeOrder,
): Outline {
  const lifetimes = new Map<number, Lifetime[]>();
  const moves = new Map<number, number[]>();
  const snapshots: SnapshotPlace[] = [];
  const downs = new UnseenDowns(online.before, freezes);
  const reserving = new Map<string, number[]>();
  /** Where the set-up that a thread is in began: its first events name no interrupt. */
  const began = new Map<string, number>();
  let fromBoot = false;
  const stoppers = new Map<number, number>();
  let hasMarks = false;
  let hasKprobes = false;
  let inSeconds = true;
  let lastIndex = 0;
  let lastCpu = 0;
  let firstIndex = Number.POSITIVE_INFINITY;
  let firstMaps: number | undefined;
  let firstAvailable: number | undefined;
  const systemBits: number[] = [];
  let losesEvents = false;
  const lossesBegin: number[] = [];
  /** The last event of each CPU. */
  const lastOn = new Map<number, number>();

  for (const item of records) {
    if (item.kind === 'lost') {
      losesEvents = true;
      if (item.cpu >= 0) lossesBegin.push(lastOn.get(item.cpu) ?? -1);
      continue;
    }
    const { record, fields, thread, modelled } = stepOf(item);
    lastIndex = record.index;
    lastOn.set(record.cpu, record.index);
    if (!record.timestamp.includes('.')) inSeconds = false;
    const isKprobe = record.event.startsWith('k_');
    // A kprobe fires on a dying CPU too.
    if (!isKprobe && record.event !== 'irq_matrix_online') downs.sees(record.cpu, true, record.index);
    if (record.event === 'tracing_mark_write') {
      const lab = parseLabLine(record.text);
      if (lab === undefined) continue;
      hasMarks ||= lab.kind === 'op' || lab.kind === 'res';
      const written = lab.kind === 'op' ? AFFINITY.exec(lab.path)?.[1] : undefined;
      if (written !== undefined) push(moves, Number(written), record.index);
      if (lab.kind === 'snap') {
        snapshots.push({ name: lab.name, index: record.index });
        downs.shown(online.at?.get(lab.name), record.index);
      }
      continue;
    }
    if (isKprobe) hasKprobes = true;
    if (!modelled) continue;
    refuseImpossible(record, fields);
    firstIndex = Math.min(firstIndex, record.index);
    lastCpu = Math.max(lastCpu, record.cpu, fields.get('cpu') ?? 0);
    const globalMaps = fields.get('online_maps');
    if (firstMaps === undefined && globalMaps !== undefined) {
      const change =
        record.event === 'irq_matrix_online' ? 1 : record.event === 'irq_matrix_offline' ? -1 : 0;
      firstMaps = globalMaps - change;
    }
    // System vectors are taken before the first CPU's map is online.
    if (!fromBoot && (firstMaps === 0 || (record.event === 'irq_matrix_assign_system' && globalMaps === 0))) {
      fromBoot = true;
      downs.boot();
    }
    if (record.event === 'irq_matrix_offline') {
      stoppers.set(record.cpu, record.pid);
      downs.goesDown(record.cpu);
      continue;
    }
    if (globalMaps !== undefined) {
      // The map of a CPU that comes up counts already: one less were online before it.
      const comesUp = record.event === 'irq_matrix_online';
      downs.maps(globalMaps - (comesUp ? 1 : 0), record.index);
      if (comesUp) downs.comesUp(record.cpu, record.index);
      const cpu = fields.get('cpu');
      if (cpu !== undefined) downs.sees(cpu, fields.get('online') === 1, record.index);
    }
    const irq = fields.get('irq') ?? -1;
    switch (record.event) {
      case 'irq_matrix_assign_system':
        if (globalMaps === 0) systemBits.push(fields.get('bit') ?? 0);
        break;
      case 'irq_matrix_online':
        firstAvailable ??= fields.get('global_avl');
        break;
      case 'vector_clear':
      case 'irq_matrix_reserve':
        if (!began.has(thread)) began.set(thread, record.index);
        break;
      case 'irq_matrix_reserve_managed': {
        if (!began.has(thread)) began.set(thread, record.index);
        const cpus = reserving.get(thread) ?? [];
        cpus.push(fields.get('cpu') ?? 0);
        reserving.set(thread, cpus);
        break;
      }
      case 'vector_setup':
        begin(lifetimes, irq, began.get(thread) ?? record.index, reserving.get(thread));
        reserving.delete(thread);
        began.delete(thread);
        break;
      case 'vector_reserve':
      case 'vector_reserve_managed':
        touch(lifetimes, irq, began.get(thread) ?? record.index);
        break;
      case 'vector_config':
        // A deactivation, which reserves too, ends here.
        if (lifetimes.get(irq)?.at(-1)?.to !== Number.POSITIVE_INFINITY) break;
        if (!reserving.has(thread)) began.delete(thread);
        break;
      case 'vector_teardown':
        end(lifetimes, irq, record.index);
        break;
      case 'vector_alloc':
        if (fields.get('reserved') === 0 && fields.get('ret') === 0) push(moves, irq, record.index);
        break;
      default:
    }
  }
  downs.finish(online.after);
  return {
    lifetimes,
    snapshots,
    moves,
    fromBoot,
    showsDyingCpus: stoppers.size > 0,
    stoppers,
    unseenDowns: downs.list,
    hasMarks,
    hasKprobes,
    inSeconds,
    lastIndex,
    firstIndex,
    lastCpu,
    systemBits,
    losesEvents,
    lossesBegin,
    firstAvailable,
    firstMaps,
  };
}

const VECTORS = 256;

/** Figures that no x86 kernel prints: the model has no place for them. */
function refuseImpossible({ file, line }: TraceRecord, fields: ReadonlyMap<string, number>): void {
  for (const key of ['bit', 'vector', 'prev_vector', 'cpu', 'prev_cpu']) {
    const value = fields.get(key) ?? 0;
    if (value >= 0 && (value < VECTORS || key.endsWith('cpu'))) continue;
    const expected = key.endsWith('cpu') ? 'a CPU' : `a vector, 0 to ${VECTORS - 1}`;
    throw new ReplayInputError(`${file}:${line}: expected ${expected}, found ${key}=${value}`);
  }
}

/** The set-up is traced at its end: the first event of it opened the lifetime. */
function begin(
  lifetimes: Map<number, Lifetime[]>,
  irq: number,
  index: number,
  reservedOn: readonly number[] | undefined,
): void {
  const opened = lifetimes.get(irq)?.at(-1);
  const from = opened !== undefined && opened.to === Number.POSITIVE_INFINITY ? opened.from : index;
  if (opened !== undefined && opened.from === from) lifetimes.get(irq)?.pop();
  push(lifetimes, irq, {
    irq,
    from,
    to: Number.POSITIVE_INFINITY,
    managed: reservedOn !== undefined,
    reservedOn: reservedOn ?? [],
  });
}

/** `vector_reserve` also comes with every deactivation: it opens a lifetime only where none is open. */
function touch(lifetimes: Map<number, Lifetime[]>, irq: number, index: number): void {
  const last = lifetimes.get(irq)?.at(-1);
  if (last !== undefined && last.to === Number.POSITIVE_INFINITY) return;
  push(lifetimes, irq, { irq, from: index, to: Number.POSITIVE_INFINITY, managed: false, reservedOn: [] });
}

function end(lifetimes: Map<number, Lifetime[]>, irq: number, index: number): void {
  const last = lifetimes.get(irq)?.at(-1);
  if (last === undefined) {
    push(lifetimes, irq, { irq, from: -1, to: index, managed: false, reservedOn: [] });
  } else last.to = index;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
