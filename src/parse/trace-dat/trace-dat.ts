import type { LostRecord, TraceRecord } from '../ftrace.ts';
import { EVENT_KEYS } from '../ftrace-fields.ts';
import { ByteReader } from './byte-reader.ts';
import type { Inflate } from './codec.ts';
import { type Contents, readPageSize, type TraceBuffer } from './contents.ts';
import { Records } from './records.ts';
import { readVersion6 } from './version-6.ts';
import { readVersion7 } from './version-7.ts';

const MAGIC = [0x17, 0x08, 0x44];
const LITTLE_ENDIAN = 0;

/** Whether a file calls itself a trace.dat, by its first bytes. */
export function isTraceDat(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, at) => bytes[at] === byte);
}

/**
 * trace-cmd's binary recording, versions 6 and 7 (trace-cmd.dat.v6(5), trace-cmd.dat.v7(5)): the ring buffers' pages,
 * and what it takes to read them. What it has no room for in memory is not made: pages are unpacked when they are read.
 */
export class TraceDat {
  readonly #contents: Contents;
  readonly #records: Records;
  #chosen: TraceBuffer | undefined;

  /**
   * @param inflate undoes zlib; without it a file that is packed so is refused
   * @throws TraceDatError where the file is none, is cut, or is of another version
   */
  constructor(bytes: Uint8Array, file: string, inflate?: Inflate) {
    this.#contents = readContents(bytes, file, inflate);
    this.#records = new Records(this.#contents);
  }

  /**
   * The events of one ring buffer in the order of time: of the first with events of vectors (the top-level one comes
   * before the instances), or else of the first with any. A record's `line` is its number, and its `column` 1.
   * @throws TraceDatError where pages are damaged, or no buffer has events
   */
  *records(): Generator<TraceRecord | LostRecord, void, undefined> {
    this.#chosen ??= this.#choose();
    yield* this.#records.of(this.#chosen);
  }

  #choose(): TraceBuffer {
    const { buffers, file } = this.#contents;
    let some: TraceBuffer | undefined;
    for (const buffer of buffers) {
      for (const record of this.#records.of(buffer)) {
        some ??= buffer;
        if (record.kind === 'event' && EVENT_KEYS.has(record.event)) return buffer;
      }
    }
    return some ?? new ByteReader(file).fail(file.bytes.length, 'recorded events', 'none in the whole file');
  }
}

function readContents(bytes: Uint8Array, file: string, inflate: Inflate | undefined): Contents {
  const reader = new ByteReader({ file, bytes, origin: 0, unpacked: false });
  if (!isTraceDat(bytes)) reader.fail(0, 'the magic bytes 17 08 44 of a trace.dat', hexOf(bytes));
  reader.take(MAGIC.length, 'the magic bytes');
  reader.literal('tracing');
  const at = reader.at;
  const version = reader.text('the version');
  if (version !== '6' && version !== '7') {
    reader.fail(at, 'version 6 or 7 of trace.dat', JSON.stringify(version.slice(0, 24)));
  }
  const endian = reader.u8('the byte order');
  if (endian !== LITTLE_ENDIAN)
    reader.fail(reader.at - 1, 'little-endian numbers (0), as x86 has', `${endian}`);
  const long = reader.u8('the size of a long');
  if (long !== 4 && long !== 8) reader.fail(reader.at - 1, 'a long of 4 or 8 bytes', `${long}`);
  const pageSize = readPageSize(reader);
  return version === '6' ? readVersion6(reader, pageSize) : readVersion7(reader, inflate);
}

function hexOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing';
  return [...bytes.subarray(0, MAGIC.length)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
