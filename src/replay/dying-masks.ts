import type { VirtioNets } from '../model/drivers/virtio-net-queues.ts';
import { KernelBug, noLongerAffine } from '../model/failures.ts';
import type { IrqDesc } from '../model/irq-desc.ts';
import type { CpuDown, Kernel } from '../model/kernel.ts';
import { CAUSE, LEARNT } from './causes.ts';
import type { StoredAffinity } from './doubts.ts';
import type { SnapshotFacts } from './facts.ts';
import type { Predictor } from './predictor.ts';

/** The masks by which a dying CPU's interrupts move: where they are not known, what is after it may tell them. */
export class DyingMasks {
  readonly #predictor: Predictor;
  readonly #facts: SnapshotFacts;

  constructor(predictor: Predictor, facts: SnapshotFacts) {
    this.#predictor = predictor;
    this.#facts = facts;
  }

  get #kernel(): Kernel {
    return this.#predictor.kernel;
  }

  /** Where the interrupts of a dying CPU go is not known if a driver may have set a mask that no snapshot shows yet. */
  doubt(cpu: number, nets: VirtioNets): void {
    const { blind, index, doubts } = this.#predictor;
    if (blind !== undefined) return;
    const torn = doubts.tornBy(this.#kernel, cpu);
    // Where the CPU is refused nothing moves.
    if (torn.length > 0 && tryDown(this.#kernel.clone(), cpu)?.ret === 0) {
      if (!torn.every((desc) => this.#resolve(desc, cpu))) {
        this.#predictor.goBlind(CAUSE.arrived);
        return;
      }
    }
    for (const { irq } of doubts.maybeBrokenBy(this.#kernel, cpu)) {
      this.#predictor.maybePrinted.add(noLongerAffine(irq, cpu));
    }
    for (const { irq, managed, data } of this.#kernel.descs()) {
      if (managed || data?.cpu !== cpu || data.vector === 0) continue;
      const { name } = this.#facts.of(irq, index);
      if (name !== undefined && !nets.isStillToSet(name)) continue;
      // In the next snapshot it has set none either.
      const next = this.#facts.nextSight(irq, index)?.irq;
      if (name !== undefined && next?.hasProcDir === true && next.hint === undefined) continue;
      this.#predictor.goBlind(CAUSE.written);
      return;
    }
  }

  /** Where it is after `cpu` has gone, and with which mask, tells what was stored; true also where it is all one. */
  #resolve(desc: IrqDesc, cpu: number): boolean {
    const { doubts, index, tally } = this.#predictor;
    const all = doubts.of(desc).map((stored) => ({ stored, after: this.#without(cpu, desc.irq, stored) }));
    const [first] = all;
    if (all.every(({ after }) => after?.place === first?.after?.place)) return true;
    const next = this.#facts.nextSight(desc.irq, index);
    if (next === undefined || this.#facts.hasMoved(desc.irq, index, next.snapshot.index)) return false;
    const { debug, affinity, effective = debug?.effective } = next.irq;
    const shown = debug?.affinity ?? affinity;
    const there = all.filter(({ after }) => `${after?.effective}` === `${effective}`);
    const fits = there.length > 1 ? there.filter(({ after }) => `${after?.affinity}` === `${shown}`) : there;
    if (fits[0] === undefined || fits.length > 1) return false;
    doubts.take(desc, fits[0].stored);
    tally.countLearnt(LEARNT.arrived, desc.irq);
    return true;
  }

  /** What the model would do with an interrupt of which that is stored. */
  #without(
    cpu: number,
    irq: number,
    stored: StoredAffinity,
  ): ({ place: string } & Pick<IrqDesc, 'effective' | 'affinity'>) | undefined {
    const copy = this.#kernel.clone();
    const desc = copy.desc(irq);
    if (desc?.data === undefined) return undefined;
    Object.assign(desc, stored);
    if (tryDown(copy, cpu) === undefined) return undefined;
    const { effective, affinity, data } = desc;
    return { place: `${data.cpu}/${data.vector}`, effective, affinity };
  }
}

/** Undefined where the kernel would stop: the prediction that follows says so, at its event. */
function tryDown(copy: Kernel, cpu: number): CpuDown | undefined {
  try {
    return copy.cpuDown(cpu);
  } catch (error) {
    if (error instanceof KernelBug) return undefined;
    throw error;
  }
}
