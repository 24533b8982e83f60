/** What a replay counts; format/replay.ts is its published form. */

export interface Divergence {
  /** Of the recorded event, 0-based among the trace's events. */
  readonly index: number;
  /** Its line in the trace, 1-based; undefined for what is not about one record. */
  readonly line: number | undefined;
  /** The recorded event's name, `snapshot 05-off1`, `write …` or `kernel log`. */
  readonly event: string;
  readonly expected: string;
  readonly observed: string;
}

export interface Resync {
  readonly index: number;
  readonly cause: string;
}

export class Tally {
  events = 0;
  decisions = 0;
  predicted = 0;
  /** Of the predicted ones, those whose mask a later snapshot or irqbalance's log told. */
  predictedWithLearntMask = 0;
  /** The line of the record in hand. */
  line: number | undefined;
  checkedCounters = 0;
  checkedSnapshots = 0;
  checkedWrites = 0;
  checkedMessages = 0;
  readonly unpredictable = new Map<string, number>();
  /** What the trace and the snapshot before did not tell and the next snapshot did, by cause. */
  readonly learnt = new Map<string, number>();
  /** The interrupts that it was about. */
  readonly learntIrqs = new Map<string, Set<number>>();
  readonly divergences: Divergence[] = [];
  readonly resyncs: Resync[] = [];
  /** More are counted, not kept. */
  divergenceCount = 0;

  static readonly MAX_DIVERGENCES = 100;

  countUnpredictable(cause: string): void {
    this.unpredictable.set(cause, (this.unpredictable.get(cause) ?? 0) + 1);
  }

  countLearnt(cause: string, irq: number | undefined): void {
    this.learnt.set(cause, (this.learnt.get(cause) ?? 0) + 1);
    if (irq === undefined) return;
    const irqs = this.learntIrqs.get(cause);
    if (irqs === undefined) this.learntIrqs.set(cause, new Set([irq]));
    else irqs.add(irq);
  }

  diverge(index: number, event: string, expected: string, observed: string): void {
    this.divergenceCount++;
    if (this.divergences.length < Tally.MAX_DIVERGENCES) {
      this.divergences.push({ index, line: this.line, event, expected, observed });
    }
  }
}
