/**
 * A machine looked at again and again. Counters are read for every sample, masks a few at a time, everything else when
 * the caller says so. Knows no clock: the time comes in with each call.
 */
import { parseCpuList } from '../../base/cpu-list.ts';
import { exactly } from '../../base/range.ts';
import type { WatchCpu, WatchEvent, WatchIrq, WatchSample } from '../../format/watch.ts';
import type { CpuState, IrqState, MachineState } from '../../model/machine-state.ts';
import type { FileTree } from '../../observe/file-tree.ts';
import { readSettled } from '../../observe/tree-reader.ts';
import { parseTraceLines } from '../../parse/ftrace.ts';
import { type ProcInterrupts, parseProcInterrupts } from '../../parse/proc-interrupts.ts';
import { RequestError } from '../request-error.ts';
import { happeningsOf, type TracedFigures } from './happenings.ts';
import { type CpuRate, RateWindow } from './rates.ts';

/** What a tracing instance says. */
export interface TraceFeed {
  /** Whole lines of `trace_pipe` since the last call. */
  read(): string;
}

export interface WatchSource {
  readonly tree: FileTree;
  /** Reads the whole machine: costly. */
  machine(): MachineState;
  /** Undefined: moves are told by masks that are read again. */
  readonly trace: TraceFeed | undefined;
  /** One sentence on where moves come from. */
  readonly tracing: string;
}

/** Interrupts whose masks are read again for one sample. */
const MASKS_PER_SAMPLE = 16;

interface Placed {
  effective: string | undefined;
  mask: string | undefined;
}

export class Watcher {
  readonly #source: WatchSource;
  readonly #window: RateWindow;
  #machine: MachineState;
  #factsAt: number;
  #facts = new Map<number, IrqState>();
  /** From the trace: later than the facts, and exact. */
  readonly #figures = new Map<number, TracedFigures>();
  readonly #vectors = new Map<number, { readonly cpu: number; readonly vector?: number } | undefined>();
  readonly #placed = new Map<number, Placed>();
  #last: ProcInterrupts | undefined;
  #next = 0;

  /** @param windowMs over which rates are measured; at least from one sample to the next */
  constructor(source: WatchSource, windowMs: number, nowMs: number) {
    this.#source = source;
    this.#window = new RateWindow(windowMs);
    this.#machine = source.machine();
    this.#factsAt = nowMs;
    this.#take(this.#machine, nowMs);
  }

  /** Vectors, owners and what is managed, read anew. */
  refresh(nowMs: number): void {
    this.#take(this.#source.machine(), nowMs);
  }

