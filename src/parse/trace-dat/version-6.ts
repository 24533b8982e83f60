import { ByteReader } from './byte-reader.ts';
import { type Contents, type CpuData, readCpuData, type TraceBuffer } from './contents.ts';
import { ClockGatherer, OPTION } from './options.ts';
import {
  EventFormats,
  readCmdlines,
  readEvents,
  readFtraceEvents,
  readHeaderInfo,
  readKallsyms,
  skipPrintkFormats,
} from './sections.ts';
import { TraceClock } from './trace-clock.ts';

/** An instance: where its pages are told, and of how many CPUs. */
interface Instance {
  readonly name: string;
  readonly offset: number;
  cpus: number;
}

const PAGES = 'flyrecord\0';
const WORD = PAGES.length;

/** The rest of a trace.dat of version 6, one thing after the other (trace-cmd.dat.v6(5)). @throws TraceDatError */
export function readVersion6(reader: ByteReader, pageSize: number): Contents {
  const headerPage = readHeaderInfo(reader);
  const formats = new EventFormats();
  readFtraceEvents(reader, formats);
  readEvents(reader, formats);
  const kallsyms = readKallsyms(reader);
  skipPrintkFormats(reader);
  const cmdlines = readCmdlines(reader);
  const cpus = reader.u32('the number of CPUs');
  const gatherer = new ClockGatherer();
  const instances: Instance[] = [];
  let at = reader.at;
  let word = reader.word(WORD, 'what the file holds');
  if (word === 'options  \0') {
    readOptions(reader, gatherer, instances, cpus);
    at = reader.at;
    word = reader.word(WORD, 'what the file holds');
  }
  if (word === 'latency  \0') {
    reader.fail(at, 'recorded events ("flyrecord")', "a latency tracer's text (trace-cmd report prints it)");
  }
  if (word !== PAGES) reader.fail(at, '"options", "latency" or "flyrecord"', JSON.stringify(word));
  const clock = new TraceClock(gatherer.options());
  const bufferOf = (name: string, from: ByteReader, count: number): TraceBuffer => ({
    name,
    clock,
    pageSize,
    cpus: readCpus(from, count),
    codec: undefined,
  });
  const buffers = [bufferOf('', reader, cpus)];
  const places = new Set<number>();
  for (const { name, offset, cpus: count } of instances) {
    if (places.has(offset)) reader.fail(offset, 'one instance here', 'two');
    places.add(offset);
    const from = new ByteReader(reader.piece, offset);
    from.literal(PAGES);
    buffers.push(bufferOf(name, from, count));
  }
  return { file: reader.piece, headerPage, formats, kallsyms, cmdlines, buffers };
}

function readOptions(reader: ByteReader, clock: ClockGatherer, instances: Instance[], cpus: number): void {
  for (;;) {
    const id = reader.u16('the next option');
    if (id === OPTION.done) return;
    const data = reader.part(reader.u32('the size of an option'), `option ${id}`);
    if (clock.take(id, data)) continue;
    if (id === OPTION.buffer) {
      const offset = data.place('where an instance is', reader.piece);
      instances.push({ name: data.text('the name of an instance'), offset, cpus });
    } else if (id === OPTION.cpuCount) {
      // Of the instance before it, which may have other CPUs than the machine.
      const last = instances.at(-1);
      if (last !== undefined) last.cpus = data.u32('the number of CPUs of an instance');
    }
  }
}

function readCpus(reader: ByteReader, count: number): CpuData[] {
  const cpus: CpuData[] = [];
  for (let cpu = 0; cpu < count; cpu++) cpus.push(readCpuData(reader, cpu, reader.piece));
  return cpus;
}
