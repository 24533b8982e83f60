import type { Step } from './trace-window.ts';

/**
 * What the kernel does without an event of its own, or with events that come next: it is run when its thread goes on,
 * or when something else happens to its interrupt.
 */
export interface Deferred {
  readonly thread: string;
  readonly irq: number;
  /** `step` is the event that comes next, where one does. */
  readonly run: (step: Step | undefined) => void;
}

export class Deferrals {
  #waiting: Deferred[] = [];

  add(deferred: Deferred): void {
    this.#waiting.push(deferred);
  }

  has(thread: string, irq: number): boolean {
    return this.#waiting.some((deferred) => deferred.thread === thread && deferred.irq === irq);
  }

  ofThread(thread: string, step: Step | undefined): void {
    this.#run((deferred) => deferred.thread === thread, step);
  }

  ofIrq(irq: number, step: Step): void {
    this.#run((deferred) => deferred.irq === irq, step);
  }

  all(): void {
    this.#run(() => true, undefined);
  }

  forget(): void {
    this.#waiting = [];
  }

  #run(which: (deferred: Deferred) => boolean, step: Step | undefined): void {
    const due = this.#waiting.filter(which);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((deferred) => !due.includes(deferred));
    for (const deferred of due) deferred.run(step);
  }
}
