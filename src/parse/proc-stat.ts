/** /proc/stat, the per-CPU time lines. */
export interface ProcStat {
  /** CPU number → time accounted to it since boot (user … steal), in USER_HZ ticks (1/100 s). */
  readonly cpuTicks: ReadonlyMap<number, number>;
}
