import { failAtByte, type Piece } from './byte-reader.ts';
import { parseFormat } from './event-format.ts';
import type { EventData } from './event-text.ts';

/** Where a page of the ring buffer has what: the kernel's `events/header_page`. Offsets and sizes in bytes. */
export interface PageLayout {
  readonly pageSize: number;
  readonly timestamp: number;
  readonly commit: number;
  /** Of a kernel `long`: 8, or 4. */
  readonly commitSize: number;
  readonly data: number;
}

/** An event as the ring buffer holds it. */
export interface RawEvent extends EventData {
  /** In what the trace clock counts. */
  readonly timestamp: bigint;
  /** Events lost before this one on its CPU: how many, or -1 where the kernel does not know; 0 for none. */
  readonly lost: number;
  readonly page: Piece;
}

/** Types of entries that are no data (`events/header_event`; 1 to 28 is the data's length in words, 0 a longer one). */
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;

const HEADER = 4;
const DELTA_BITS = 27;
/** An absolute time stamp has 59 bits: the others are those of the time before it. */
const STAMP_BITS = 59;

/** `commit` holds the length of the data, and by two bits that events were lost before the page, and their number. */
const LENGTH_MASK = 2 ** 27 - 1;
const LOST = 2 ** 31;
const LOST_STORED = 2 ** 30;

/** @returns undefined where the text lacks a field */
export function pageLayoutOf(headerPage: string, pageSize: number): PageLayout | undefined {
  const fields = new Map(
    parseFormat(headerPage, 'header_page', 0).fields.map((field) => [field.name, field]),
  );
  const [timestamp, commit, data] = ['timestamp', 'commit', 'data'].map((name) => fields.get(name));
  if (timestamp?.size !== 8 || commit === undefined || data === undefined) return undefined;
  if (commit.size !== 4 && commit.size !== 8) return undefined;
  if (Math.max(timestamp.offset + 8, commit.offset + commit.size, data.offset) >= pageSize) return undefined;
  return {
    pageSize,
    timestamp: timestamp.offset,
    commit: commit.offset,
    commitSize: commit.size,
    data: data.offset,
  };
}

/** The events of whole pages that follow each other. @throws TraceDatError */
export function* eventsOfPages(pages: Piece, layout: PageLayout): Generator<RawEvent, void, undefined> {
  const { bytes } = pages;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let page = 0; page + layout.pageSize <= bytes.length; page += layout.pageSize) {
    yield* eventsOfPage(pages, view, page, layout);
  }
}

function* eventsOfPage(
  piece: Piece,
  view: DataView,
  page: number,
  layout: PageLayout,
): Generator<RawEvent, void, undefined> {
  const fail = (at: number, expected: string, found: string): never => failAtByte(piece, at, expected, found);
  const word = view.getUint32(page + layout.commit, true);
  // The operators of the language take bit 31 for a sign.
  const length = word & LENGTH_MASK;
  const room = layout.pageSize - layout.data;
  if (length > room) fail(page + layout.commit, `up to ${room} bytes of events in a page`, `${length}`);
  const end = page + layout.data + length;
  let lost = word >= LOST ? -1 : 0;
  if (lost < 0 && (word & LOST_STORED) !== 0 && length + layout.commitSize <= room) {
    lost = view.getUint32(end, true);
  }
  let timestamp = view.getBigUint64(page + layout.timestamp, true);
  for (let at = page + layout.data; at + HEADER <= end; ) {
    const header = view.getUint32(at, true);
    const type = header & 31;
    const delta = BigInt(header >>> 5);
    if (type === PADDING && delta === 0n) return;
    // 1 to 28: the length is in the type; all others have a word more.
    const isShort = type > 0 && type < PADDING;
    if (!isShort && at + 2 * HEADER > end) fail(at, 'an entry that ends in its page', 'its end');
    const extra = isShort ? 0 : view.getUint32(at + HEADER, true);
    const isTime = type === TIME_EXTEND || type === TIME_STAMP;
    const size = isShort ? HEADER + 4 * type : isTime ? 2 * HEADER : HEADER + extra;
    if (at + size > end || size < 2 * HEADER) {
      fail(at, `an entry of ${2 * HEADER} to ${end - at} bytes, as are left in its page`, `${size}`);
    }
    if (type === TIME_STAMP) {
      const high = (timestamp >> BigInt(STAMP_BITS)) << BigInt(STAMP_BITS);
      timestamp = high + (BigInt(extra) << BigInt(DELTA_BITS)) + delta;
    } else if (type === TIME_EXTEND) timestamp += (BigInt(extra) << BigInt(DELTA_BITS)) + delta;
    else timestamp += delta;
    if (type < PADDING) {
      yield {
        view,
        start: at + (isShort ? HEADER : 2 * HEADER),
        end: at + size,
        timestamp,
        lost,
        page: piece,
      };
      lost = 0;
    }
    at += size;
  }
}
