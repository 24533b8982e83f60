/** What the snapshots tell of an interrupt during one of its lifetimes: who it belongs to and what was asked for. */
import type { CpuSet } from '../base/cpu-set.ts';
import { CpuSet as Cpus } from '../base/cpu-set.ts';
import type { IrqChip } from '../model/irq-desc.ts';
import type { Observation, ObservedIrq } from '../observe/observation.ts';
import type { Lifetime, Outline } from './outline.ts';

/** A snapshot and where in the trace it was taken; -1 is before it, infinity after it. */
export interface PlacedSnapshot {
  readonly name: string;
  readonly index: number;
  readonly observation: Observation;
}

export interface IrqFacts {
  /** -1 for none; undefined where no snapshot of the lifetime tells. */
  readonly node: number | undefined;
  readonly chip: IrqChip;
  /** Of a managed interrupt: the mask it keeps for life. */
  readonly managedMask: CpuSet | undefined;
  /** Its device has spread others and kept this one outside: it has an affinity entry too, the default. */
  readonly outsideSpread: boolean;
  /** Of who requested it; empty where nobody has, undefined where no snapshot of the lifetime shows the interrupt. */
  readonly name: string | undefined;
}

const REMAPPED = /^(?:IR-|AMD-IR-|INTEL-IR-|vIOMMU)/;
const MSI = /\bPCI-MSIX?\b/;

export class SnapshotFacts {
  readonly #snapshots: readonly PlacedSnapshot[];
  readonly #byIrq: readonly ReadonlyMap<number, ObservedIrq>[];
  readonly #outline: Outline;
  /** Some interrupt is behind remapping: then so is every device's. */
  readonly remapping: boolean;
  readonly #singleNode: boolean;

  constructor(snapshots: readonly PlacedSnapshot[], outline: Outline) {
    this.#snapshots = snapshots;
    this.#outline = outline;
    this.#byIrq = snapshots.map(({ observation }) => new Map(observation.irqs.map((irq) => [irq.irq, irq])));
    this.remapping = snapshots.some(({ observation }) =>
      observation.irqs.some((irq) => irq.chip !== undefined && REMAPPED.test(irq.chip)),
    );
    this.#singleNode = (snapshots[0]?.observation.nodes.length ?? 0) <= 1;
  }

  /** The lifetime of `irq` at a record; undefined where the trace shows none (it lives throughout). */
  lifetimeAt(irq: number, index: number): Lifetime | undefined {
    return this.#outline.lifetimes.get(irq)?.find((life) => life.from <= index && index <= life.to);
  }

  /** What is known of `irq` as it lives at `index`. */
  of(irq: number, index: number): IrqFacts {
    const life = this.lifetimeAt(irq, index);
    let seen: ObservedIrq | undefined;
    let node: number | undefined;
    let managedMask: CpuSet | undefined;
    let name: string | undefined;
    let outsideSpread = false;
    for (const [at, snapshot] of this.#snapshots.entries()) {
      if (life !== undefined && (snapshot.index < life.from || snapshot.index > life.to)) continue;
      const found = this.#byIrq[at]?.get(irq);
      if (found === undefined) continue;
      if (seen?.chip === undefined) seen = found;
      node ??= found.debug?.node ?? found.node ?? this.#nodeOfDevice(snapshot.observation, found.device);
      if (life?.managed === true) managedMask ??= found.debug?.affinity ?? found.affinity;
      outsideSpread ||= life?.managed === false && this.#spreads(snapshot, found.device);
      name = name || found.actions?.join(', ') || '';
    }
    if (managedMask === undefined && life !== undefined && life.reservedOn.length > 0) {
      managedMask = Cpus.from(life.reservedOn);
    }
    // With one node its CPUs are all there are: whether the interrupt has it makes no difference.
    if (node === undefined && this.#singleNode) node = -1;
    return { node, chip: this.#chipOf(seen?.chip), managedMask, outsideSpread, name };
  }

  /** The next snapshot in which this lifetime of `irq` is still seen, and what it shows. */
  nextSight(irq: number, index: number): { snapshot: PlacedSnapshot; irq: ObservedIrq } | undefined {
    const life = this.lifetimeAt(irq, index);
    for (const [at, snapshot] of this.#snapshots.entries()) {
      if (snapshot.index < index) continue;
      if (life !== undefined && snapshot.index > life.to) return undefined;
      const found = this.#byIrq[at]?.get(irq);
      return found === undefined ? undefined : { snapshot, irq: found };
    }
    return undefined;
  }

  /** The default affinity that the next snapshot shows. */
  nextDefault(index: number): CpuSet | undefined {
    return this.#snapshots.find((snapshot) => snapshot.index >= index)?.observation.defaultAffinity;
  }

  /** This lifetime of `irq` was written a mask, or moved on its own, after `from` and before `to`. */
  hasMoved(irq: number, from: number, to: number): boolean {
    return (this.#outline.moves.get(irq) ?? []).some((index) => index > from && index < to);
  }

  /** The device has managed interrupts. */
  #spreads({ index, observation }: PlacedSnapshot, bdf: string | undefined): boolean {
    if (bdf === undefined) return false;
    return observation.irqs.some(
      ({ irq, device }) => device === bdf && this.lifetimeAt(irq, index)?.managed === true,
    );
  }

  #nodeOfDevice(observation: Observation, bdf: string | undefined): number | undefined {
    return bdf === undefined ? undefined : observation.devices.find((d) => d.bdf === bdf)?.numaNode;
  }

  #chipOf(name: string | undefined): IrqChip {
    const remapped = name === undefined ? this.remapping : REMAPPED.test(name);
    return {
      name: name ?? '',
      settable: true,
      remapped,
      affinityBeforeStartup: name === undefined || MSI.test(name),
    };
  }
}
