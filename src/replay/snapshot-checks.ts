import { Arrivals } from './arrivals.ts';
import { checkSnapshot, type Difference, type Learning, type SnapshotCheck } from './check-snapshot.ts';
import type { PlacedSnapshot, SnapshotFacts } from './facts.ts';
import type { Predictor } from './predictor.ts';
import { startFrom } from './start-state.ts';

/** Compares the model with each snapshot when it was taken, and takes over from it what leaves no event. */
export class SnapshotChecks {
  readonly #predictor: Predictor;
  readonly #facts: SnapshotFacts;
  readonly #writesRecorded: () => boolean;
  readonly #arrivals = new Arrivals();
  /** A snapshot that is being taken, and what of it did not fit at its beginning. */
  #taken: { snapshot: PlacedSnapshot; index: number; differences: readonly Difference[] } | undefined;

  /** @param writesRecorded nobody but a driver can have set an affinity that is not known */
  constructor(predictor: Predictor, facts: SnapshotFacts, writesRecorded: () => boolean) {
    this.#predictor = predictor;
    this.#facts = facts;
    this.#writesRecorded = writesRecorded;
  }

  take(snapshot: PlacedSnapshot): void {
    const { kernel, tally, index, doubts } = this.#predictor;
    tally.checkedSnapshots++;
    const { arrived, arrivedNone } = this.#arrivals.since(kernel, snapshot);
    for (const irq of arrived) this.#predictor.predict('arrivals', () => kernel.interruptArrives(irq));
    for (const desc of kernel.descs()) doubts.atSnapshot(kernel, desc, arrivedNone.has(desc.irq));
    if (!this.#predictor.isSure) {
      this.#learn(snapshot);
      return;
    }
    const check = this.#check(snapshot, this.#writesRecorded() ? 'drivers' : 'unseen');
    for (const { cause, irq } of check.learnt) tally.countLearnt(cause, irq);
    tally.checkedCounters += check.counters;
    if (check.differences.length > 0) this.#taken = { snapshot, index, differences: check.differences };
  }

  /**
   * A snapshot takes its time, and what happened meanwhile is in some of its files and not in others: a figure is
   * wrong only where it was neither right when the snapshot began nor when the next thing was done.
   */
  ends(): void {
    const taken = this.#taken;
    if (taken === undefined) return;
    this.#taken = undefined;
    const { tally } = this.#predictor;
    const { differences } = this.#check(taken.snapshot, 'no');
    const still = new Set(differences.map(({ what }) => what));
    for (const { what, expected, observed } of taken.differences) {
      if (!still.has(what)) continue;
      tally.diverge(taken.index, `snapshot ${taken.snapshot.name}: ${what}`, expected, observed);
    }
  }

  #check(snapshot: PlacedSnapshot, learning: Learning): SnapshotCheck {
    const { index } = snapshot;
    const { kernel, doubts } = this.#predictor;
    const hasMoved = (irq: number): boolean =>
      this.#facts.hasMoved(irq, this.#facts.lifetimeAt(irq, index)?.from ?? -1, index);
    return checkSnapshot(kernel, snapshot, learning, { hasMoved, doubts });
  }

  /** A CPU comes online with an event: this much is known without the rest, unless events were lost. */
  #checkOnline({ name, observation }: PlacedSnapshot): void {
    const { kernel, tally, index, lossesOpen } = this.#predictor;
    const { online } = observation.cpus;
    if (online === undefined || online.isSubsetOf(kernel.online)) return;
    if (lossesOpen > 0 || tally.resyncs.length > 0) return;
    tally.diverge(index, `snapshot ${name}: online CPUs`, `${kernel.online}`, `${online}`);
  }

  /** The state was not known in full: all that the snapshot shows is news. */
  #learn(snapshot: PlacedSnapshot): void {
    const { kernel, knowledge, blind } = this.#predictor;
    const { observation, index } = snapshot;
    this.#checkOnline(snapshot);
    if (blind === undefined && observation.vectorDomain === undefined) this.#check(snapshot, 'all');
    else startFrom(kernel, knowledge, this.#facts, observation, index);
    // What is lost may come after it.
    if (this.#predictor.lossesOpen === 0) this.#predictor.blind = undefined;
    else this.#predictor.lose();
  }
}
