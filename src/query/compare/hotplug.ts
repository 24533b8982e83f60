/** What CPUs that go and come do to a scenario's interrupts. */
import type { ComparedHotplug } from '../../format/compare.ts';
import { errnoName } from '../../model/failures.ts';
import type { MigrationOutcome } from '../../model/irq-hotplug.ts';
import type { Simulation } from '../../scenario/simulation.ts';
import { placed } from './figures.ts';

export const NO_HOTPLUG: ComparedHotplug = {
  gone: 0,
  refused: [],
  moved: 0,
  broken: 0,
  shutdown: 0,
  restored: 0,
  lost: 0,
  displaced: 0,
};

const TAKES_CPUS = new Set<string | undefined>(['cpu-offline', 'suspend', 'hibernate']);

/** Looks on while a scenario runs: where interrupts are before the first CPU goes, and which of those shut down run again. */
export class HotplugObserver {
  readonly #simulation: Simulation;
  #before: ReadonlyMap<number, number> | undefined;
  /** Managed interrupts that are shut down. */
  readonly #shut = new Set<number>();
  #restored = 0;
  #seen = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** @param kind of the step that comes now, undefined after the last */
  beforeStep(kind: string | undefined): void {
    if (TAKES_CPUS.has(kind)) this.#before ??= this.#places();
  }

  /** A suspend takes CPUs and brings them back in one operation. */
  afterStep(): void {
    const { operations, kernel } = this.#simulation;
    for (const { downs } of operations.slice(this.#seen)) {
      for (const { migrated } of downs) {
        for (const { irq, outcome } of migrated) if (outcome === 'shutdown') this.#shut.add(irq);
      }
    }
    this.#seen = operations.length;
    for (const irq of this.#shut) {
      const desc = kernel.desc(irq);
      if (desc?.managedShutdown === true && desc.actions > 0) continue;
      this.#shut.delete(irq);
      if (desc?.started === true) this.#restored++;
    }
  }

  outcome(): ComparedHotplug {
    const downs = this.#simulation.operations.flatMap(({ step, downs: each }) =>
      each.map((down) => ({ step, ...down })),
    );
    const count = (wanted: MigrationOutcome): number =>
      downs.reduce((sum, { migrated }) => sum + migrated.filter((one) => one.outcome === wanted).length, 0);
    const now = this.#places();
    return {
      gone: downs.filter(({ ret }) => ret === 0).length,
      refused: downs
        .filter(({ ret }) => ret < 0)
        .map(({ step, cpu, ret, needed, available, message }) => {
          const facts = { step, cpu, errno: errnoName(ret), needed, available };
          return message === undefined ? facts : { ...facts, message };
        }),
      moved: count('moved'),
      broken: count('broken'),
      shutdown: count('shutdown'),
      restored: this.#restored,
      lost: count('stuck'),
      displaced: [...(this.#before ?? [])].filter(([irq, cpu]) => now.get(irq) !== cpu).length,
    };
  }

  /** The CPU of every interrupt in use. */
  #places(): ReadonlyMap<number, number> {
    return new Map(placed(this.#simulation.kernel).map(({ irq, cpu }) => [irq, cpu]));
  }
}
