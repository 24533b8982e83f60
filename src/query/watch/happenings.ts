/** What the tracepoints of the vector domain say, in words. */
import type { WatchEvent } from '../../format/watch.ts';
import { errnoName } from '../../model/failures.ts';
import { type LostRecord, type TraceRecord, traceFields } from '../../parse/ftrace.ts';

/** A CPU's counters after the last operation on them. */
export interface TracedFigures {
  readonly available: number;
  readonly allocated: number;
  readonly managed: number;
}

export interface Traced {
  readonly events: readonly WatchEvent[];
  /** CPUs that irq_matrix_* events were about. */
  readonly figures: ReadonlyMap<number, TracedFigures>;
  /** Events that the buffer had no room for: figures of before are no longer certain. */
  readonly lost: boolean;
}

/** @param at milliseconds since 1970 that the events are given */
export function happeningsOf(records: Iterable<TraceRecord | LostRecord>, at: number): Traced {
  const events: WatchEvent[] = [];
  const figures = new Map<number, TracedFigures>();
  let lost = false;
  for (const record of records) {
    if (record.kind === 'lost') {
      lost = true;
      figures.clear();
      const count = record.count === undefined ? 'Events' : `${record.count} events`;
      events.push({ kind: 'lost', by: 'trace', at, text: `${count} lost: the buffer was full` });
      continue;
    }
    const fields = traceFields(record);
    const cpu = fields.get('cpu');
    const available = fields.get('avl');
    if (cpu !== undefined && available !== undefined) {
      figures.set(cpu, {
        available,
        allocated: fields.get('alloc') ?? 0,
        managed: fields.get('managed') ?? 0,
      });
    }
    const happened = happening(record.event, fields);
    if (happened === undefined) continue;
    // The kernel asks the device's node first, then the mask: only what no later attempt finds is none.
    if (happened.kind === 'found') dropLast(events, happened.irq);
    else events.push({ ...happened, by: 'trace', at, clock: record.timestamp });
  }
  return { events, figures, lost };
}

type Happened = Omit<WatchEvent, 'by' | 'at'> | { readonly kind: 'found'; readonly irq: number };

function happening(event: string, fields: ReadonlyMap<string, number>): Happened | undefined {
  const irq = fields.get('irq');
  if (irq === undefined) return undefined;
  const of = (key: string): number => fields.get(key) ?? 0;
  const [vector, cpu] = [of('vector'), of('cpu')];
  switch (event) {
    case 'vector_update': {
      if (of('prev_vector') === 0) {
        return { kind: 'assigned', irq, cpu, vector, text: `has vector ${vector} of CPU ${cpu}` };
      }
      const from = of('prev_cpu');
      return {
        kind: 'moved',
        irq,
        cpu,
        from,
        vector,
        text: `moved from CPU ${from} to CPU ${cpu} (vector ${of('prev_vector')}, now ${vector})`,
      };
    }
    case 'vector_clear':
      if (vector === 0) return undefined;
      return { kind: 'released', irq, cpu, vector, text: `gave back vector ${vector} of CPU ${cpu}` };
    case 'vector_free_moved':
      return {
        kind: 'old-vector',
        irq,
        cpu,
        vector,
        text: `gave back vector ${vector} of CPU ${cpu}, where it was before`,
      };
    case 'vector_alloc':
    case 'vector_alloc_managed':
    case 'vector_reserve_managed': {
      const ret = signed(of('ret'));
      if (ret >= 0) return { kind: 'found', irq };
      return { kind: 'no-vector', irq, text: `found no vector: ${errnoName(ret)}` };
    }
    default:
      return undefined;
  }
}

/** An int that was printed as unsigned. */
function signed(value: number): number {
  return value | 0;
}

function dropLast(events: WatchEvent[], irq: number): void {
  const at = events.findLastIndex((event) => event.irq === irq);
  if (events[at]?.kind === 'no-vector') events.splice(at, 1);
}
