import { ParseError } from './parse-error.ts';

/** /proc/cpuinfo, the little of it that decides about vectors. */
export interface ProcCpuinfo {
  /** The CPU runs with FRED; undefined where no flags are listed (other architectures). */
  readonly fred: boolean | undefined;
}

/** /proc/cpuinfo on x86 (`show_cpuinfo()`). Only the first CPU's flags are read: the file is long. */
export function parseProcCpuinfo(text: string, file = 'proc/cpuinfo'): ProcCpuinfo {
  const flags = /^flags[ \t]{0,8}:(.*)$/m.exec(text)?.[1];
  if (flags !== undefined) return { fred: ` ${flags} `.includes(' fred ') };
  if (!/^[^\n:]{1,40}:/m.test(text)) {
    throw new ParseError({ file, line: 1, column: 1, text, expected: 'lines like "processor : 0"' });
  }
  return { fred: undefined };
}
