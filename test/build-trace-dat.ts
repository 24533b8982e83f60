/** Small trace.dat files, byte by byte: for what no recording of ours has. */
import { encodeUtf8 } from '../src/parse/utf8.ts';

export const PAGE = 4096;
export const HEADER_PAGE =
  '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
  '\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
  '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
  '\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n';

/** The first word of an entry of the ring buffer. */
export const head = (type: number, delta = 0): number => ((delta << 5) | type) >>> 0;

/** A page of these words behind its header. `commit` is their length in bytes unless it is given. */
export function page(timestamp: bigint, words: readonly number[], commit = 4 * words.length): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, timestamp, true);
  view.setUint32(8, commit, true);
  for (const [at, word] of words.entries()) view.setUint32(16 + 4 * at, word, true);
  return bytes;
}

const PRINT = 5;
const RESERVE = 68;
const COMMON =
  '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n' +
  '\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n' +
  '\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n' +
  '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n';
const PRINT_FORMAT =
  `name: print\nID: ${PRINT}\nformat:\n${COMMON}` +
  '\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n' +
  '\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n\n' +
  'print fmt: "%ps: %s", (void *)REC->ip, REC->buf\n';
const RESERVE_FORMAT =
  `name: vector_reserve\nID: ${RESERVE}\nformat:\n${COMMON}` +
  '\tfield:unsigned int irq;\toffset:8;\tsize:4;\tsigned:0;\n' +
  '\tfield:int ret;\toffset:12;\tsize:4;\tsigned:1;\n\n' +
  'print fmt: "irq=%u ret=%d", REC->irq, REC->ret\n';

/** Words of an entry: `vector_reserve: irq=… ret=0`, of the task with that PID. */
export function reserve(irq: number, { pid = 7, delta = 1 } = {}): number[] {
  return [head(4, delta), RESERVE, pid, irq, 0];
}

/** Words of an entry: a trace mark; `ip` is where the kernel's mark function is in the file's kallsyms. */
export function mark(text: string, ip = 0x1010): number[] {
  const bytes = new Uint8Array(4 * Math.ceil((text.length + 2) / 4));
  bytes.set(encodeUtf8(`${text}\n`));
  const words = [...new Uint32Array(bytes.buffer)];
  return [head(4 + words.length, 1), PRINT, 7, ip, 0, ...words];
}

export interface BuiltBuffer {
  readonly name?: string;
  readonly clock?: string;
  /** Their pages, by CPU. */
  readonly cpus: ReadonlyMap<number, Uint8Array>;
}

export interface Built {
  readonly buffers: readonly BuiltBuffer[];
  readonly options?: readonly (readonly [id: number, data: readonly number[]])[];
  readonly kallsyms?: string;
  readonly cmdlines?: string;
}

export const u16 = (value: number): number[] => [value & 255, value >> 8];
export const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const u64 = (value: number): number[] => [...u32(value), ...u32(0)];
export const text = (value: string): number[] => [...encodeUtf8(value), 0];

const counted = (size: (value: number) => number[], value: string): number[] => [
  ...size(encodeUtf8(value).length),
  ...encodeUtf8(value),
];
const sections = ({ kallsyms = '0000000000001000 T tracing_mark_write\n', cmdlines = '7 lab\n' }: Built) => ({
  header: [
    ...text('header_page'),
    ...counted(u64, HEADER_PAGE),
    ...text('header_event'),
    ...counted(u64, ''),
  ],
  ftrace: [...u32(1), ...counted(u64, PRINT_FORMAT)],
  events: [...u32(1), ...text('irq_vectors'), ...u32(1), ...counted(u64, RESERVE_FORMAT)],
  kallsyms: counted(u32, kallsyms),
  cmdlines: counted(u64, cmdlines),
});

const begin = (version: string): number[] => [
  0x17,
  0x08,
  0x44,
  ...encodeUtf8('tracing'),
  ...text(version),
  0,
  8,
  ...u32(PAGE),
];

/** Version 6: the top-level buffer comes first, and has CPUs 0, 1 … */
export function version6(built: Built): Uint8Array {
  const parts = sections(built);
  const [top, ...instances] = built.buffers;
  const file = [
    ...begin('6'),
    ...[...parts.header, ...parts.ftrace, ...parts.events, ...parts.kallsyms],
    ...u32(0),
    ...parts.cmdlines,
    ...u32(top?.cpus.size ?? 0),
    ...encodeUtf8('options  \0'),
  ];
  for (const [id, data] of built.options ?? []) file.push(...u16(id), ...u32(data.length), ...data);
  const places = instances.map(({ name = '', cpus }) => {
    const option = [...u64(0), ...text(name)];
    file.push(...u16(3), ...u32(option.length), ...option);
    const place = file.length - option.length;
    file.push(...u16(8), ...u32(4), ...u32(cpus.size));
    return place;
  });
  file.push(...u16(0));
  for (const [n, { cpus }] of built.buffers.entries()) {
    if (n > 0) file.splice(places[n - 1] ?? 0, 8, ...u64(file.length));
    file.push(...encodeUtf8('flyrecord\0'));
    let at = file.length + 16 * cpus.size;
    for (const pages of cpus.values()) {
      file.push(...u64(at), ...u64(pages.length));
      at += pages.length;
    }
    for (const pages of cpus.values()) file.push(...pages);
  }
  return new Uint8Array(file);
}

/** Version 7, not packed. */
export function version7(built: Built): Uint8Array {
  const parts = sections(built);
  const file = [...begin('7'), ...text('none'), ...text('')];
  const optionsAt = file.length;
  file.push(...u64(0));
  const options: number[] = [];
  const section = (id: number, data: readonly number[]): number => {
    const at = file.length;
    file.push(...u16(id), ...u16(0), ...u32(0), ...u64(data.length), ...data);
    return at;
  };
  const option = (id: number, data: readonly number[]): void => {
    options.push(...u16(id), ...u32(data.length), ...data);
  };
  option(16, u64(section(16, parts.header)));
  option(17, u64(section(17, parts.ftrace)));
  option(18, u64(section(18, parts.events)));
  option(19, u64(section(19, parts.kallsyms)));
  option(21, u64(section(21, parts.cmdlines)));
  for (const [id, data] of built.options ?? []) option(id, data);
  for (const { name = '', clock = 'local', cpus } of built.buffers) {
    const at = section(
      3,
      [...cpus.values()].flatMap((pages) => [...pages]),
    );
    let place = at + 16;
    const list = [...cpus].flatMap(([cpu, pages]) => {
      const entry = [...u32(cpu), ...u64(place), ...u64(pages.length)];
      place += pages.length;
      return entry;
    });
    option(3, [...u64(at), ...text(name), ...text(clock), ...u32(PAGE), ...u32(cpus.size), ...list]);
  }
  option(0, u64(0));
  file.splice(optionsAt, 8, ...u64(file.length));
  section(0, options);
  return new Uint8Array(file);
}
