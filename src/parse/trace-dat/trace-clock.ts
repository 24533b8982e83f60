/** What the recorder wrote about its clock, in the options of a trace.dat. */
export interface ClockOptions {
  /** The name of the trace clock; undefined where the file has none. */
  readonly name: string | undefined;
  /** Nanoseconds that trace-cmd adds (`--date`, `--ts-offset`). */
  readonly offset: bigint;
  /** `--tsc2nsec`: nanoseconds are (time stamp * multiplier) >> shift. */
  readonly tsc: { readonly multiplier: bigint; readonly shift: bigint } | undefined;
}

/** Of Documentation/trace/ftrace.rst (trace_clock), and what trace-cmd calls its own conversion. */
const IN_NANOSECONDS: ReadonlySet<string> = new Set([
  'local',
  'global',
  'uptime',
  'perf',
  'mono',
  'mono_raw',
  'boot',
  'tai',
  'tsc2nsec',
]);

/** Turns what the ring buffer counts into what ftrace prints. */
export class TraceClock {
  readonly #options: ClockOptions;
  readonly #inSeconds: boolean;

  constructor(options: ClockOptions) {
    this.#options = options;
    this.#inSeconds = options.name === undefined || IN_NANOSECONDS.has(options.name);
  }

  /** `12.345678`, rounded as the kernel rounds; what a clock that counts anything else counts: `1234`. */
  textOf(timestamp: bigint): string {
    const { offset, tsc } = this.#options;
    const scaled = tsc === undefined ? timestamp : (timestamp * tsc.multiplier) >> tsc.shift;
    const time = BigInt.asUintN(64, scaled + offset);
    if (!this.#inSeconds) return time.toString();
    const micros = (time + 500n) / 1000n;
    return `${micros / 1_000_000n}.${(micros % 1_000_000n).toString().padStart(6, '0')}`;
  }
}

/** `counter` of `local global [counter] uptime …`, as tracefs' trace_clock shows it; or the name alone. */
export function clockName(text: string): string | undefined {
  const name = /\[([\w-]+)\]/.exec(text)?.[1] ?? text.trim();
  return name === '' ? undefined : name;
}
