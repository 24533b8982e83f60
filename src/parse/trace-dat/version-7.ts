import { ByteReader } from './byte-reader.ts';
import { Codec, type Inflate } from './codec.ts';
import { type Contents, type CpuData, readCpuData, readPageSize, type TraceBuffer } from './contents.ts';
import { ClockGatherer, OPTION } from './options.ts';
import {
  EventFormats,
  readCmdlines,
  readEvents,
  readFtraceEvents,
  readHeaderInfo,
  readKallsyms,
} from './sections.ts';
import { clockName, TraceClock } from './trace-clock.ts';

const OPTIONS_SECTION = 0;
/** A section's flag: its data are packed. */
const PACKED = 1;

/** What the options tell: where each section is, and the buffers. */
interface Index {
  readonly clock: ClockGatherer;
  /** Byte of the file by the number of its option. */
  readonly sections: Map<number, number>;
  readonly buffers: ByteReader[];
  latencyText: number | undefined;
}

/** The rest of a trace.dat of version 7: sections, found through its options (trace-cmd.dat.v7(5)). @throws TraceDatError */
export function readVersion7(reader: ByteReader, inflate: Inflate | undefined): Contents {
  const at = reader.at;
  const name = reader.text('the name of a compression');
  reader.text('the version of a compression');
  const codec = Codec.named(name, inflate);
  if (codec === undefined) {
    const readable = inflate === undefined ? '"none" or "zstd"' : '"none", "zlib" or "zstd"';
    reader.fail(at, `the compression ${readable}`, JSON.stringify(name));
  }
  const index: Index = {
    clock: new ClockGatherer(),
    sections: new Map(),
    buffers: [],
    latencyText: undefined,
  };
  readOptions(reader, reader.place('where the options are', reader.piece), codec, index);

  const section = (id: number, what: string): ByteReader => {
    const offset = index.sections.get(id);
    if (offset === undefined) return reader.fail(reader.at, `an option that tells where ${what} is`, 'none');
    return openSection(reader, offset, id, what, codec);
  };
  const optional = <T>(id: number, what: string, read: (data: ByteReader) => T, none: T): T =>
    index.sections.has(id) ? read(section(id, what)) : none;
  if (index.buffers.length === 0) {
    if (index.latencyText === undefined) reader.fail(reader.at, 'an option of a buffer', 'none');
    reader.fail(
      index.latencyText,
      'a buffer of recorded events',
      "a latency tracer's text (trace-cmd report prints it)",
    );
  }
  const headerPage = readHeaderInfo(section(OPTION.headerInfo, 'the header of a page'));
  const formats = new EventFormats();
  readFtraceEvents(section(OPTION.ftraceEvents, "the formats of ftrace's events"), formats);
  readEvents(section(OPTION.eventFormats, 'the formats of the events'), formats);
  const none = new Uint8Array(0);
  const kallsyms = optional(OPTION.kallsyms, 'kallsyms', readKallsyms, none);
  const cmdlines = optional(OPTION.cmdlines, 'the command lines', readCmdlines, new Map<number, string>());
  const buffers = index.buffers.map((data) => readBuffer(reader, data, codec, index.clock));
  // Stable: the others stay in the file's order.
  buffers.sort((a, b) => Number(a.name !== '') - Number(b.name !== ''));
  return { file: reader.piece, headerPage, formats, kallsyms, cmdlines, buffers };
}

/** Options sections form a chain. */
function readOptions(reader: ByteReader, first: number, codec: Codec, index: Index): void {
  const seen = new Set<number>();
  for (let offset = first; offset !== 0; ) {
    if (seen.has(offset)) reader.fail(offset, 'options that end', 'options that lead back to here');
    seen.add(offset);
    const data = openSection(reader, offset, OPTIONS_SECTION, 'the options', codec);
    for (;;) {
      const id = data.u16('the next option');
      const option = data.part(data.u32('the size of an option'), `option ${id}`);
      if (id === OPTION.done) {
        offset = option.place('where the next options are', reader.piece);
        break;
      }
      if (index.clock.take(id, option)) continue;
      if (id === OPTION.buffer) index.buffers.push(option);
      else if (id === OPTION.bufferText)
        index.latencyText ??= option.place("where a latency tracer's text is", reader.piece);
      else if (id >= OPTION.headerInfo && id <= OPTION.cmdlines) {
        index.sections.set(id, option.place('where a section is', reader.piece));
      }
    }
  }
}

interface SectionHeader {
  /** Behind it. */
  readonly reader: ByteReader;
  readonly isPacked: boolean;
  /** Of what follows, in the file. */
  readonly size: number;
}

function readSectionHeader(file: ByteReader, offset: number, id: number, what: string): SectionHeader {
  const reader = new ByteReader(file.piece, offset);
  const found = reader.u16(`the section of ${what}`);
  if (found !== id) reader.fail(offset, `the section of ${what} (${id})`, `section ${found}`);
  const isPacked = (reader.u16('the flags of a section') & PACKED) !== 0;
  reader.u32('the description of a section');
  return { reader, isPacked, size: reader.size('the size of a section') };
}

/** A section's data, unpacked. */
function openSection(file: ByteReader, offset: number, id: number, what: string, codec: Codec): ByteReader {
  const { reader, isPacked, size } = readSectionHeader(file, offset, id, what);
  return isPacked ? new ByteReader(codec.unpack(reader, what)) : reader.part(size, what);
}

function readBuffer(file: ByteReader, option: ByteReader, codec: Codec, clock: ClockGatherer): TraceBuffer {
  const offset = option.place('where a buffer is', file.piece);
  const name = option.text('the name of a buffer');
  const clockText = option.text('the trace clock of a buffer');
  const pageSize = readPageSize(option);
  const count = option.u32('the number of CPUs of a buffer');
  const { isPacked } = readSectionHeader(file, offset, OPTION.buffer, 'a buffer');
  const cpus = new Map<number, CpuData>();
  for (let n = 0; n < count; n++) {
    const at = option.at;
    const cpu = option.u32('the number of a CPU');
    if (cpus.has(cpu)) option.fail(at, 'each CPU of a buffer once', `CPU ${cpu} twice`);
    cpus.set(cpu, readCpuData(option, cpu, file.piece));
  }
  return {
    name,
    clock: new TraceClock(clock.options(clockName(clockText))),
    pageSize,
    cpus: [...cpus.values()],
    codec: isPacked ? codec : undefined,
  };
}
