import { CpuSet } from '../base/cpu-set.ts';
import { formatNumberList } from '../base/number-list.ts';
import { exactly, formatRange, type Range } from '../base/range.ts';
import type { Fits, FitsStep } from '../format/fits.ts';
import {
  type CapacityCheck,
  checkCapacity,
  fitOnOne,
  freezeOrder,
  type Migration,
  migrateFrom,
  thawFrozen,
} from '../model/cpu-hotplug.ts';
import { cloneHotplugState, type HotplugState, initialHotplugState } from '../model/hotplug-state.ts';
import type { MachineState } from '../model/machine-state.ts';
import { kernelFactsOf } from './kernel-facts.ts';
import { RequestError } from './request-error.ts';

/** One change; several are asked in order, each on the state that the last one left. */
export type FitsChange =
  | { readonly kind: 'offline'; readonly cpus: readonly number[] }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'hibernate' };

/** Undecided steps split the future in two: the CPU went, or it stayed. */
type Futures = readonly HotplugState[];

/** More futures than this are not followed: what comes after them is undecided. */
const MAX_FUTURES = 16;

/** Would the kernel do it? Throws {@link RequestError} where the request names what this machine does not have. */
export function fitsOf(machine: MachineState, changes: readonly FitsChange[]): Fits {
  if (!machine.hasVectorDomain) {
    throw new RequestError(
      `${machine.source}: no x86 interrupt vectors here, so nothing can be said about what fits`,
    );
  }
  if (changes.length === 0) {
    throw new RequestError('say what should fit: --hibernate, --suspend or --offline LIST');
  }
  let futures: Futures = [initialHotplugState(machine)];
  // After an undecided suspend it is not known how far it came.
  let known = true;
  const steps: FitsStep[] = [];
  let onePrimary: Fits['onePrimary'];
  for (const change of changes) {
    if (change.kind === 'offline') {
      for (const cpu of checkedCpus(machine, futures, change.cpus)) {
        const { step, next } = offlineStep(futures, change.kind, cpu, known);
        steps.push(step);
        futures = next;
      }
      continue;
    }
    if (machine.uncountable === undefined) onePrimary ??= primaryOf(futures);
    // One that is offline in some futures only has to go in the others.
    const online = futures.reduce((all, { onlineSet }) => all.or(onlineSet), new CpuSet());
    for (const cpu of freezeOrder(machine.kernel.profile, online)) {
      const { step, next } = offlineStep(futures, change.kind, cpu, known);
      steps.push(step);
      futures = next;
      if (step.fits === null) known = false;
      // A refusal ends a suspend. An undecided one may.
      if (step.fits !== true) break;
    }
    // After it, or after its refusal, the CPUs taken down so far come back.
    for (const state of futures) thawFrozen(state);
  }
  return {
    kind: 'fits',
    version: 1,
    source: machine.source,
    kernel: kernelFactsOf(machine.kernel),
    fits: verdictOf(machine, steps),
    certainty: machine.certainty,
    doubts: doubtsOf(machine, steps),
    ...(onePrimary === undefined ? {} : { onePrimary }),
    steps,
  };
}

function verdictOf(machine: MachineState, steps: readonly FitsStep[]): boolean | null {
  if (steps.some((step) => step.fits === false)) return false;
  return machine.uncountable !== undefined || steps.some((step) => step.fits === null) ? null : true;
}

function primaryOf(futures: Futures): Fits['onePrimary'] {
  const figures = futures.flatMap((state) => {
    const cpu = state.onlineSet.has(0) ? 0 : state.onlineSet.first;
    return cpu === undefined ? [] : [{ cpu, ...fitOnOne(state, cpu) }];
  });
  const [first] = figures;
  if (first === undefined) return undefined;
  return { cpu: first.cpu, needed: hull(figures.map((f) => f.needed)), room: first.room };
}

/** The option of the command line that asks for it. */
const OFFLINE = '--offline';

