/** Bits of `common_flags`. */
const IRQS_OFF = 0x01;
const NEED_RESCHED_LAZY = 0x02;
const NEED_RESCHED = 0x04;
const HARDIRQ = 0x08;
const SOFTIRQ = 0x10;
const PREEMPT_RESCHED = 0x20;
const NMI = 0x40;
const BH_OFF = 0x80;

/** By the bits that are set of the three: TIF_NEED_RESCHED, PREEMPT_NEED_RESCHED and TIF_NEED_RESCHED_LAZY. */
const RESCHED: ReadonlyMap<number, string> = new Map([
  [NEED_RESCHED | PREEMPT_RESCHED | NEED_RESCHED_LAZY, 'B'],
  [NEED_RESCHED | PREEMPT_RESCHED, 'N'],
  [NEED_RESCHED | NEED_RESCHED_LAZY, 'b'],
  [PREEMPT_RESCHED | NEED_RESCHED_LAZY, 'L'],
  [NEED_RESCHED, 'n'],
  [PREEMPT_RESCHED, 'p'],
  [NEED_RESCHED_LAZY, 'l'],
]);

/**
 * The latency flags of an event as the kernel prints them (Documentation/trace/ftrace.rst, "Latency trace format"):
 * `d.h3.`. trace-cmd's own text knows fewer letters in the first two places.
 * @param flags `common_flags`
 * @param count `common_preempt_count`: depth of preemption, and of what forbids migration in its high half
 */
export function latencyFlags(flags: number, count: number): string {
  const resched = RESCHED.get(flags & (NEED_RESCHED | PREEMPT_RESCHED | NEED_RESCHED_LAZY)) ?? '.';
  return offFlag(flags) + resched + contextFlag(flags) + depth(count & 15) + depth(count >> 4);
}

function offFlag(flags: number): string {
  if ((flags & IRQS_OFF) !== 0) return (flags & BH_OFF) !== 0 ? 'D' : 'd';
  return (flags & BH_OFF) !== 0 ? 'b' : '.';
}

function contextFlag(flags: number): string {
  const hard = (flags & HARDIRQ) !== 0;
  if ((flags & NMI) !== 0) return hard ? 'Z' : 'z';
  const soft = (flags & SOFTIRQ) !== 0;
  return hard ? (soft ? 'H' : 'h') : soft ? 's' : '.';
}

function depth(count: number): string {
  return count === 0 ? '.' : count.toString(16);
}
