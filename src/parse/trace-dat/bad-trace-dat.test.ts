/** What is wrong with a trace.dat is one line that says where in the file, what was expected and what is there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { page, reserve, version6 } from '../../../test/build-trace-dat.ts';
import { datBytes, datRecords, type SampleName } from '../../../test/trace-dat.ts';
import { traceFields } from '../ftrace.ts';
import { ParseError } from '../parse-error.ts';
import { encodeUtf8 } from '../utf8.ts';
import { maxChunk } from './contents.ts';
import { TraceDatError } from './trace-dat-error.ts';

const SEED = 20261122;

/** What reading all of it throws: anything but these is a bug. */
function messageOf(bytes: Uint8Array): string {
  try {
    for (const record of datRecords(bytes)) if (record.kind === 'event') traceFields(record);
  } catch (error) {
    if (error instanceof TraceDatError) {
      expect(error.message).toMatch(
        /^f: byte \d+(?: \(unpacked: byte \d+\))?: expected [^\p{C}]+, found [^\p{C}]+$/u,
      );
      expect(error.offset).toBeLessThanOrEqual(bytes.length);
      return error.message;
    }
    if (error instanceof ParseError) return error.message;
    throw error;
  }
  return 'nothing';
}

/** Where the text stands in the bytes, which must be there. */
function find(bytes: Uint8Array, text: string, from = 0): number {
  const at = Buffer.from(bytes).indexOf(Buffer.from(text, 'latin1'), from);
  if (at < 0) throw new Error(`no ${text}`);
  return at;
}

/** The bytes with others in their place. */
function patched(bytes: Uint8Array, at: number, ...others: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(others, at);
  return copy;
}

const HUGE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
const v6 = datBytes('v6-date');
/** Uncompressed: its sections can be found and changed. */
const v7 = datBytes('v7-none');
const view = new DataView(v7.buffer);
const optionsAt = Number(view.getBigUint64(24, true));

/** An option's data in the first options section of `v7-none`, by its number. */
function optionAt(id: number, from = optionsAt + 16): number {
  for (let at = from; ; at += 6 + view.getUint32(at + 2, true)) {
    const found = view.getUint16(at, true);
    if (found === id) return at + 6;
    if (found === 0) throw new Error(`no option ${id}`);
  }
}

/** Where the last options of a file of version 7 end; behind them are only the names of its sections. */
function endOfOptions(bytes: Uint8Array): number {
  const all = new DataView(bytes.buffer);
  const compression = find(bytes, '\0', 18) + 1;
  let at = Number(all.getBigUint64(find(bytes, '\0', compression) + 1, true));
  for (;;) {
    const end = at + 16 + Number(all.getBigUint64(at + 8, true));
    // The last option is where the next ones are.
    let last = end - 8;
    for (let option = at + 16; option < end; option += 6 + all.getUint32(option + 2, true)) {
      if (all.getUint16(option, true) === 0) {
        last = option + 6;
        break;
      }
    }
    const next = Number(all.getBigUint64(last, true));
    if (next === 0) return end;
    at = next;
  }
}

const doneAt = optionAt(0);
const bufferAt = optionAt(3, Number(view.getBigUint64(doneAt, true)) + 16);
const sectionAt = (id: number): number => Number(view.getBigUint64(optionAt(id), true));

