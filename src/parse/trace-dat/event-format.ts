import { decodeUtf8 } from '../utf8.ts';

/** One field of an event, as its `format` file has it: `field:unsigned int cpu; offset:12; size:4; signed:0;`. */
export interface FormatField {
  readonly name: string;
  /** In the event's data, bytes. */
  readonly offset: number;
  /** 0 for what reaches to the end of the data (`char buf[]`). */
  readonly size: number;
  readonly signed: boolean;
  /** `number`; `text` in place; `located text`: a word of where it is (`__data_loc`); `bytes` otherwise. */
  readonly kind: 'number' | 'text' | 'located text' | 'bytes';
}

/** An event's layout: /sys/kernel/tracing/events/SYSTEM/NAME/format, or `header_page`, which has no name. */
export interface EventFormat {
  readonly name: string;
  readonly id: number;
  /** In the file's order, without those that all events have (`common_pid` …). */
  readonly fields: readonly FormatField[];
  readonly common: readonly FormatField[];
  /** What follows `print fmt: `: a C format and its arguments. */
  readonly print: string;
}

const FIELD =
  /^\tfield:([^;]{0,200}?)(\w{1,100})(\[\w{0,40}\])?;\s*offset:(\d{1,9});\s*size:(\d{1,9});(?:\s*signed:([01]);)?/;
const NUMBER_SIZES: ReadonlySet<number> = new Set([1, 2, 4, 8]);

/** `name: irq_matrix_alloc` and `ID: 351` of a format file; undefined where it has none. */
export function nameAndId(bytes: Uint8Array): { readonly name: string; readonly id: number } | undefined {
  // They are its first two lines.
  const head = decodeUtf8(bytes, 0, Math.min(bytes.length, 256));
  const match = /^name: (\S{1,200})\nID: (\d{1,5})$/m.exec(head);
  return match === null ? undefined : { name: match[1] ?? '', id: Number(match[2]) };
}

/** The fields of a format file's text; lines that are none are left out. */
export function parseFormat(text: string, name: string, id: number): EventFormat {
  const fields: FormatField[] = [];
  const common: FormatField[] = [];
  let print = '';
  for (const line of text.split('\n')) {
    const field = fieldOf(line);
    if (field !== undefined) (field.name.startsWith('common_') ? common : fields).push(field);
    else if (line.startsWith('print fmt: ')) print = line.slice('print fmt: '.length);
  }
  return { name, id, fields, common, print };
}

function fieldOf(line: string): FormatField | undefined {
  const match = FIELD.exec(line);
  if (match === null) return undefined;
  const [, type = '', name = '', array, offset, size, signed] = match;
  const bytes = Number(size);
  return {
    name,
    offset: Number(offset),
    size: bytes,
    signed: signed === '1',
    kind: kindOf(type.trim(), array !== undefined, bytes),
  };
}

function kindOf(type: string, isArray: boolean, size: number): FormatField['kind'] {
  if (/^__data_loc\b/.test(type)) return /\bchar\b/.test(type) && size === 4 ? 'located text' : 'bytes';
  if (isArray) return /^(?:const )?char$/.test(type) ? 'text' : 'bytes';
  return NUMBER_SIZES.has(size) ? 'number' : 'bytes';
}
