import { MAX_CPUS } from '../../base/cpu-list.ts';
import type { ByteReader, Piece } from './byte-reader.ts';
import type { Codec } from './codec.ts';
import type { EventFormats } from './sections.ts';
import type { TraceClock } from './trace-clock.ts';

/** Where the file has the pages of one CPU. */
export interface CpuData {
  readonly cpu: number;
  /** Byte of the file. */
  readonly offset: number;
  /** Bytes in the file: packed ones are less than the pages. */
  readonly size: number;
}

/** One ring buffer: the top-level one, or an instance. */
export interface TraceBuffer {
  /** '' for the top-level one. */
  readonly name: string;
  readonly clock: TraceClock;
  readonly pageSize: number;
  readonly cpus: readonly CpuData[];
  /** What undoes the packing of its pages; undefined where they are as they were. */
  readonly codec: Codec | undefined;
}

/** What a trace.dat of either version holds, as far as its events need it. */
export interface Contents {
  readonly file: Piece;
  /** The kernel's `events/header_page`: where a page of the ring buffer has what. */
  readonly headerPage: string;
  readonly formats: EventFormats;
  readonly kallsyms: Uint8Array;
  readonly cmdlines: ReadonlyMap<number, string>;
  /** The top-level one first, where the file has it. */
  readonly buffers: readonly TraceBuffer[];
}

/** A power of two, and no more than any kernel makes a page of its ring buffer (`buffer_subbuf_size_kb`). */
const MIN_PAGE = 4096;
const MAX_PAGE = 4 * 1024 * 1024;

/** Reads the size of a page. @throws TraceDatError */
export function readPageSize(reader: ByteReader): number {
  const at = reader.at;
  const size = reader.u32('the size of a page');
  if (size >= MIN_PAGE && size <= MAX_PAGE && (size & (size - 1)) === 0) return size;
  return reader.fail(at, `a page size, a power of two from ${MIN_PAGE} to ${MAX_PAGE}`, `${size}`);
}

/** trace-cmd packs ten pages at a time. */
const MAX_CHUNK_PAGES = 16;
/** Of all CPUs together, each of which has a chunk in memory. */
const MAX_CHUNKS = 1024 * 1024 * 1024;

/** What a chunk of a buffer's pages may unpack to, bytes. */
export function maxChunk({ pageSize, cpus }: Pick<TraceBuffer, 'pageSize' | 'cpus'>): number {
  return Math.min(MAX_CHUNK_PAGES * pageSize, Math.floor(MAX_CHUNKS / cpus.length));
}

/** Reads `u64 offset, u64 size` of a CPU's pages. @throws TraceDatError where the file ends before them */
export function readCpuData(reader: ByteReader, cpu: number, { bytes }: Piece): CpuData {
  const at = reader.at;
  const what = `CPU ${cpu}'s events`;
  if (cpu >= MAX_CPUS) reader.fail(at, `a CPU number below ${MAX_CPUS}`, `${cpu}`);
  const offset = reader.size(`where ${what} are`);
  const size = reader.size(`the size of ${what}`);
  if (offset + size > bytes.length) {
    const found = `a file of ${bytes.length} bytes, which is cut`;
    reader.fail(at, `${what} (${size} bytes) at byte ${offset}`, found);
  }
  return { cpu, offset, size };
}
