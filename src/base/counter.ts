/** Counters of /proc/interrupts are of 32 bits. */
const MODULO = 2 ** 32;

/** How far a counter went between two readings; it may have passed its end once. */
export function countedBetween(then: number, now: number): number {
  return (now - then + MODULO) % MODULO;
}
