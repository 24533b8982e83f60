/**
 * What a trace.dat copies from the kernel, in the form that versions 6 and 7 share (trace-cmd.dat.v6(5), v7(5)); in
 * version 7 each is a section of its own.
 */
import { decodeUtf8 } from '../utf8.ts';
import type { ByteReader } from './byte-reader.ts';
import { type EventFormat, nameAndId, parseFormat } from './event-format.ts';

/** Formats by the event's type; their fields are read when an event of them is met. */
export class EventFormats {
  readonly #texts = new Map<number, { readonly name: string; readonly bytes: Uint8Array }>();

  add(bytes: Uint8Array): void {
    const head = nameAndId(bytes);
    if (head !== undefined) this.#texts.set(head.id, { name: head.name, bytes });
  }

  get(id: number): EventFormat | undefined {
    const text = this.#texts.get(id);
    return text === undefined ? undefined : parseFormat(decodeUtf8(text.bytes), text.name, id);
  }
}

/** @returns the text of the kernel's `events/header_page` */
export function readHeaderInfo(reader: ByteReader): string {
  reader.literal('header_page\0');
  const page = reader.take(reader.size('the size of header_page'), 'header_page');
  reader.literal('header_event\0');
  reader.take(reader.size('the size of header_event'), 'header_event');
  return decodeUtf8(page);
}

/** The events of ftrace itself: `print`, `function` … */
export function readFtraceEvents(reader: ByteReader, formats: EventFormats): void {
  readFormats(reader, formats, 'ftrace');
}

export function readEvents(reader: ByteReader, formats: EventFormats): void {
  const systems = reader.u32('the number of event systems');
  for (let n = 0; n < systems; n++) readFormats(reader, formats, reader.text('the name of an event system'));
}

/** @returns the text of /proc/kallsyms, '' without one */
export function readKallsyms(reader: ByteReader): Uint8Array {
  return reader.take(reader.u32('the size of kallsyms'), 'kallsyms');
}

export function skipPrintkFormats(reader: ByteReader): void {
  reader.take(reader.u32('the size of the printk formats'), 'the printk formats');
}

/** Names of tasks by their PIDs: `saved_cmdlines`. */
export function readCmdlines(reader: ByteReader): Map<number, string> {
  const bytes = reader.take(reader.size('the size of the command lines'), 'the command lines');
  const names = new Map<number, string>();
  for (const [, pid, name = ''] of decodeUtf8(bytes).matchAll(/^(\d{1,10}) (.+)$/gm)) {
    names.set(Number(pid), name);
  }
  return names;
}

function readFormats(reader: ByteReader, formats: EventFormats, system: string): void {
  const count = reader.u32(`the number of events of ${system}`);
  for (let n = 0; n < count; n++) {
    formats.add(reader.take(reader.size('the size of an event format'), `an event format of ${system}`));
  }
}