  #take(machine: MachineState, nowMs: number): void {
    this.#machine = machine;
    this.#factsAt = nowMs;
    this.#facts = new Map(machine.irqs.map((irq) => [irq.irq, irq]));
    this.#vectors.clear();
    // With debugfs they are exact too, and a CPU that came or went has begun anew.
    if (machine.certainty === 'exact') this.#figures.clear();
  }

  /** @throws RequestError where there is no /proc/interrupts */
  sample(nowMs: number): WatchSample {
    const interrupts = this.#interrupts();
    const events = this.#trace(interrupts, nowMs);
    events.push(...this.#comings(interrupts, nowMs));
    if (this.#source.trace === undefined) events.push(...this.#looks(interrupts, nowMs));
    const rates = this.#window.add({ atMs: nowMs, interrupts });
    this.#last = interrupts;
    const { source, kernel, certainty } = this.#machine;
    return {
      kind: 'watch',
      version: 1,
      source,
      ...(kernel.release === undefined ? {} : { release: kernel.release }),
      at: nowMs,
      ...(rates === undefined ? {} : { seconds: rates.seconds }),
      certainty,
      factsAt: this.#factsAt,
      cpus: this.#cpus(interrupts, rates?.cpus),
      irqs: interrupts.rows.map(({ irq, actions }) => {
        const rate = rates?.irqs.get(irq);
        return {
          ...this.#irq(irq, actions.join(', ')),
          ...(rate === undefined ? {} : { rate: rate.total }),
          on: [...(rate?.on ?? [])],
        };
      }),
      events,
      tracing: { on: this.#source.trace !== undefined, text: this.#source.tracing },
    };
  }

  #interrupts(): ProcInterrupts {
    const { tree } = this.#source;
    return readSettled(tree, () => {
      const bytes = tree.readBytes('proc/interrupts');
      if (bytes === undefined || bytes.length === 0) {
        throw new RequestError(`${tree.source}: no proc/interrupts to watch`);
      }
      return parseProcInterrupts(bytes);
    });
  }

  #trace(interrupts: ProcInterrupts, at: number): WatchEvent[] {
    const text = this.#source.trace?.read() ?? '';
    if (text === '') return [];
    const { events, figures, lost } = happeningsOf(parseTraceLines(text, 'trace_pipe'), at);
    if (lost) this.#figures.clear();
    for (const [cpu, figure] of figures) this.#figures.set(cpu, figure);
    for (const { kind, irq, cpu, vector } of events) {
      if (irq === undefined || cpu === undefined) continue;
      if (kind === 'released') this.#vectors.set(irq, undefined);
      if (kind === 'moved' || kind === 'assigned') {
        this.#vectors.set(irq, { cpu, ...(vector === undefined ? {} : { vector }) });
      }
    }
    return events.map((event) => this.#named(event, interrupts));
  }

  /** CPUs and interrupts that are in one reading only. */
  #comings(now: ProcInterrupts, at: number): WatchEvent[] {
    const before = this.#last;
    if (before === undefined) return [];
    const seen = { by: 'seen', at } as const;
    const events: WatchEvent[] = [];
    const went = new Set(before.cpus);
    for (const cpu of now.cpus) {
      if (went.delete(cpu)) continue;
      events.push({ ...seen, kind: 'cpu-online', cpu, text: `CPU ${cpu} is online` });
    }
    for (const cpu of went) events.push({ ...seen, kind: 'cpu-offline', cpu, text: `CPU ${cpu} is offline` });
    const names = new Map(before.rows.map(({ irq, actions }) => [irq, actions.join(', ')]));
    for (const { irq, actions } of now.rows) {
      const name = actions.join(', ');
      const old = names.get(irq);
      names.delete(irq);
      if (old === name) continue;
      const text = old === undefined ? 'is new' : `was ${old} before`;
      events.push({ ...seen, kind: 'requested', irq, name, text });
    }
    for (const [irq, name] of names) {
      this.#placed.delete(irq);
      events.push({ ...seen, kind: 'gone', irq, name, text: 'is gone' });
    }
    return events;
  }

  /** The masks of the next few interrupts, compared with what they were. */
  #looks({ rows }: ProcInterrupts, at: number): WatchEvent[] {
    const events: WatchEvent[] = [];
    for (let look = Math.min(MASKS_PER_SAMPLE, rows.length); look > 0; look--) {
      this.#next = (this.#next + 1) % rows.length;
      const row = rows[this.#next];
      if (row === undefined) continue;
      const { irq } = row;
      const name = row.actions.join(', ');
      const now = { effective: this.#mask(irq, 'effective_affinity'), mask: this.#mask(irq, 'smp_affinity') };
      const old = this.#placed.get(irq) ?? this.#factsOf(irq);
      this.#placed.set(irq, now);
      const seen = { by: 'seen', at, irq, name } as const;
      if (old.mask !== undefined && now.mask !== undefined && old.mask !== now.mask) {
        events.push({ ...seen, kind: 'mask', text: `may go to CPU ${now.mask} now, to ${old.mask} before` });
      }
      if (old.effective === now.effective || now.effective === undefined || now.effective === '') continue;
      const cpu = single(now.effective);
      if (cpu !== undefined) this.#vectors.set(irq, { cpu });
      if (old.effective === undefined || old.effective === '') continue;
      const from = single(old.effective);
      events.push({
        ...seen,
        kind: 'moved',
        ...(cpu === undefined ? {} : { cpu }),
        ...(from === undefined ? {} : { from }),
        text: `moved from CPU ${old.effective} to CPU ${now.effective}`,
      });
    }
    return events;
  }

  /** So that a move before the first look is noticed too. */
  #factsOf(irq: number): Placed {
    const facts = this.#facts.get(irq);
    return { effective: facts?.cpu?.toString(), mask: facts?.affinity?.toString() };
  }

  #mask(irq: number, file: string): string | undefined {
    const text = this.#source.tree.readText(`proc/irq/${irq}/${file}_list`);
    const cpus = text === undefined ? undefined : parseCpuList(text);
    return cpus?.ok === true ? cpus.value.toString() : undefined;
  }

  #named(event: WatchEvent, { rows }: ProcInterrupts): WatchEvent {
    const name =
      rows.find(({ irq }) => irq === event.irq)?.actions.join(', ') ?? this.#facts.get(event.irq ?? -1)?.name;
    return name === undefined || name === '' ? event : { ...event, name };
  }

  #irq(irq: number, name: string): Omit<WatchIrq, 'rate' | 'on'> {
    const facts = this.#facts.get(irq);
    const place = this.#vectors.has(irq) ? this.#vectors.get(irq) : facts;
    return {
      irq,
      name,
      ...(facts?.device === undefined ? {} : { device: facts.device }),
      ...(facts?.driver === undefined ? {} : { driver: facts.driver }),
      ...(facts?.managed === undefined ? {} : { managed: facts.managed }),
      ...(place?.cpu === undefined ? {} : { cpu: place.cpu }),
      ...(place?.vector === undefined ? {} : { vector: place.vector }),
    };
  }

  #cpus(interrupts: ProcInterrupts, rates: ReadonlyMap<number, CpuRate> | undefined): WatchCpu[] {
    const online = new Set(interrupts.cpus);
    return this.#machine.cpus.map((state) => {
      const { cpu, node } = state;
      const rate = rates?.get(cpu);
      return {
        cpu,
        online: online.has(cpu),
        ...(node === undefined ? {} : { node }),
        ...figuresOf(state, this.#figures.get(cpu)),
        ...(rate === undefined ? {} : { rate: rate.devices }),
        ...(rate?.timer === undefined ? {} : { timer: rate.timer }),
        ...(rate?.between === undefined ? {} : { between: rate.between }),
      };
    });
  }
}

function figuresOf(
  { capacity, available, allocated, managed, managedAllocated }: CpuState,
  traced: TracedFigures | undefined,
): Pick<WatchCpu, 'capacity' | 'available' | 'allocated' | 'managed' | 'managedAllocated'> {
  if (traced === undefined) return { capacity, available, allocated, managed, managedAllocated };
  return {
    capacity,
    available: exactly(traced.available),
    allocated: exactly(traced.allocated),
    managed: exactly(traced.managed),
    managedAllocated,
  };
}

function single(list: string): number | undefined {
  return /^\d+$/.test(list) ? Number(list) : undefined;
}
