import { printable } from '../../base/printable.ts';

/** The only error that reading a trace.dat throws: `FILE: byte N: expected …, found …`. */
export class TraceDatError extends Error {
  override readonly name = 'TraceDatError';
  /** In the file, from 0; of what was packed, where the packed data begin. */
  readonly offset: number;

  constructor(file: string, offset: number, inside: string, expected: string, found: string) {
    super(printable(`${file}: byte ${offset}${inside}: expected ${expected}, found ${found}`));
    this.offset = offset;
  }
}
