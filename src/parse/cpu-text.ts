import { type CpuListError, parseCpuList, parseCpuMask } from '../base/cpu-list.ts';
import type { CpuSet } from '../base/cpu-set.ts';
import type { Result } from '../base/result.ts';
import { ParseError } from './parse-error.ts';

/** A file that holds one CPU list (`smp_affinity_list`, `cpu/online`); an empty list is the empty set. */
export function parseCpuListText(text: string, file: string): CpuSet {
  rejectDisorder(text, file);
  return orThrow(parseCpuList(text), file);
}

/** A file that holds one hexadecimal CPU mask (`smp_affinity`, `affinity_hint`). */
export function parseCpuMaskText(text: string, file: string): CpuSet {
  return orThrow(parseCpuMask(text), file);
}

function orThrow(result: Result<CpuSet, CpuListError>, file: string): CpuSet {
  if (result.ok) return result.value;
  throw new ParseError({ file, line: 1, ...result.error });
}

/** The kernel prints ascending, disjoint ranges (`%*pbl`); what is not is no list of the kernel's. */
function rejectDisorder(text: string, file: string): void {
  let last = -1;
  let column = 1;
  for (const part of text.split(',')) {
    const [first, end] = part.split('-', 2);
    if (Number(first) <= last) {
      throw new ParseError({ file, line: 1, column, text: part, expected: `a CPU number above ${last}` });
    }
    last = Number(end ?? first);
    column += part.length + 1;
  }
}