describe('a trace.dat that is cut', () => {
  it.each<SampleName>(['v6-date', 'v6-instance', 'record-31', 'v7-zlib', 'v7-none'])(
    'is refused wherever %s ends',
    (name) => {
      const bytes = datBytes(name);
      const needed = name.startsWith('v6') ? bytes.length : endOfOptions(bytes);
      const places = Array.from({ length: 120 }, (_, n) => n);
      for (let at = 120; at < needed; at += 997) places.push(at);
      for (const end of [...places, needed - 4, needed - 1]) {
        expect(messageOf(bytes.slice(0, end)), `${end} of ${bytes.length} bytes`).toMatch(/^f: byte /);
      }
    },
  );

  it.each<[string, Uint8Array, number, string]>([
    ['in its magic bytes', v6, 2, 'byte 0: expected the magic bytes 17 08 44 of a trace.dat, found 17 08'],
    ['behind them', v6, 3, 'byte 3: expected "tracing", found ""'],
    [
      'in its version',
      v6,
      11,
      'byte 10: expected the version that ends with a 0 byte, found 1 bytes without one',
    ],
    ['before the size of a page', v6, 14, 'byte 14: expected the size of a page (4 bytes), found 0 left'],
    ['in the header of a page', v6, 60, 'expected header_page (206 bytes), found'],
    ['in the formats of ftrace', v6, 700, 'expected an event format of ftrace ('],
    ['in the formats of events', v6, find(v6, 'irq_vectors') + 600, 'expected an event format of irq_'],
    ['in kallsyms', v6, find(v6, 'tracing_mark_write'), 'expected kallsyms ('],
    ['in its options', v6, find(v6, 'options  ') + 20, 'expected option 1 (16 bytes), found'],
    [
      'before its pages',
      v6,
      find(v6, 'flyrecord') + 10,
      "expected where CPU 0's events are (8 bytes), found 0 left",
    ],
    ['in its pages', v6, v6.length - 100, "expected CPU 3's events (4096 bytes) at byte"],
    [
      'before its options',
      v7,
      optionsAt,
      `byte 24: expected where the options are in a file of ${optionsAt} bytes, found byte ${optionsAt}`,
    ],
    ['in the last options', v7, bufferAt, 'expected the options (102 bytes), found 6 left'],
    ['before the last options', v7, optionsAt + 2000, 'expected where the next options are in a file of'],
  ])('is told so %s', (_, bytes, end, message) => {
    expect(messageOf(bytes.slice(0, end))).toContain(message);
  });
});

describe('a file that is no trace.dat that can be read', () => {
  const begin = (...bytes: readonly number[]): Uint8Array =>
    new Uint8Array([...bytes, ...new Array(64).fill(1)]);

  it.each<[string, Uint8Array, string]>([
    ['an ELF', begin(0x7f, 0x45, 0x4c, 0x46), 'found 7f 45 4c'],
    ['a pcap', begin(0xd4, 0xc3, 0xb2, 0xa1), 'found d4 c3 b2'],
    ['a perf.data', encodeUtf8(`PERFILE2${'x'.repeat(64)}`), 'found 50 45 52'],
    ['empty', new Uint8Array(0), 'found nothing'],
  ])('is %s', (_, bytes, found) => {
    expect(messageOf(bytes)).toBe(`f: byte 0: expected the magic bytes 17 08 44 of a trace.dat, ${found}`);
  });

  it.each(['1', '5', '8', '66', '', '7.1'])('is of version "%s"', (version) => {
    const bytes = new Uint8Array([...v6.slice(0, 10), ...encodeUtf8(version), ...v6.slice(11)]);
    expect(messageOf(bytes)).toBe(`f: byte 10: expected version 6 or 7 of trace.dat, found "${version}"`);
  });

  it('is of another byte order, size of a long, or of a page', () => {
    expect(messageOf(patched(v6, 12, 1))).toBe(
      'f: byte 12: expected little-endian numbers (0), as x86 has, found 1',
    );
    expect(messageOf(patched(v6, 13, 16))).toBe('f: byte 13: expected a long of 4 or 8 bytes, found 16');
    for (const size of [
      [0, 0, 0, 0],
      [1, 16, 0, 0],
      [0, 0, 0, 0x80],
      [0, 8, 0, 0],
    ]) {
      expect(messageOf(patched(v6, 14, ...size))).toMatch(
        /^f: byte 14: expected a page size, a power of two from 4096 to 4194304, found \d+$/,
      );
    }
  });

  it('is packed by what is not known', () => {
    const bytes = new Uint8Array([...v7.slice(0, 18), ...encodeUtf8('lzma\0'), ...v7.slice(23)]);
    expect(messageOf(bytes)).toBe(
      'f: byte 18: expected the compression "none", "zlib" or "zstd", found "lzma"',
    );
  });

  it('is of a latency tracer', () => {
    expect(messageOf(patched(v6, find(v6, 'flyrecord'), ...encodeUtf8('latency  ')))).toMatch(
      /expected recorded events \("flyrecord"\), found a latency tracer's text \(trace-cmd report prints it\)$/,
    );
    expect(messageOf(patched(v7, bufferAt - 6, 22, 0))).toMatch(
      /expected a buffer of recorded events, found a latency tracer's text \(trace-cmd report prints it\)$/,
    );
    expect(messageOf(patched(v6, find(v6, 'flyrecord'), ...encodeUtf8('splendid ')))).toContain(
      String.raw`expected "options", "latency" or "flyrecord", found "splendid \u0000"`,
    );
  });

  it('lacks what its events need', () => {
    expect(messageOf(patched(v7, bufferAt - 6, 99, 0))).toContain(
      'expected an option of a buffer, found none',
    );
    expect(messageOf(patched(v7, optionAt(16) - 6, 99, 0))).toContain(
      'expected an option that tells where the header of a page is, found none',
    );
    expect(messageOf(patched(v7, sectionAt(18), 3))).toContain(
      'expected the section of the formats of the events (18), found section 3',
    );
    expect(messageOf(patched(v7, find(v7, 'timestamp;'), 0x54))).toContain(
      'expected timestamp, commit and data of a page, found a header_page without them',
    );
  });

  it('has no events in any buffer', () => {
    // All pages empty: no length in their headers.
    const bytes = v6.slice();
    const pages = find(v6, 'flyrecord') + 10;
    const at = Number(new DataView(bytes.buffer).getBigUint64(pages, true));
    for (let page = at; page < bytes.length; page += 4096) bytes.fill(0, page + 8, page + 16);
    expect(messageOf(bytes)).toBe(
      `f: byte ${bytes.length}: expected recorded events, found none in the whole file`,
    );
  });
});

