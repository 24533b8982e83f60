import { CpuSet } from '../base/cpu-set.ts';
import type { IrqDesc } from '../model/irq-desc.ts';
import type { Kernel } from '../model/kernel.ts';

/** What the kernel may have stored of an interrupt's affinity; `movePending` goes with it. */
export interface StoredAffinity {
  readonly affinity: CpuSet;
  readonly movePending: boolean;
}

interface Doubt {
  /** What the model has stored: where that is another set by now, something known has replaced it. */
  readonly base: CpuSet;
  readonly others: readonly CpuSet[];
  /** Of these, the ones that are only since the last snapshot. */
  readonly recent: ReadonlySet<CpuSet>;
}

/**
 * An interrupt that arrives applies a pending affinity, and leaves no event where it stays on its CPU. So until a
 * snapshot tells, the stored affinity is the old one or any that was pending since and has that CPU (5.5.6). It makes a
 * difference when the interrupt is requested again or its CPU goes, and for what is shown after that.
 */
export class Doubts {
  readonly #doubts = new Map<IrqDesc, Doubt>();

  /** An affinity has been set: it may wait for an interrupt that will not move. */
  note(kernel: Kernel, desc: IrqDesc): void {
    const { data, affinity, pendingMask } = desc;
    const stays = data !== undefined && pendingMask.has(data.cpu) && kernel.online.has(data.cpu);
    if (!desc.movePending || !stays || desc.managed) return;
    const others = this.#othersOf(desc);
    const isKnown = others.some((other) => other.equals(pendingMask));
    if (!isKnown) this.#add(desc, affinity, [...others, pendingMask], pendingMask);
  }

  /** A snapshot was taken; `arrivedNone` where no interrupt has arrived since the one before. */
  atSnapshot(kernel: Kernel, desc: IrqDesc, arrivedNone: boolean): void {
    const recent = this.#doubts.get(desc)?.recent;
    const others = this.#othersOf(desc).filter((other) => !(arrivedNone && recent?.has(other) === true));
    this.#doubts.delete(desc);
    this.#add(desc, desc.affinity, others);
    this.note(kernel, desc);
  }

  /** What may be stored, the model's own first. */
  of(desc: IrqDesc): StoredAffinity[] {
    const { affinity, movePending, pendingMask } = desc;
    const others = this.#othersOf(desc).map((other) => ({
      affinity: other,
      movePending: movePending && !other.equals(pendingMask),
    }));
    return [{ affinity, movePending }, ...others];
  }

  /** What is stored is known. */
  settle(desc: IrqDesc): void {
    this.#doubts.delete(desc);
  }

  /** `shown` is what is stored: one that it may be. The model takes it over. */
  isShown(desc: IrqDesc, shown: CpuSet): boolean {
    const found = this.of(desc).find(({ affinity, movePending }) => !movePending && affinity.equals(shown));
    if (found === undefined) return false;
    this.settle(desc);
    this.take(desc, found);
    return true;
  }

  /** The interrupts of `cpu` of which it depends on what is stored where they go when it is gone. */
  tornBy(kernel: Kernel, cpu: number): IrqDesc[] {
    const left = kernel.online.andNot(CpuSet.of(cpu));
    return this.#movesOf(cpu, left).filter((desc) => {
      const [first, ...others] = this.of(desc).map(({ affinity }) => within(affinity, left).and(left));
      return others.some((other) => first?.equals(other) !== true);
    });
  }

  /** The interrupts of `cpu` that may lose their whole mask when it is gone, or may not. */
  maybeBrokenBy(kernel: Kernel, cpu: number): IrqDesc[] {
    const left = kernel.online.andNot(CpuSet.of(cpu));
    return this.#movesOf(cpu, left).filter((desc) => {
      const broken = this.of(desc).map(({ affinity }) => !affinity.intersects(left));
      return broken.includes(true) && broken.includes(false);
    });
  }

  /** It is this that is stored: the model takes it over. */
  take(desc: IrqDesc, { affinity, movePending }: StoredAffinity): void {
    if (affinity !== desc.affinity) this.settle(desc);
    desc.affinity = affinity;
    desc.movePending = movePending;
  }

  /** Takes a CPU down by `takeDown`: a mask that has no CPU left becomes every online one. */
  during<T>(kernel: Kernel, cpu: number, takeDown: () => T): T {
    const left = kernel.online.andNot(CpuSet.of(cpu));
    const before = this.#movesOf(cpu, left).map((desc) => ({ desc, others: this.#othersOf(desc) }));
    const result = takeDown();
    if (kernel.online.has(cpu)) return result;
    for (const { desc, others } of before) {
      this.#add(
        desc,
        desc.affinity,
        others.map((other) => within(other, left)),
      );
    }
    return result;
  }

  /** Of `cpu`, and not sure to go where a pending mask lets them. */
  #movesOf(cpu: number, left: CpuSet): IrqDesc[] {
    return [...this.#doubts.keys()].filter(
      (desc) =>
        desc.started &&
        desc.effective.has(cpu) &&
        !(desc.movePending && desc.pendingMask.intersects(left)) &&
        this.#othersOf(desc).length > 0,
    );
  }

  #othersOf(desc: IrqDesc): readonly CpuSet[] {
    const doubt = this.#doubts.get(desc);
    return doubt?.base === desc.affinity ? doubt.others : [];
  }

  #add(desc: IrqDesc, base: CpuSet, masks: readonly CpuSet[], added?: CpuSet): void {
    const recent = new Set(this.#doubts.get(desc)?.recent);
    const others: CpuSet[] = [];
    for (const mask of masks) {
      if (!mask.equals(base) && !others.some((other) => other.equals(mask))) others.push(mask);
    }
    if (added !== undefined && others.includes(added)) recent.add(added);
    if (others.length === 0) this.#doubts.delete(desc);
    else this.#doubts.set(desc, { base, others, recent });
  }
}

/** What is stored when only `left` are: all of them where it has none. */
function within(mask: CpuSet, left: CpuSet): CpuSet {
  return mask.intersects(left) ? mask : left;
}
