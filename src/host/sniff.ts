import { BLOCK, hasValidChecksum, isZeroBlock, textField } from './tar-header.ts';
import type { ToolName } from './unpack.ts';

/** How a file is packed, by its first bytes; names lie. */
export type Packing = 'gzip' | ToolName;

const MAGIC: readonly (readonly [Packing, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

export function packingOf(bytes: Uint8Array): Packing | undefined {
  return MAGIC.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte))?.[0];
}

/** A tar archive: the magic, or (v7 has none) a header whose checksum holds, or an archive of nothing. */
export function isTar(bytes: Uint8Array): boolean {
  if (bytes.length < BLOCK) return false;
  return textField(bytes, 257, 8).startsWith('ustar') || hasValidChecksum(bytes, 0) || isZeroBlock(bytes, 0);
}

/** How much of a lone file is looked at; a VECTOR dump and the CPU header come first. */
const LOOK_AT = 64 * 1024;

/**
 * Where a lone kernel file belongs in a machine's tree; undefined when the text is neither a VECTOR dump nor
 * /proc/interrupts, be it quoted in a mail. Only whose file it is: whether it is sound is the parser's question.
 */
export function usualPlaceOf(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, LOOK_AT));
  if (/^[ \t>]*(?:Online bitmaps:|Global available:|\|[ \t]*CPU[ \t]*\|)/m.test(text)) {
    return 'sys/kernel/debug/irq/domains/VECTOR';
  }
  if (/^[ \t>]*CPU\d+(?:[ \t]|$)/m.test(text)) return 'proc/interrupts';
  return undefined;
}
