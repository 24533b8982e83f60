import type { ByteReader } from './byte-reader.ts';
import { type ClockOptions, clockName } from './trace-clock.ts';

/** Numbers of the options that are read (trace-cmd.dat.v7(5), OPTIONS SECTION); all others are skipped. */
export const OPTION = {
  done: 0,
  date: 1,
  buffer: 3,
  traceClock: 4,
  offset: 7,
  cpuCount: 8,
  tsc2nsec: 14,
  headerInfo: 16,
  ftraceEvents: 17,
  eventFormats: 18,
  kallsyms: 19,
  cmdlines: 21,
  bufferText: 22,
} as const;

/** Gathers what the options say of the clock. */
export class ClockGatherer {
  #name: string | undefined;
  #offset = 0n;
  #tsc: ClockOptions['tsc'];

  /** @returns whether the option was one of these */
  take(id: number, data: ByteReader): boolean {
    switch (id) {
      case OPTION.date:
        // Microseconds, in hexadecimal.
        this.#offset += 1000n * signedNumber(data, 'a number of microseconds (--date)');
        return true;
      case OPTION.offset:
        this.#offset += signedNumber(data, 'a number of nanoseconds (--ts-offset)');
        return true;
      case OPTION.traceClock:
        this.#name = clockName(data.text('the trace clock'));
        return true;
      case OPTION.tsc2nsec: {
        const multiplier = BigInt(data.u32('the multiplier of tsc2nsec'));
        const at = data.at;
        const shift = data.u32('the shift of tsc2nsec');
        if (shift > 63) data.fail(at, 'a shift of tsc2nsec below 64', `${shift}`);
        this.#tsc = multiplier === 0n ? undefined : { multiplier, shift: BigInt(shift) };
        return true;
      }
      default:
        return false;
    }
  }

  /** @param name of the buffer's own clock, where it has one */
  options(name?: string): ClockOptions {
    return { name: name ?? this.#name, offset: this.#offset, tsc: this.#tsc };
  }
}

/** `0x660e3b12bcae1`, `1000000`, `-5`: a text that ends with NUL. */
function signedNumber(data: ByteReader, what: string): bigint {
  const at = data.at;
  const text = data.text(what);
  const match = /^(-?)(0x[\da-f]{1,16}|\d{1,20})$/i.exec(text);
  if (match === null) return data.fail(at, what, JSON.stringify(text.slice(0, 24)));
  const value = BigInt(match[2] ?? '');
  return match[1] === '-' ? -value : value;
}