function checkedCpus(
  machine: MachineState,
  futures: readonly HotplugState[],
  cpus: readonly number[],
): readonly number[] {
  if (cpus.length === 0) throw new RequestError('name at least one CPU', OFFLINE);
  const seen = new Set<number>();
  for (const cpu of cpus) {
    const state = machine.cpus.find((candidate) => candidate.cpu === cpu);
    if (state === undefined) {
      const known = formatNumberList(machine.cpus.map((c) => c.cpu));
      throw new RequestError(`there is no CPU ${cpu} here (CPUs ${known})`, OFFLINE);
    }
    if (cpu === 0) throw new RequestError('CPU 0 cannot go offline on x86', OFFLINE);
    if (seen.has(cpu)) throw new RequestError(`CPU ${cpu} is listed twice`, OFFLINE);
    if (!futures.some((future) => future.onlineSet.has(cpu))) {
      throw new RequestError(`CPU ${cpu} is offline already`, OFFLINE);
    }
    seen.add(cpu);
  }
  return cpus;
}

interface Outcome {
  readonly check: CapacityCheck;
  readonly migration: Migration;
  readonly next: Futures;
}

/** The step in one future. A state is changed in place: it is ours, and only a split needs a copy. */
function outcomeIn(state: HotplugState, change: FitsStep['change'], cpu: number): Outcome {
  // An earlier change took it down in this future already.
  if (!state.onlineSet.has(cpu)) return { check: NOTHING_TO_CHECK, migration: NOTHING_MOVES, next: [state] };
  const check = checkCapacity(state, cpu);
  if (check.fits === false) return { check, migration: NOTHING_MOVES, next: [state] };
  const stays = check.fits === undefined ? [cloneHotplugState(state)] : [];
  const migration = migrateFrom(state, cpu);
  if (change !== 'offline') state.frozen.add(cpu);
  return { check, migration, next: [state, ...stays] };
}

function offlineStep(
  futures: Futures,
  change: FitsStep['change'],
  cpu: number,
  known: boolean,
): { step: FitsStep; next: Futures } {
  const outcomes = futures.slice(0, MAX_FUTURES).map((state) => outcomeIn(state, change, cpu));
  const verdicts = new Set(outcomes.map(({ check }) => check.fits));
  const followed = known && futures.length <= MAX_FUTURES;
  const agreed = followed && verdicts.size === 1 ? outcomes[0]?.check.fits : undefined;
  const message = known && outcomes.length === 1 ? outcomes[0]?.check.message : undefined;
  const { moves, broken, shutdown, stuck } = outcomes[0]?.migration ?? NOTHING_MOVES;
  return {
    step: {
      change,
      cpu,
      fits: agreed ?? null,
      needed: hull(outcomes.map(({ check }) => check.needed)),
      available: hull(outcomes.map(({ check }) => check.available)),
      spare: hull(outcomes.map(({ check }) => check.spare)),
      ...(message === undefined ? {} : { message }),
      moves: moves.map(({ irq, from, to }) => ({ irq: irq ?? null, from, to })),
      broken: [...broken],
      shutdown: [...shutdown],
      stuck: [...stuck],
    },
    // One too many is enough to know later that not all were followed.
    next: outcomes.flatMap((outcome) => outcome.next).slice(0, MAX_FUTURES + 1),
  };
}

const NOTHING_TO_CHECK: CapacityCheck = {
  fits: true,
  needed: exactly(0),
  available: exactly(0),
  spare: exactly(0),
  message: undefined,
};
const NOTHING_MOVES: Migration = { moves: [], broken: [], shutdown: [], stuck: [] };

function hull(ranges: readonly Range[]): Range {
  return {
    min: Math.min(...ranges.map((r) => r.min)),
    max: Math.max(...ranges.map((r) => r.max)),
  };
}

/** virtio-net sets the affinity of its queues anew when a CPU goes or comes (specification 16). */
const REPINNED = /^virtio\d+-(input|output)\b/;

function doubtsOf(machine: MachineState, steps: readonly FitsStep[]): string[] {
  const open = steps.find((step) => step.fits === null);
  const facts = machine.doubts.map((doubt) => doubt.text);
  if (steps.length > 1 && machine.irqs.some((irq) => irq.phase === 'active' && REPINNED.test(irq.name))) {
    facts.push(
      'virtio-net moves its queues anew when a CPU goes: from the second step on the two figures may differ',
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
