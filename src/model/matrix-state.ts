/**
 * The words of a matrix (matrix-layout.ts), and how one tries something out on them: copies that share the words until
 * one of them writes, and marks to go back to. Whoever writes calls `put`, or looks at `guarded` first.
 */
import type { MatrixLayout } from './matrix-layout.ts';
import { type Mark, UndoLog } from './undo-log.ts';

/** The per-CPU figures (`struct cpumap`), a view of the words each; flags are 0 or 1. */
export interface CpuFigures {
  available: Uint32Array;
  allocated: Uint32Array;
  managed: Uint32Array;
  /** Stays 0 where the kernel has no such counter. */
  managedAllocated: Uint32Array;
  online: Uint32Array;
  initialized: Uint32Array;
}

/** How many matrices read the same words: who wants to write them takes a copy first, unless it is the last. */
interface Share {
  readers: number;
}

export abstract class MatrixState {
  protected readonly layout: MatrixLayout;
  /** Not to be kept: the first write to shared words moves them. */
  protected words: Uint32Array;
  /** A write has to be recorded, or takes a copy of the words first: {@link beforeWriting}. */
  protected guarded = false;
  /** Undefined: nobody else reads the words. */
  #share: Share | undefined;
  #undo: UndoLog | undefined;
  #figures: CpuFigures | undefined;

  /** All zero; or, with `origin`, what it has, from the same memory until one of the two writes. */
  constructor(layout: MatrixLayout, origin?: MatrixState) {
    this.layout = layout;
    if (origin === undefined) {
      this.words = new Uint32Array(layout.length);
    } else {
      this.words = origin.words;
      this.#share = origin.#shared();
      this.guarded = true;
    }
  }

  /** A rollback has put back the word at `index`, which was `was` until now; of the totals and the system map nothing follows. */
  protected abstract restored(index: number, was: number): void;

  /** Array bytes of the words and of what is recorded. */
  protected get stateBytes(): number {
    return this.words.byteLength + (this.#undo?.byteLength ?? 0);
  }

  /** Always the same object; its views are others after the words have moved. */
  protected get figures(): CpuFigures {
    this.#figures ??= this.#views();
    return this.#figures;
  }

  #views(): CpuFigures {
    const { cpuCount, available, allocated, managed, managedAllocated, online, initialized } = this.layout;
    const perCpu = (from: number): Uint32Array => this.words.subarray(from, from + cpuCount);
    return {
      available: perCpu(available),
      allocated: perCpu(allocated),
      managed: perCpu(managed),
      managedAllocated: perCpu(managedAllocated),
      online: perCpu(online),
      initialized: perCpu(initialized),
    };
  }

  protected at(index: number): number {
    return this.words[index] ?? 0;
  }

  /** Counters wrap at 2^32: the array keeps the low 32 bits. */
  protected add(index: number, delta: number): void {
    this.put(index, this.at(index) + delta);
  }

  protected put(index: number, value: number): void {
    if (this.guarded === true) this.beforeWriting(index);
    this.words[index] = value;
  }

  /** Where it is {@link guarded}: moves the words if others read them, and records what they are. */
  protected beforeWriting(...indices: readonly number[]): void {
    if (this.#share !== undefined) this.own();
    const undo = this.#undo;
    if (undo?.recording !== true) return;
    for (const index of indices) undo.record(index, this.at(index));
  }

  /** Opens a point to go back to. Marks nest; each has to end by `rollback` or `keep`. */
  mark(): Mark {
    this.guarded = true;
    return this.#undoLog().mark();
  }

  /** Exactly the state at `mark`; marks made after it end too. Costs what was done since. */
  rollback(mark: Mark): void {
    this.own();
    const restored = (index: number, was: number): void => this.restored(index, was);
    this.#undoLog().rollback(mark, this.words, restored, this.layout.closedMap);
    this.#guard();
  }

  /** What was done since `mark` stays, unless an older mark is rolled back. */
  keep(mark: Mark): void {
    this.#undoLog().keep(mark);
    this.#guard();
  }

  #undoLog(): UndoLog {
    this.#undo ??= new UndoLog();
    return this.#undo;
  }

  /** One more reads these words. */
  #shared(): Share {
    this.#share ??= { readers: 1 };
    this.#share.readers++;
    this.guarded = true;
    return this.#share;
  }

  /** Nobody else reads the words from now on. */
  protected own(): void {
    const share = this.#share;
    if (share === undefined) return;
    this.#share = undefined;
    if (share.readers > 1) {
      share.readers--;
      this.words = this.words.slice();
      if (this.#figures !== undefined) Object.assign(this.#figures, this.#views());
    }
    this.#guard();
  }

  #guard(): void {
    this.guarded = this.#share !== undefined || this.#undo?.recording === true;
  }
}
