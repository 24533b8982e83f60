import type { CpuSet } from '../base/cpu-set.ts';

/** The masks that irqbalance gave each interrupt, run by run. */
export type IrqbalanceLogs = ReadonlyMap<string, ReadonlyMap<number, readonly CpuSet[]>>;

const BEGIN = /^irqbalance (\S+)/;
const END = /^irqbalance-end /;

/**
 * irqbalance's own debug logs, where a capture has them: its writes are recorded nowhere else, and a snapshot shows only
 * the last one. Marks of the trace say when a run begins and ends.
 */
export class IrqbalanceRuns {
  readonly #logs: IrqbalanceLogs;
  #run: ReadonlyMap<number, readonly CpuSet[]> | undefined;
  /** Per interrupt: how many of its masks are behind. */
  #behind = new Map<number, number>();

  /** It has run: what it wrote is not recorded. */
  hasRun = false;

  constructor(logs: IrqbalanceLogs) {
    this.#logs = logs;
  }

  mark(text: string): void {
    const name = BEGIN.exec(text)?.[1];
    if (name !== undefined) {
      this.hasRun = true;
      this.#run = this.#logs.get(name);
      this.#behind = new Map();
    } else if (END.test(text)) this.#run = undefined;
  }

  /** The next mask that was written for `irq` and lets it go to `cpu`; undefined where the log has none. */
  maskFor(irq: number, cpu: number): CpuSet | undefined {
    const masks = this.#run?.get(irq) ?? [];
    for (let at = this.#behind.get(irq) ?? 0; at < masks.length; at++) {
      const mask = masks[at];
      if (mask?.has(cpu) !== true) continue;
      this.#behind.set(irq, at + 1);
      return mask;
    }
    return undefined;
  }
}
