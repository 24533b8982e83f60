/**
 * What a capture's trace says by itself: plain patterns over the lines, without the model, so that both can be
 * compared.
 */
/** A CPU's counters as the kernel last printed them. */
export interface Counters {
  readonly available: number;
  readonly allocated: number;
  readonly managed: number;
}

/** One interrupt that a dying CPU gave away, seen by a kprobe. */
export interface Given {
  readonly irq: number;
  readonly to: number;
}

/** The state and the moves at one `LAB` line of the trace. */
export interface TracePoint {
  readonly text: string;
  /** CPUs whose counters are known: after a CPU went they are not, until the kernel prints them again. */
  readonly counters: ReadonlyMap<number, Counters>;
  /** What CPUs that went since the last `LAB` line gave away, in order. */
  readonly given: readonly Given[];
  /** Writes of irqbalance that failed since the last `LAB` line, by the errno's number. */
  readonly refusals: readonly number[];
}

const MARK = /tracing_mark_write: LAB (.*?)\s*$/;
const COUNTERS = /: irq_matrix_\w+: bit=\d+ cpu=(\d+) online=\d+ avl=(\d+) alloc=(\d+) managed=(\d+)/;
/** k_update: apic_update_vector, which programs what the allocator chose. */
const GIVEN = /^\s*migration\/\d+-\d+ .*: k_update: .* irq=(\d+) vector=\d+ cpu=(\d+)/;

/** sys_exit_write, filtered to failures: the negated errno in 64 bits. */
const REFUSED = /^\s*irqbalance-\d+ .*: sys_(?:exit_)?write.* -> 0x(f{8}[0-9a-f]{8})$/;

export function tracePoints(trace: string): TracePoint[] {
  const points: TracePoint[] = [];
  const counters = new Map<number, Counters>();
  let given: Given[] = [];
  let refusals: number[] = [];
  for (const line of trace.split('\n')) {
    const mark = MARK.exec(line)?.[1];
    if (mark !== undefined) {
      // Only kprobes see how its interrupts move: the others' counters have changed unseen.
      if (/^res write \S+\/online 0 -> OK/.test(mark)) counters.clear();
      points.push({ text: mark, counters: new Map(counters), given, refusals });
      given = [];
      refusals = [];
      continue;
    }
    const [, cpu, available, allocated, managed] = COUNTERS.exec(line) ?? [];
    if (cpu !== undefined) {
      const now = { available: Number(available), allocated: Number(allocated), managed: Number(managed) };
      counters.set(Number(cpu), now);
    }
    const [, irq, to] = GIVEN.exec(line) ?? [];
    if (irq !== undefined) given.push({ irq: Number(irq), to: Number(to) });
    const negated = REFUSED.exec(line)?.[1];
    if (negated !== undefined) refusals.push(-Number(BigInt.asIntN(64, BigInt(`0x${negated}`))));
  }
  return points;
}
