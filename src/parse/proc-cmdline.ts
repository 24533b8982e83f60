import type { CpuSet } from '../base/cpu-set.ts';
import { parseBootCpuList } from './boot-cpu-list.ts';

/** The boot options that decide about interrupts (Documentation/admin-guide/kernel-parameters.txt). */
export interface ProcCmdline {
  readonly text: string;
  /**
   * `irqaffinity=`: the default affinity from boot on, as written (the kernel adds the boot CPU). Undefined
   * when not given, or when the kernel would not understand it either.
   */
  readonly irqaffinity: CpuSet | undefined;
  /** `isolcpus=`, all flags: flags in order and the CPUs. Undefined when not given or not understood. */
  readonly isolcpus: { readonly flags: readonly string[]; readonly cpus: CpuSet } | undefined;
  /** Every `name=value` (or bare `name` with an empty value), the last one wins. */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * /proc/cmdline. Never fails: the kernel has booted with it.
 * @param cpuCount number of possible CPUs, for the words `N` and `all` in CPU lists
 */
export function parseProcCmdline(text: string, cpuCount?: number): ProcCmdline {
  const line = text.trim();
  const params = new Map<string, string>();
  for (const word of wordsOf(line)) {
    // What follows `--` goes to init.
    if (word === '--') break;
    const at = word.indexOf('=');
    if (at < 0) params.set(unquoted(word), '');
    else params.set(unquoted(word.slice(0, at)), unquoted(word.slice(at + 1)));
  }
  const irqaffinity = params.get('irqaffinity');
  const isolcpus = params.get('isolcpus');
  return {
    text: line,
    irqaffinity: irqaffinity === undefined ? undefined : parseBootCpuList(irqaffinity, cpuCount),
    isolcpus: isolcpus === undefined ? undefined : parseIsolcpus(isolcpus, cpuCount),
    params,
  };
}

/** `isolcpus=managed_irq,domain,1-2`: words first, then the list (`housekeeping_isolcpus_setup()`). */
function parseIsolcpus(value: string, cpuCount: number | undefined): ProcCmdline['isolcpus'] {
  const flags: string[] = [];
  let at = 0;
  for (let comma = value.indexOf(','); comma >= 0; comma = value.indexOf(',', at)) {
    const word = value.slice(at, comma);
    // Words the kernel does not know are skipped by it (isolcpus: Skipped unknown flag).
    if (!/^[a-z][a-z_]{0,40}$/i.test(word) || word === 'N') break;
    flags.push(word);
    at = comma + 1;
  }
  const cpus = parseBootCpuList(value.slice(at), cpuCount);
  return cpus === undefined ? undefined : { flags, cpus };
}

/** Words at blanks outside of double quotes (`next_arg()`, lib/cmdline.c). */
function* wordsOf(line: string): Generator<string, void, undefined> {
  let start = -1;
  let quoted = false;
  for (let at = 0; at <= line.length; at++) {
    const char = line[at];
    if (char === undefined || (!quoted && /\s/.test(char))) {
      if (start >= 0) yield line.slice(start, at);
      start = -1;
    } else {
      if (char === '"') quoted = !quoted;
      if (start < 0) start = at;
    }
  }
}

function unquoted(word: string): string {
  return word.replace(/^"/, '').replace(/"$/, '');
}
