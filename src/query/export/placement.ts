/** What an export is made of: where movable interrupts are to be, and which ones are to be left alone. */
import type { CpuSet } from '../../base/cpu-set.ts';
import { printable } from '../../base/printable.ts';
import type { IrqState, MachineState } from '../../model/machine-state.ts';

/** An affinity to be written. */
export interface Placement {
  readonly irq: number;
  /** The end of its line in /proc/interrupts: numbers may change with a boot, names rarely do. */
  readonly name: string;
  readonly cpus: CpuSet;
}

/** An interrupt that user space cannot move. */
export interface Unmovable {
  readonly irq: number;
  readonly name: string;
  readonly why: string;
}

export interface Placements {
  readonly source: string;
  readonly placements: readonly Placement[];
  readonly unmovable: readonly Unmovable[];
  /** What could not be taken along, one sentence each. */
  readonly notes: readonly string[];
}

/** Every requested interrupt where it may be now: what it was before something else moved it. */
export function placementsOfState(machine: MachineState): Placements {
  const placements: Placement[] = [];
  const unmovable: Unmovable[] = [];
  const notes: string[] = [];
  for (const state of [...machine.irqs].sort((a, b) => a.irq - b.irq)) {
    const { irq, name, affinity } = state;
    if (state.phase === 'other' || name === '') continue;
    if (printable(name) !== name) {
      notes.push(`IRQ ${irq} is left out: its name holds control characters`);
      continue;
    }
    const why = whyNot(state);
    if (why !== undefined) unmovable.push({ irq, name, why });
    else if (state.managed === undefined)
      notes.push(`IRQ ${irq} is left out: it cannot be told whether it is managed`);
    else if (affinity === undefined || affinity.isEmpty)
      notes.push(`IRQ ${irq} is left out: its affinity was not readable`);
    else placements.push({ irq, name, cpus: affinity });
  }
  return { source: machine.source, placements, unmovable, notes };
}

function whyNot({ irq, phase, managed }: IrqState): string | undefined {
  if (irq === 0) return 'the timer';
  if (phase === 'legacy-pic') return 'handled by the legacy PIC';
  return managed === true ? 'managed' : undefined;
}
