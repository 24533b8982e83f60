/** What came of a change on one kernel; what moved is seen by comparing before and after. */
import type { CpuSet } from '../../base/cpu-set.ts';
import type { Kernel } from '../../model/kernel.ts';

export interface Outcome {
  /** Why it does not fit, a sentence each; empty: it does. */
  readonly refused: readonly string[];
  /** What would have to be known. */
  readonly open: readonly string[];
  /** Interrupts that stay where they should not. */
  readonly stays: readonly Stay[];
  /** Interrupts that the new devices would have on an empty machine, and those that they get. */
  readonly interrupts?: { readonly wanted: number; readonly got: number };
  /** Interrupts that go to one of these CPUs with their next interrupt, whenever that is. */
  readonly onTheirWay?: readonly { readonly irq: number; readonly mask: CpuSet }[];
  /** Lines of the kernel's log. */
  readonly messages: readonly string[];
}

export interface Stay {
  readonly irq: number;
  readonly cpu: number;
  readonly why: string;
}

export const NOTHING_HAPPENED: Outcome = { refused: [], open: [], stays: [], messages: [] };

/** Does it, and keeps what the kernel printed. */
export function printing(kernel: Kernel, act: () => Omit<Outcome, 'messages'>): Outcome {
  const lines = new Set<string>();
  const { listener } = kernel;
  kernel.listener = (event) => {
    if (event.name === 'printk' && event.level !== 'debug') lines.add(event.text);
  };
  try {
    return { ...act(), messages: [...lines] };
  } finally {
    kernel.listener = listener;
  }
}
