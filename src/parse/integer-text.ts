import { ParseError } from './parse-error.ts';

/** A file that holds one decimal integer (`node`, `numa_node`, `hwirq`). */
export function parseIntegerText(text: string, file: string): number {
  const word = text.trim();
  const value = Number(word);
  if (!/^-?\d+$/.test(word) || !Number.isSafeInteger(value)) {
    const column = text.length - text.trimStart().length + 1;
    throw new ParseError({ file, line: 1, column, text: word, expected: 'an integer' });
  }
  return value;
}

/** `per_cpu_count` of /sys/kernel/irq/N: `0,12,0`, one count per possible CPU (`per_cpu_count_show()`). */
export function parsePerCpuCount(text: string, file: string): Uint32Array {
  const words = text.trim().split(',');
  const counts = new Uint32Array(words.length);
  let column = text.length - text.trimStart().length + 1;
  for (const [at, word] of words.entries()) {
    const count = Number(word);
    if (!/^\d{1,10}$/.test(word) || count > 0xffffffff) {
      throw new ParseError({ file, line: 1, column, text: word, expected: 'a 32-bit count' });
    }
    counts[at] = count;
    column += word.length + 1;
  }
  return counts;
}
