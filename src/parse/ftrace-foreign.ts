/** How much of a line is looked at. */
const LOOKED_AT = 200;

/** What people pass instead of ftrace's text, by its first line. Anchored, and for short lines only. */
const FORMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  // \x17\x08D
  [/^\W{2}Dtracing/, 'a binary trace.dat (trace-cmd report prints it)'],
  [/^PERFILE2/, 'a binary perf.data'],
  [/^\W{0,2}<\?xml|^<!DOCTYPE|^<html/i, 'HTML or XML'],
  [/^\s*(?:\{|\[\s*(?:$|[{[\]"]))/, 'JSON'],
  // "swapper     0 [000]   100.123456:          irq_vectors:vector_alloc: …": a blank, not a hyphen, before the PID.
  [
    /^\s*\S.{0,40}?\s\d{1,10}(?:\/\d{1,10})?\s+\[\d{1,5}\]\s+(?:\S{4,8}\s+)?\d{1,12}\.\d{6,9}:/,
    'perf script output',
  ],
  [/^\s*\S.{0,40}?\s\d{1,10}(?:\/\d{1,10})?\s+\d{1,12}\.\d{6,9}:\s/, 'perf script output'],
  [/^\s*\d{1,9}\.\d{3} \([^)]{1,20}\):/, 'perf trace output'],
  // "  8,0    3        1     0.000000000   697  G   W 223490 + 8 [kjournald]"
  [/^\s*\d{1,4},\d{1,7}\s+\d{1,5}\s+\d{1,10}\s+\d{1,9}\.\d{9}\s+\d{1,10}\s+\w/, 'blktrace output'],
  // "[pid  1234] 12:34:56.789012 openat(AT_FDCWD, …", "1234  read(3, …", "--- SIGCHLD {…"
  [
    /^(?:\[pid\s+\d{1,10}\] |\d{1,10}\s+)?(?:\d[\d:.]{5,20} )?(?:[a-z_]\w{1,40}\(|<\.\.\. \w{1,40} resumed>|--- SIG|\+\+\+ )/,
    'strace output',
  ],
  // "[    0.000000] Linux version …", "[Sun Nov 22 17:32:57 2026] …", "<6>[    0.000000] …"
  [/^(?:<\d{1,3}>)?\[\s*(?:\d{1,9}\.\d{6}|\w{3} \w{3} [ \d]\d [\d:]{8} \d{4})\]/, 'dmesg output'],
  // "  bash-1234    0d..1. 1234.567890: …", "  bash-1234    0d..1    1us : …"
  [/^\s*\S.{0,15}-\d{1,10}\s+\d{1,5}[.#a-zA-Z][.#\w]{2,7}\s+\d/, 'the latency format (no [CPU] column)'],
  // " 0)   1.234 us    |  do_it();"
  [/^\s*\d{1,5}\)\s.{0,30}\|/, 'function_graph output'],
];

/** The tool that wrote a line, where it can be told. */
export function foreignForm(line: string): string | undefined {
  const start = line.slice(0, LOOKED_AT);
  return FORMS.find(([pattern]) => pattern.test(start))?.[1];
}
