import { ParseError } from './parse-error.ts';

/** /proc/uptime: seconds since boot, the first of its two figures. */
export function parseProcUptime(text: string, file = 'proc/uptime'): number {
  const match = /^\s*(\d{1,15}(?:\.\d{1,9})?)(?:\s|$)/.exec(text);
  if (match === null) {
    throw new ParseError({ file, line: 1, column: 1, text: text.trim(), expected: 'seconds like 1340.85' });
  }
  return Number(match[1]);
}
