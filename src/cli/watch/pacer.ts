/** When to look again, so that watching stays cheap whatever the machine's size. Pure: times come in. */

/** Of one CPU, for samples and pictures; the costly reading has as much again as {@link REFRESH_SHARE}. */
const SAMPLE_SHARE = 0.07;
const REFRESH_SHARE = 0.01;
/** Something has changed: the next costly reading comes this much sooner. */
const SOONER = 4;
const REFRESH_MS = 5000;
/** How much a new cost changes what is expected: single ones have garbage collection in them. */
const WEIGHT = 0.2;

export class Pacer {
  readonly #intervalMs: number;
  #sampleMs = 0;
  #refreshMs = 0;
  #refreshedAt: number;

  constructor(intervalMs: number, nowMs: number, refreshMs: number) {
    this.#intervalMs = intervalMs;
    this.#refreshedAt = nowMs;
    this.#refreshMs = refreshMs;
  }

  /** @param costMs the CPU time that a sample took */
  sampled(costMs: number): void {
    this.#sampleMs = this.#sampleMs === 0 ? costMs : this.#sampleMs * (1 - WEIGHT) + costMs * WEIGHT;
  }

  refreshed(nowMs: number, costMs: number): void {
    this.#refreshedAt = nowMs;
    this.#refreshMs = costMs;
  }

  /** From the beginning of one sample to that of the next. */
  get everyMs(): number {
    return Math.max(this.#intervalMs, this.#sampleMs / SAMPLE_SHARE);
  }

  refreshIsDue(nowMs: number, changed: boolean): boolean {
    const wait = Math.max(REFRESH_MS, this.#refreshMs / REFRESH_SHARE);
    return nowMs - this.#refreshedAt >= (changed ? wait / SOONER : wait);
  }
}
