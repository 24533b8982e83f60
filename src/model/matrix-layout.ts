/**
 * Where each figure of `struct irq_matrix` lives in one array of 32-bit words. One array, because then a copy is
 * one copy, the undo log needs only (index, old value), and a counter wraps at 2^32 as the kernel's does. The
 * per-CPU figures lie counter by counter (not CPU by CPU): the scan for the best CPU reads one counter of all CPUs.
 *
 * Per CPU with 256 bits: 6 counters and flags, 2 maps of 8 words: 88 bytes.
 */
import { invariant } from '../base/assert.ts';

export interface MatrixShape {
  /** CPU numbers 0..cpuCount-1 have a map: every *possible* CPU. */
  readonly cpuCount: number;
  /** Bits in every map; 256 on x86. */
  readonly matrixBits: number;
  /** First bit that may be handed out; FIRST_EXTERNAL_VECTOR (0x20) on x86. */
  readonly allocStart: number;
  /** End of the window (exclusive); FIRST_SYSTEM_VECTOR on x86. */
  readonly allocEnd: number;
}

export const GLOBAL_AVAILABLE = 0;
export const GLOBAL_RESERVED = 1;
export const SYSTEMBITS_INALLOC = 2;
export const TOTAL_ALLOCATED = 3;
export const ONLINE_MAPS = 4;
const SYSTEM_MAP = 5;

/** Index of the first word of each part. */
export interface MatrixLayout {
  readonly cpuCount: number;
  readonly allocStart: number;
  readonly allocEnd: number;
  /** Words in one bit map. */
  readonly mapWords: number;
  readonly systemMap: number;
  /** As a map: the system bits, and all outside [allocStart, allocEnd). */
  readonly closedMap: number;
  readonly available: number;
  readonly allocated: number;
  readonly managed: number;
  readonly managedAllocated: number;
  readonly online: number;
  readonly initialized: number;
  readonly allocMap: number;
  readonly managedMap: number;
  readonly length: number;
}

export function layoutOf(shape: MatrixShape): MatrixLayout {
  const mapWords = Math.ceil(shape.matrixBits / 32);
  const n = shape.cpuCount;
  const closedMap = SYSTEM_MAP + mapWords;
  const counters = closedMap + mapWords;
  const maps = counters + 6 * n;
  return {
    cpuCount: n,
    allocStart: shape.allocStart,
    allocEnd: shape.allocEnd,
    mapWords,
    systemMap: SYSTEM_MAP,
    closedMap,
    available: counters,
    allocated: counters + n,
    managed: counters + 2 * n,
    managedAllocated: counters + 3 * n,
    online: counters + 4 * n,
    initialized: counters + 5 * n,
    allocMap: maps,
    managedMap: maps + n * mapWords,
    length: maps + 2 * n * mapWords,
  };
}

/** Closes what lies outside [allocStart, allocEnd). */
export function closeBeyondWindow(
  words: Uint32Array,
  { closedMap, mapWords }: MatrixLayout,
  shape: MatrixShape,
): void {
  words.fill(0xffffffff, closedMap, closedMap + mapWords);
  for (let bit = shape.allocStart; bit < shape.allocEnd; bit++) {
    const at = closedMap + (bit >>> 5);
    words[at] = (words[at] ?? 0) & ~(1 << (bit & 31));
  }
}

/** Position of the lowest set bit of a word that is not 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Sets `bits` of the map at `from`, which has `matrixBits`. */
export function setBits(words: Uint32Array, from: number, bits: readonly number[], matrixBits: number): void {
  for (const bit of bits) {
    invariant(0 <= bit && bit < matrixBits, `there is no bit ${bit}`);
    const at = from + (bit >>> 5);
    words[at] = (words[at] ?? 0) | (1 << (bit & 31));
  }
}

export function countBits(words: Uint32Array, from: number, count: number): number {
  let n = 0;
  for (let at = from; at < from + count; at++) {
    for (let word = words[at] ?? 0; word !== 0; word &= word - 1) n++;
  }
  return n;
}

/** The set bits of a map, ascending. */
export function listBits(words: Uint32Array, from: number, count: number): number[] {
  const bits: number[] = [];
  for (let k = 0; k < count; k++) {
    for (let word = words[from + k] ?? 0; word !== 0; word &= word - 1) bits.push(k * 32 + lowestBit(word));
  }
  return bits;
}
