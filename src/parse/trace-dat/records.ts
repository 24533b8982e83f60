import type { LostRecord, TraceRecord } from '../ftrace.ts';
import { ByteReader, failAtByte, type Piece } from './byte-reader.ts';
import { type Contents, type CpuData, maxChunk, type TraceBuffer } from './contents.ts';
import type { EventFormat } from './event-format.ts';
import { EventText, numberOf, textOf } from './event-text.ts';
import { latencyFlags } from './flags.ts';
import { eventsOfPages, type PageLayout, pageLayoutOf, type RawEvent } from './ring-buffer.ts';
import { Symbols } from './symbols.ts';

/** All events begin with it: u16 type, u8 flags, u8 preempt count, s32 pid (`common_…` of every format). */
const COMMON = 8;
/** The function that writes a trace mark; what it writes is an event `print`. */
const MARK = 'tracing_mark_write';

/** One CPU's events, the next one in hand. */
interface Stream {
  readonly cpu: number;
  readonly events: Iterator<RawEvent>;
  next: RawEvent;
}

type Shape = { readonly event: string; readonly format: EventFormat; readonly text: EventText } | undefined;

/** Turns the ring buffers of a trace.dat into the records that ftrace's text gives. */
export class Records {
  readonly #contents: Contents;
  readonly #symbols: Symbols;
  readonly #shapes = new Map<number, Shape>();

  constructor(contents: Contents) {
    this.#contents = contents;
    this.#symbols = new Symbols(contents.kallsyms);
  }

  /** A buffer's events, those of all CPUs by their time. @throws TraceDatError */
  *of(buffer: TraceBuffer): Generator<TraceRecord | LostRecord, void, undefined> {
    const layout = pageLayoutOf(this.#contents.headerPage, buffer.pageSize);
    if (layout === undefined) {
      const found = 'a header_page without them';
      failAtByte(this.#contents.file, 0, 'timestamp, commit and data of a page', found);
    }
    const streams = buffer.cpus.flatMap((cpu) => this.#streamOf(buffer, cpu, layout));
    for (let index = 0; streams.length > 0; index++) {
      const stream = earliest(streams);
      const { cpu, next } = stream;
      if (next.lost !== 0) {
        yield { kind: 'lost', line: index + 1, cpu, count: next.lost < 0 ? undefined : next.lost };
      }
      yield this.#record(buffer, cpu, next, index);
      const { done, value } = stream.events.next();
      if (done === true) streams.splice(streams.indexOf(stream), 1);
      else stream.next = value;
    }
  }

  #streamOf(buffer: TraceBuffer, data: CpuData, layout: PageLayout): Stream[] {
    const events = eventsOf(this.#contents.file, buffer, data, layout);
    const { done, value } = events.next();
    return done === true ? [] : [{ cpu: data.cpu, events, next: value }];
  }

  #record({ clock }: TraceBuffer, cpu: number, raw: RawEvent, index: number): TraceRecord {
    const { view, start, end, page } = raw;
    if (end - start < COMMON)
      failAtByte(page, start, `an event of ${COMMON} bytes or more`, `${end - start}`);
    const type = view.getUint16(start, true);
    const pid = view.getInt32(start + 4, true);
    const shape = this.#shapeOf(type);
    let event = shape?.event ?? `unknown_event_${type}`;
    let text = '';
    if (shape !== undefined) {
      if (end - start < shape.text.length) {
        failAtByte(page, start, `${event} of ${shape.text.length} bytes or more`, `${end - start}`);
      }
      text = event === 'print' ? printText(raw, shape.format) : shape.text.of(raw);
      if (event === 'print') {
        const by = this.#callerOf(raw, shape.format);
        if (by === MARK) event = MARK;
        else text = `${by}: ${text}`;
      }
    }
    return {
      kind: 'event',
      file: page.file,
      line: index + 1,
      index,
      column: 1,
      task: pid === 0 ? '<idle>' : (this.#contents.cmdlines.get(pid) ?? '<...>'),
      pid,
      cpu,
      flags: latencyFlags(view.getUint8(start + 2), view.getUint8(start + 3)),
      timestamp: clock.textOf(raw.timestamp),
      event,
      // As ftrace's text is read: without the blanks before it.
      text: text.replace(/^[ \t]+/, ''),
    };
  }

  #shapeOf(type: number): Shape {
    if (!this.#shapes.has(type)) {
      const format = this.#contents.formats.get(type);
      this.#shapes.set(
        type,
        format === undefined ? undefined : { event: format.name, format, text: new EventText(format) },
      );
    }
    return this.#shapes.get(type);
  }

  /** The function that printed, or its address where the file does not name it. */
  #callerOf(raw: RawEvent, { fields }: EventFormat): string {
    const field = fields.find(({ name, kind }) => name === 'ip' && kind === 'number');
    if (field === undefined) return MARK;
    const ip = BigInt.asUintN(64, numberOf(raw, field));
    return this.#symbols.nameAt(ip) ?? ip.toString(16);
  }
}

/** The lowest CPU of those whose next event is the earliest, as trace-cmd takes them. */
function earliest(streams: readonly Stream[]): Stream {
  return streams.reduce((best, stream) => (stream.next.timestamp < best.next.timestamp ? stream : best));
}

/** A mark's text; the kernel ends it with a newline. */
function printText(raw: RawEvent, { fields }: EventFormat): string {
  const field = fields.find(({ name }) => name === 'buf');
  return field === undefined ? '' : textOf(raw, field).replace(/\n$/, '');
}

function* eventsOf(
  file: Piece,
  buffer: TraceBuffer,
  { cpu, offset, size }: CpuData,
  layout: PageLayout,
): Generator<RawEvent, void, undefined> {
  if (size === 0) return;
  const { codec, pageSize } = buffer;
  const what = `CPU ${cpu}'s events`;
  // Packed in chunks of some pages, one after the other. trace-cmd 3.1 does not count the number of chunks into the size.
  const reader = new ByteReader(file, offset, codec === undefined ? offset + size : file.bytes.length);
  const chunks = codec === undefined ? 1 : reader.u32(`the number of chunks of ${what}`);
  for (let n = 0; n < chunks; n++) {
    const pages = codec?.unpack(reader, what, maxChunk(buffer)) ?? {
      ...file,
      bytes: reader.take(size, what),
      origin: file.origin + offset,
    };
    if (pages.bytes.length % pageSize !== 0) {
      failAtByte(pages, 0, `whole pages of ${pageSize} bytes of ${what}`, `${pages.bytes.length} bytes`);
    }
    yield* eventsOfPages(pages, layout);
  }
}
