import { LIMITS, type Limits } from './limits.ts';
import { quoted, RootError } from './root-error.ts';
import { BLOCK, isZeroBlock, readTarHeader, type TarHeader, textField } from './tar-header.ts';

/** What a member is; `other` is a device, a FIFO, a sparse file: known to exist, not read. */
export type TarKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';

export interface TarMember {
  readonly kind: TarKind;
  readonly mode: number;
  /** The content; a view into the archive. Empty for anything but a file. */
  readonly bytes: Uint8Array;
  /** Target of a link as the archive tells it; never followed here. */
  readonly linkName: string;
}

/** Paths longer than PATH_MAX and extension headers beyond this are hostile, not real. */
const MAX_NAME = 4096;
const MAX_EXTENSION = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/**
 * Every member of a tar archive (v7, ustar, GNU, pax) by its normalized name; of duplicates the last wins,
 * as extraction would have it.
 * @throws RootError when the archive is truncated or damaged, or a member points outside; nothing is kept then
 */
export function readTar(source: string, bytes: Uint8Array, limits: Limits = LIMITS): Map<string, TarMember> {
  const members = new Map<string, TarMember>();
  let next: Extension = {};
  let count = 0;
  for (let offset = 0; ; ) {
    if (offset + BLOCK > bytes.length) {
      throw new RootError(source, 'truncated: the tar archive ends without its end mark');
    }
    if (isZeroBlock(bytes, offset)) {
      // One zero block may be damage in the middle; the end is two of them, or one at the very end.
      if (offset + 2 * BLOCK <= bytes.length && !isZeroBlock(bytes, offset + BLOCK)) {
        throw new RootError(source, `damaged: an empty header at byte ${offset} before the archive's end`);
      }
      if (next.path !== undefined || next.size !== undefined || next.linkPath !== undefined) {
        throw new RootError(source, 'truncated: the tar archive ends after a long-name header');
      }
      return members;
    }
    if (++count > limits.maxMembers) {
      throw new RootError(source, `more than ${limits.maxMembers} members: not read`);
    }
    const header = readTarHeader(source, bytes, offset);
    const size = dataSize(header, next);
    const start = offset + BLOCK;
    const end = start + size;
    if (end > bytes.length) {
      const has = bytes.length - start;
      throw new RootError(
        source,
        `truncated: member ${quoted(next.path ?? header.name)} has ${has} of ${size} bytes`,
      );
    }
    const data = bytes.subarray(start, end);
    offset = start + Math.ceil(size / BLOCK) * BLOCK;
    if (header.type === 'S') offset = skipSparseMap(bytes, start, offset);
    const extension = readExtension(source, header, data, next);
    if (extension !== undefined) {
      next = extension;
      continue;
    }
    const name = memberName(source, next.path ?? header.name);
    if (name !== '') {
      const kind = kindOf(header, next.path ?? header.name);
      members.set(name, {
        kind,
        mode: header.mode & 0o777,
        bytes: kind === 'file' ? data : NO_BYTES,
        linkName: next.linkPath ?? header.linkName,
      });
    }
    next = {};
  }
}

/** What GNU long-name and pax headers say about the member that follows them. */
interface Extension {
  readonly path?: string;
  readonly linkPath?: string;
  readonly size?: number;
}

/** Links, devices and directories carry no data, whatever their size field says (old tars fill it in). */
function dataSize(header: TarHeader, extension: Extension): number {
  return '123456'.includes(header.type) ? 0 : (extension.size ?? header.size);
}

function kindOf(header: TarHeader, name: string): TarKind {
  switch (header.type) {
    case '0':
    case '\0':
    case '7':
      // v7 marked directories by the name alone.
      return name.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '5':
      return 'directory';
    default:
      return 'other';
  }
}

/** The extension so far with this header's part; undefined when the header is a member of its own. */
function readExtension(
  source: string,
  header: TarHeader,
  data: Uint8Array,
  soFar: Extension,
): Extension | undefined {
  if (!'LKxgX'.includes(header.type)) return undefined;
  if (data.length > MAX_EXTENSION) {
    throw new RootError(source, `a long-name header of ${data.length} bytes: not read`);
  }
  if (header.type === 'L') return { ...soFar, path: textField(data, 0, data.length) };
  if (header.type === 'K') return { ...soFar, linkPath: textField(data, 0, data.length) };
  // A global header speaks of the whole archive (git puts a comment there), never of one member's name.
  return header.type === 'g' ? soFar : { ...soFar, ...readPax(source, data) };
}

/** Records of the form `LENGTH KEY=VALUE\n`, the length counting itself. */
function readPax(source: string, data: Uint8Array): Extension {
  const found: { path?: string; linkPath?: string; size?: number } = {};
  for (let at = 0; at < data.length && data[at] !== 0; ) {
    const space = data.indexOf(32, at);
    const digits = space < 0 || space - at > 8 ? '' : textField(data, at, space - at);
    const length = /^[0-9]+$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    if (end <= space + 1 || end > data.length || data[end - 1] !== 10) {
      throw new RootError(source, 'damaged: a pax header record has no valid length');
    }
    const record = new TextDecoder().decode(data.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    const key = record.slice(0, Math.max(0, equals));
    const value = record.slice(equals + 1);
    if (key === 'path') found.path = value;
    if (key === 'linkpath') found.linkPath = value;
    if (key === 'size') {
      const size = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN;
      if (!Number.isSafeInteger(size)) throw new RootError(source, `pax header: bad size ${quoted(value)}`);
      found.size = size;
    }
    at = end;
  }
  return found;
}

/** The name without `./`, doubled and trailing slashes; empty for the archive's own top. */
function memberName(source: string, raw: string): string {
  if (raw.length > MAX_NAME || raw.includes('\0')) {
    throw new RootError(source, `member ${quoted(raw)} is no possible path`);
  }
  if (raw.startsWith('/')) {
    throw new RootError(
      source,
      `member ${quoted(raw)} is an absolute path, outside the archive; nothing was read`,
    );
  }
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new RootError(source, `member ${quoted(raw)} points outside the archive; nothing was read`);
  }
  return parts.join('/');
}

/** GNU sparse files: further map blocks stand between the header and the data. */
function skipSparseMap(bytes: Uint8Array, start: number, offset: number): number {
  if (bytes[start - BLOCK + 482] !== 1) return offset;
  let at = start;
  while (at + BLOCK <= bytes.length && bytes[at + 504] === 1) at += BLOCK;
  return offset + (at + BLOCK - start);
}
