import { parseBitmapList } from '../base/bitmap-text.ts';
import { MAX_CPUS } from '../base/cpu-list.ts';
import type { CpuSet } from '../base/cpu-set.ts';

/**
 * A CPU list of a boot option, which may name CPUs that the machine does not have. Undefined when it is none, or
 * empty, or when it says `N` (the last CPU) or `all` and `cpuCount` is not known.
 */
export function parseBootCpuList(text: string, cpuCount?: number): CpuSet | undefined {
  if (text.trim() === '') return undefined;
  const last = cpuCount === undefined || cpuCount < 1 ? undefined : cpuCount - 1;
  const list = parseBitmapList(text, MAX_CPUS, last);
  return list.ok ? list.value : undefined;
}
