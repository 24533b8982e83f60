import { describe, expect, it } from 'vitest';
import { type MatrixOp, WellBehaved } from '../../test/model/well-behaved.ts';
import { matrixViolations } from './invariants.ts';
import { profileNamed } from './kernel-profile.ts';
import { Matrix } from './matrix.ts';

/**
 * Every sequence of calls that a well-behaved caller can make on 2 CPUs with 4 vectors each, to a depth. A state that
 * was already explored at least as deep is not explored again. The way back up is `rollback`, so this walks the undo
 * log over every state too.
 */
class Explorer {
  readonly #caller: WellBehaved;
  readonly #explored = new Map<string, number>();
  states = 0;
  calls = 0;
  readonly answers = new Map<string, Set<number>>();

  constructor(caller: WellBehaved) {
    this.#caller = caller;
  }

  explore(depth: number): void {
    const key = this.#key();
    if ((this.#explored.get(key) ?? -1) >= depth) return;
    if (!this.#explored.has(key)) this.states++;
    this.#explored.set(key, depth);
    if (depth === 0) return;
    const { matrix } = this.#caller;
    for (const op of this.#caller.everyOp()) {
      if (!this.#caller.may(op)) continue;
      const restore = this.#caller.save();
      const mark = matrix.mark();
      this.#note(op, this.#caller.apply(op));
      const broken = matrixViolations(matrix, this.#caller.knownDrift);
      if (broken.length > 0) throw new Error(`after ${JSON.stringify(op)} on ${key}: ${broken.join('; ')}`);
      this.explore(depth - 1);
      matrix.rollback(mark);
      restore();
      if (this.#key() !== key) throw new Error(`rollback of ${JSON.stringify(op)} did not restore ${key}`);
    }
  }

  #note(op: MatrixOp, answer: number): void {
    this.calls++;
    const seen = this.answers.get(op.op) ?? new Set();
    this.answers.set(op.op, seen.add(answer));
  }

  /** The whole state, and the books that decide what the caller may do next. */
  #key(): string {
    const { held, knownDrift } = this.#caller;
    const sorted = held
      .map(({ cpu, bit, managed }) => cpu * 100 + bit * 2 + (managed ? 1 : 0))
      .sort((a, b) => a - b);
    return JSON.stringify([this.#caller.matrix.snapshot(), sorted, knownDrift.totalAllocated]);
  }
}

describe('small worlds', () => {
  for (const [kernel, depth] of [
    ['4.15', 6],
    ['4.16', 6],
    ['4.20', 6],
    ['5.4', 6],
    ['newest', 7],
  ] as const) {
    it(`no sequence of ${depth} calls on 2 CPUs with 4 vectors breaks an invariant or defeats \`rollback\` (${kernel})`, () => {
      const profile = profileNamed(kernel);
      if (profile === undefined) throw new Error(`no profile ${kernel}`);
      const matrix = new Matrix(profile, { cpuCount: 2, matrixBits: 8, allocStart: 2, allocEnd: 6 });
      matrix.online(0);
      const explorer = new Explorer(new WellBehaved(matrix));
      explorer.explore(depth);
      expect(explorer.states).toBeGreaterThan(9_000);
      // Both ends of the interesting calls were met: success and refusal.
      expect(explorer.answers.get('alloc')).toContain(-28);
      expect(explorer.answers.get('alloc')).toContain(5);
      expect(explorer.answers.get('reserveManaged')).toEqual(new Set([0, -28]));
      expect(explorer.answers.get('allocManaged')).toContain(-28);
      expect(explorer.answers.get('allocManaged')).toContain(2);
    });
  }
});
