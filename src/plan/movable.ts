/** Which interrupts a plan may move, and why it leaves the others. */
import type { CpuSet } from '../base/cpu-set.ts';
import { isCertainlyOld, movesAtOnce } from '../model/interrupts-of-state.ts';
import type { IrqState, MachineState } from '../model/machine-state.ts';
import type { HintPolicy } from './goal.ts';

/** An interrupt whose affinity a write sets for certain. */
export interface Movable {
  readonly irq: number;
  readonly state: IrqState;
  /** Where its vector is. */
  readonly from: number;
  readonly mask: CpuSet;
  /** It moves with the write; else with its next interrupt. */
  readonly atOnce: boolean;
  /** Where its driver's hint lets it go; undefined: anywhere. */
  readonly within: CpuSet | undefined;
  /** It gets this mask and no other (`--hints exact`). */
  readonly exactly: CpuSet | undefined;
}

export type LeftWhy =
  | 'managed'
  | 'perhaps-managed'
  | 'fixed'
  | 'cpu-unknown'
  | 'move-pending'
  | 'old-vector'
  | 'hint'
  | 'banned'
  | 'no-cpu';

/** An interrupt with a vector that the plan does not touch. */
export interface Left {
  readonly irq: number;
  readonly state: IrqState;
  readonly why: LeftWhy;
  readonly text: string;
}

export interface Sorted {
  /** Ascending. */
  readonly movable: readonly Movable[];
  readonly left: readonly Left[];
}

export interface Limits {
  readonly hints: HintPolicy;
  /** Where interrupts may be sent at all. */
  readonly targets: CpuSet;
  readonly banned: ReadonlySet<number>;
}

export function sortIrqs(machine: MachineState, { hints, targets, banned }: Limits): Sorted {
  const olds = new Set(machine.unplaced.filter(isCertainlyOld).map(({ irq }) => irq));
  const movable: Movable[] = [];
  const left: Left[] = [];
  const errno = machine.kernel.profile.managedWriteErrno;
  for (const state of [...machine.irqs].sort((a, b) => a.irq - b.irq)) {
    const { irq, cpu, affinity, chip = '' } = state;
    if (state.phase !== 'active' && state.phase !== 'legacy-pic') continue;
    const leave = (why: LeftWhy, text: string): void => void left.push({ irq, state, why, text });
    if (state.fixed !== undefined) leave('fixed', `${state.fixed}: a write answers ${errno}`);
    else if (state.managed === true) leave('managed', managedText(state, errno));
    else if (state.managed === undefined) {
      leave('perhaps-managed', `${state.managedBy}: a write may answer ${errno}`);
    } else if (banned.has(irq)) leave('banned', 'the policy bans it');
    else if (cpu === undefined || affinity === undefined) {
      leave('cpu-unknown', 'its CPU or its mask is not shown');
    } else if (state.movePending) {
      leave('move-pending', 'a write to it still waits for the next interrupt');
    } else if (olds.has(irq)) {
      leave('old-vector', 'it holds the vector of its last move until its next interrupt: it would be busy');
    } else {
      const within = hints === 'ignore' ? undefined : state.hint;
      const outside =
        within?.intersects(targets) === false || (hints === 'exact' && within?.isSubsetOf(targets) === false);
      if (outside) leave('hint', `its affinity_hint ${within} is outside of CPU ${targets}`);
      else {
        const exactly = hints === 'exact' ? within : undefined;
        movable.push({ irq, state, from: cpu, mask: affinity, atOnce: movesAtOnce(chip), within, exactly });
      }
    }
  }
  return { movable, left };
}

function managedText({ driver, managedBy }: IrqState, errno: string): string {
  const who = driver === undefined ? '' : `, driver ${driver}`;
  return `managed by the kernel (${managedBy}${who}): a write answers ${errno}`;
}
