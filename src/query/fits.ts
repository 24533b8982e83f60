import { formatRange } from '../base/range.ts';
import type { Fits, FitsChangeAnswer } from '../format/fits.ts';
import { virtioNetsOfState } from '../model/drivers/virtio-net-queues.ts';
import { movesAtOnce } from '../model/interrupts-of-state.ts';
import type { MachineState } from '../model/machine-state.ts';
import { Course } from './changes/course.ts';
import type { FitsChange } from './fits-change.ts';
import { kernelFactsOf } from './kernel-facts.ts';
import { RequestError } from './request-error.ts';

export type { FitsChange } from './fits-change.ts';

export const NOTHING_ASKED =
  'say what should fit: --hibernate, --suspend, --offline LIST, --add DRIVER=N, ... (fits --help has all)';

/** Would the kernel do it? Throws {@link RequestError} where the request names what this machine does not have. */
export function fitsOf(machine: MachineState, changes: readonly FitsChange[]): Fits {
  if (!machine.hasVectorDomain) {
    throw new RequestError(
      `${machine.source}: no x86 interrupt vectors here, so nothing can be said about what fits`,
    );
  }
  if (changes.length === 0) throw new RequestError(NOTHING_ASKED);
  const course = new Course(machine, changes);
  for (const change of changes) course.take(change);
  const { steps, onePrimary } = course;
  return {
    kind: 'fits',
    version: 1,
    source: machine.source,
    kernel: kernelFactsOf(course.machine.kernel),
    fits: verdictOf(machine, course.changes),
    certainty: machine.certainty,
    doubts: doubtsOf(machine, course),
    ...(onePrimary === undefined ? {} : { onePrimary }),
    steps,
    changes: course.changes,
  };
}

function verdictOf(machine: MachineState, changes: readonly FitsChangeAnswer[]): boolean | null {
  if (changes.some(({ fits }) => fits === false)) return false;
  return machine.uncountable !== undefined || changes.some(({ fits }) => fits === null) ? null : true;
}

/** virtio-net sends its queues to CPUs of its choice when a CPU goes, and which that are, or when they go, is not seen. */
function movesUnforeseen(machine: MachineState): boolean {
  const nets = virtioNetsOfState(machine);
  const isQueue = new Set(nets.queues);
  const waits = machine.irqs.some(({ irq, chip = '', phase }) => {
    return phase === 'active' && isQueue.has(irq) && !movesAtOnce(chip);
  });
  return waits || !nets.isComplete;
}

function doubtsOf(machine: MachineState, { steps, questions, hasRaces }: Course): string[] {
  const open = steps.find((step) => step.fits === null);
  const facts = [...questions, ...machine.doubts.map((doubt) => doubt.text)];
  if (steps.length > 1 && movesUnforeseen(machine)) {
    facts.push(
      'virtio-net moves its queues anew when a CPU goes: from the second step on the two figures may differ',
    );
  }
  if (hasRaces) {
    facts.push(
      'virtio-net is refused vectors on a full CPU when it moves its queues anew, or not, as old ones come back in time',
    );
  }
  if (machine.irqs.length === 0 && machine.anonymous.length > 0) {
    facts.push('no interrupt is named here: what their affinity masks forbid is not seen');
  }
  if (open === undefined || machine.uncountable !== undefined) return facts;
  const { cpu, needed, available } = open;
  return [
    `undecided at CPU ${cpu}: ${formatRange(needed)} vectors have to move, ${formatRange(available)} are available on the others`,
    ...facts,
  ];
}