describe('a trace.dat whose figures are not to be believed', () => {
  /** Milliseconds; far above what one takes, far below what making room for a gigabyte does. */
  const quickly = (bytes: Uint8Array): string => {
    const before = process.memoryUsage();
    const message = messageOf(bytes);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 1024 * 1024);
    return message;
  };

  it.each<[string, Uint8Array, string]>([
    [
      'the size of header_page',
      patched(v6, 30, ...HUGE),
      'expected the size of header_page, found 9223372036854775807',
    ],
    [
      'the size of header_page, which fits a number',
      patched(v6, 30, 0, 0, 0, 0, 1, 0, 0, 0),
      'expected header_page (4294967296 bytes), found',
    ],
    ['the number of its events', patched(v6, find(v6, 'name: ') - 12, ...HUGE.slice(0, 4)), 'expected'],
    [
      'the number of its CPUs',
      patched(v6, find(v6, 'options  ') - 4, 0xff, 0xff, 0xff, 0xff),
      "expected the size of CPU 4's events",
    ],
    [
      'where a CPU is',
      patched(v6, find(v6, 'flyrecord') + 10, ...HUGE),
      "expected where CPU 0's events are, found 9223372036854775807",
    ],
    [
      'the size of an option',
      patched(v6, find(v6, 'options  ') + 12, ...HUGE.slice(0, 4)),
      'expected option 1 (4294967295 bytes), found',
    ],
    [
      'where the options are',
      patched(v7, 24, ...HUGE),
      'byte 24: expected where the options are, found 9223372036854775807',
    ],
    [
      'where the options are, in a number',
      patched(v7, 24, 0, 0, 0, 0, 1, 0, 0, 0),
      'byte 24: expected where the options are in a file of 53490 bytes, found byte 4294967296',
    ],
    [
      'the size of a section',
      patched(v7, sectionAt(16) + 8, ...HUGE),
      'expected the size of a section, found 9223372036854775807',
    ],
    [
      'options that lead back',
      patched(v7, doneAt, ...v7.slice(24, 32)),
      'expected options that end, found options that lead back to here',
    ],
    [
      'the number of the CPUs of a buffer',
      patched(v7, bufferAt + 18, 0xff, 0xff, 0xff, 0xff),
      'expected the number of a CPU (4 bytes), found 0 left',
    ],
    [
      'the number of a CPU',
      patched(v7, bufferAt + 22, 0xff, 0xff, 0xff, 0xff),
      'expected a CPU number below',
    ],
    ['a date', patched(v6, find(v6, '0x6'), 0x7a), 'expected a number of microseconds (--date), found "zx6'],
  ])('by %s is refused', (_, bytes, message) => {
    expect(quickly(bytes)).toContain(message);
  });

  it('by a packed chunk of more pages than trace-cmd packs is refused', () => {
    const bytes = datBytes('record-31');
    // A CPU's pages begin at a page of the file: number of chunks, packed size, unpacked size, zstd's magic bytes.
    let at = 4096;
    while (find(bytes, '\x28\xb5\x2f\xfd', at) !== at + 12) at += 4096;
    expect(messageOf(patched(bytes, at + 8, 0, 0, 0x10, 0))).toMatch(
      new RegExp(
        `f: byte ${at + 8}: expected an unpacked size of CPU \\d's events up to 65536, found 1048576`,
      ),
    );
    // Each CPU has one in memory.
    const cpus = Array.from({ length: 8192 }, (_, cpu) => ({ cpu, offset: 0, size: 0 }));
    expect(maxChunk({ pageSize: 4096, cpus })).toBe(65536);
    expect(maxChunk({ pageSize: 4 * 1024 * 1024, cpus })).toBe(131072);
  });

  it('by a CPU or an instance that is there twice is refused', () => {
    const second = bufferAt + 22 + 20;
    const [first = 0] = v7.subarray(bufferAt + 22);
    expect(messageOf(patched(v7, second, first))).toContain(
      `expected each CPU of a buffer once, found CPU ${first} twice`,
    );
    const cpus = new Map([[0, page(1n, reserve(24))]]);
    const twins = version6({ buffers: [{ cpus }, { name: 'one', cpus }, { name: 'two', cpus }] });
    const place = find(twins, 'one\0') - 8;
    const both = patched(twins, find(twins, 'two\0') - 8, ...twins.slice(place, place + 8));
    expect(messageOf(twins)).toBe('nothing');
    expect(messageOf(both)).toMatch(/expected one instance here, found two$/);
  });

  it('by an event that is too short is refused', () => {
    const text = Buffer.from(v7).toString('latin1');
    const formatOf = (name: string): { readonly at: number; readonly id: string } => {
      const match = new RegExp(`(?<=name: ${name}\\nID: )\\d+`).exec(text);
      return { at: match?.index ?? -1, id: match?.[0] ?? '' };
    };
    const [alloc, online] = [formatOf('irq_matrix_alloc'), formatOf('irq_matrix_online')];
    expect(online.id).toHaveLength(alloc.id.length);
    // What is read as an irq_matrix_alloc has the bytes of an irq_matrix_online.
    const bytes = patched(
      patched(v7, alloc.at, ...encodeUtf8(online.id)),
      online.at,
      ...encodeUtf8(alloc.id),
    );
    expect(messageOf(bytes)).toMatch(/expected irq_matrix_alloc of 48 bytes or more, found 24$/);
  });

  it.each<SampleName>(['v6-instance', 'record-31', 'v7-none', 'v7-odd'])(
    'by any byte of %s is read, or refused in one line',
    (name) => {
      const bytes = datBytes(name);
      const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(flips, (changes) => {
          const copy = bytes.slice();
          for (const [at, value] of changes) copy[at] = value;
          messageOf(copy);
        }),
        { numRuns: 150, seed: SEED },
      );
    },
  );
});
