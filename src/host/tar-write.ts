import { BLOCK } from './tar-header.ts';

/** A member to write. */
export interface TarEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly bytes: Uint8Array;
  readonly linkName: string;
}

const TYPE = { file: '0', symlink: '2', directory: '5' } as const;

/**
 * A tar archive of the entries in the order given. The same entries give the same bytes: no times (1970), no
 * user names, owner 0. Long names as GNU writes them, which every tar reads.
 */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const entry of entries) {
    const name = Buffer.from(entry.kind === 'directory' ? `${entry.name}/` : entry.name);
    const link = Buffer.from(entry.linkName);
    if (link.length > 100) blocks.push(header('K', LONG_LINK, 0o644, link.length + 1), padded(link, 1));
    if (name.length > 100) blocks.push(header('L', LONG_LINK, 0o644, name.length + 1), padded(name, 1));
    blocks.push(header(TYPE[entry.kind], name, entry.mode, entry.bytes.length, link), padded(entry.bytes, 0));
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  return Buffer.concat(blocks);
}

const LONG_LINK = Buffer.from('././@LongLink');

function header(type: string, name: Uint8Array, mode: number, size: number, link?: Uint8Array): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  block.set(name.subarray(0, 100), 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  if (link !== undefined) block.set(link.subarray(0, 100), 157);
  block.write('ustar  \0', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** The bytes and at least `nuls` zeros, up to a whole block. */
function padded(bytes: Uint8Array, nuls: number): Uint8Array {
  const block = new Uint8Array(Math.ceil((bytes.length + nuls) / BLOCK) * BLOCK);
  block.set(bytes);
  return block;
}
