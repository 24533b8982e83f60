import type { CpuSet } from '../base/cpu-set.ts';

/** The boot options that decide about interrupts (Documentation/admin-guide/kernel-parameters.txt). */
export interface ProcCmdline {
  readonly text: string;
  /** `irqaffinity=`: the default affinity from boot on. */
  readonly irqaffinity: CpuSet | undefined;
  /** `isolcpus=`, all flags: flags in order and the CPUs. Undefined when not given. */
  readonly isolcpus: { readonly flags: readonly string[]; readonly cpus: CpuSet } | undefined;
  /** Every `name=value` (or bare `name` with an empty value), the last one wins. */
  readonly params: ReadonlyMap<string, string>;
}
