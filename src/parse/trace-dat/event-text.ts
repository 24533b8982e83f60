import { decodeUtf8 } from '../utf8.ts';
import type { EventFormat, FormatField } from './event-format.ts';

/** Where an event's data are: bytes `start` to `end` of what the view is of. */
export interface EventData {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

/** One piece of an event's text: the same for all, or of a field. */
type Part = string | { readonly field: FormatField; readonly convert: Convert };
type Convert = (value: bigint) => string;

const CONVERSION = /%(?:%|(0?)(\d{0,2})(hh|h|ll|l|)([duxXs]))/y;
/** Far more than any event of a kernel has; a pattern's engine has its own bounds. */
const MAX_PRINT = 64 * 1024;
/** An argument that is a field and nothing else; all that irqspace reads has such. */
const ARGUMENT = /^(?:REC->(\w+)|__get_str\((\w+)\))$/;

/**
 * Prints an event as the kernel does, where its `print fmt` takes fields as they are, which those of the vector
 * tracepoints and of kprobes do. Others (flags by name, functions by address) are shown by their fields: `key=value`.
 */
export class EventText {
  readonly #parts: readonly Part[];
  /** How many bytes of data an event must have for its fields. */
  readonly length: number;

  constructor(format: EventFormat) {
    this.#parts = partsOf(format) ?? partsByField(format);
    // A stack has room for more than the kernel writes.
    const shown = format.fields.filter(({ kind }) => kind !== 'bytes');
    this.length = Math.max(0, ...shown.map(({ offset, size }) => offset + size));
  }

  /** @param data of at least `length` bytes */
  of(data: EventData): string {
    let text = '';
    for (const part of this.#parts) {
      if (typeof part === 'string') text += part;
      else if (part.field.kind === 'number') text += part.convert(numberOf(data, part.field));
      else text += textOf(data, part.field);
    }
    return text;
  }
}

/** A number of an event, by its sign. @param data that reach to the field's end */
export function numberOf({ view, start }: EventData, { offset, size, signed }: FormatField): bigint {
  const at = start + offset;
  switch (size) {
    case 1:
      return BigInt(signed ? view.getInt8(at) : view.getUint8(at));
    case 2:
      return BigInt(signed ? view.getInt16(at, true) : view.getUint16(at, true));
    case 4:
      return BigInt(signed ? view.getInt32(at, true) : view.getUint32(at, true));
    default:
      return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  }
}

/** A text of an event up to its NUL; '' where it lies outside the data, or is none. */
export function textOf(data: EventData, field: FormatField): string {
  const { view, start, end } = data;
  let from = start + field.offset;
  let to = field.size === 0 ? end : from + field.size;
  if (field.kind === 'located text') {
    const place = view.getUint32(from, true);
    from = start + (place & 0xffff);
    to = from + (place >>> 16);
  }
  if (field.kind === 'bytes' || to > end) return '';
  const bytes = new Uint8Array(view.buffer, view.byteOffset + from, to - from);
  const nul = bytes.indexOf(0);
  return decodeUtf8(bytes, 0, nul < 0 ? bytes.length : nul);
}

/** The kernel's own format; undefined where it needs more than fields. */
function partsOf({ print, fields }: EventFormat): Part[] | undefined {
  const literal = print.length > MAX_PRINT ? null : /^"((?:[^"\\]|\\.)*)"/.exec(print);
  if (literal === null) return undefined;
  const format = (literal[1] ?? '').replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  const rest = print.slice(literal[0].length);
  const names = rest === '' ? [] : rest.split(',').slice(1);
  const parts: Part[] = [];
  let used = 0;
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    const end = percent < 0 ? format.length : percent;
    if (end > at) parts.push(format.slice(at, end));
    if (percent < 0) break;
    CONVERSION.lastIndex = percent;
    const match = CONVERSION.exec(format);
    if (match === null) return undefined;
    at = percent + match[0].length;
    if (match[0] === '%%') parts.push('%');
    else {
      const argument = ARGUMENT.exec((names[used++] ?? '').trim());
      const field = fields.find(({ name }) => name === (argument?.[1] ?? argument?.[2]));
      const isText = match[4] === 's';
      if (field === undefined || isText === (field.kind === 'number') || field.kind === 'bytes')
        return undefined;
      parts.push({ field, convert: converterOf(match) });
    }
  }
  return used === names.length ? parts : undefined;
}

/** As C does: a value of another width or sign is taken as the conversion's. */
function converterOf([, zero, width, length = '', kind]: RegExpExecArray): Convert {
  const bits = length.startsWith('l') ? 64 : 32;
  const pad = Number(width);
  return (value) => {
    const taken = kind === 'd' ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
    const digits = taken.toString(kind === 'x' || kind === 'X' ? 16 : 10);
    return (kind === 'X' ? digits.toUpperCase() : digits).padStart(pad, zero === '0' ? '0' : ' ');
  };
}

function partsByField({ fields }: EventFormat): Part[] {
  const shown = fields.filter(({ kind }) => kind !== 'bytes');
  return shown.flatMap((field, at) => [
    `${at === 0 ? '' : ' '}${field.name}=`,
    { field, convert: (value: bigint) => value.toString() },
  ]);
}
