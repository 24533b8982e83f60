import type { Repin, VirtioNets } from '../model/drivers/virtio-net-queues.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Observation } from '../observe/observation.ts';
import type { SnapshotFacts } from './facts.ts';
import type { Predictor } from './predictor.ts';
import type { Step } from './trace-window.ts';
import { virtioNetsOf } from './virtio-nets.ts';

/** Affinities that drivers set because a CPU came or went. */
export class Repins {
  readonly #predictor: Predictor;
  readonly #facts: SnapshotFacts;
  #nets = virtioNetsOf(undefined);
  #seenAt = -1;
  /** Still to come; device by device. */
  #due: Repin[][] = [];

  constructor(predictor: Predictor, facts: SnapshotFacts) {
    this.#predictor = predictor;
    this.#facts = facts;
  }

  get #kernel(): Kernel {
    return this.#predictor.kernel;
  }

  /** The devices whose driver sets affinities itself, as the last snapshot shows them. */
  see(observation: Observation): void {
    this.#nets = virtioNetsOf(observation);
    this.#seenAt = this.#predictor.index;
  }

  get nets(): VirtioNets {
    return this.#nets;
  }

  /** A driver would set this one's affinity if a CPU came or went now. */
  mayCome(irq: number | undefined): boolean {
    return this.#nets.repins(this.#kernel).some((device) => device.some((repin) => repin.irq === irq));
  }

  /** A CPU came or went, or was refused: the callbacks of its return undo what was done. */
  expect(): void {
    const isSame = ({ irq }: Repin): boolean => {
      // Another device may have the number by now.
      const life = this.#facts.lifetimeAt(irq, this.#predictor.index);
      return life === undefined || life.from <= this.#seenAt;
    };
    this.#due = this.#nets.repins(this.#kernel).map((device) => device.filter(isSame));
  }

  /** A driver is to set this one's affinity, since a CPU came or went. */
  has(irq: number): boolean {
    return this.#due.some((repins) => repins.some((repin) => repin.irq === irq));
  }

  /** A driver moves one of its interrupts: those before it in the device's order stayed where they are. */
  moved(step: Step, irq: number): boolean {
    const device = this.#due.find((repins) => repins.some((repin) => repin.irq === irq));
    if (step.inInterrupt || device === undefined) return false;
    for (let next = device.shift(); next !== undefined; next = device.shift()) {
      if (next.irq === irq) this.#predictor.arriveBefore(irq, step);
      this.#repin(step.thread, next);
      if (next.irq === irq) break;
    }
    return this.#predictor.waits(step.thread);
  }

  #repin(thread: string, { irq, mask }: Repin): void {
    this.#predictor.predict(thread, () => this.#kernel.setAffinityAndHint(irq, mask));
    const desc = this.#kernel.desc(irq);
    if (desc !== undefined) this.#predictor.doubts.note(this.#kernel, desc);
  }

  finish(): void {
    const repins = this.#due;
    this.#due = [];
    for (const repin of repins.flat()) this.#repin('drivers', repin);
  }

  /** Events were lost. */
  forget(): void {
    this.#due = [];
  }
}
