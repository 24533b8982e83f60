/** A plan that the kernel accepts, or why there is none. Proposals only: nothing is written. */

import { CpuSet } from '../base/cpu-set.ts';
import { formatNumberList } from '../base/number-list.ts';
import { plural } from '../base/plural.ts';
import { range } from '../base/range.ts';
import type { Plan, PlanLeft, PlanWrite } from '../format/plan.ts';
import { errnoName } from '../model/failures.ts';
import type { MachineState } from '../model/machine-state.ts';
import { Board } from '../plan/board.ts';
import { isForetold, uncertainOf } from '../plan/certain.ts';
import { factsOf } from '../plan/facts.ts';
import type { PlanGoal, PlanRequest } from '../plan/goal.ts';
import { balanceByRates, balanceByVectors } from '../plan/goal-balance.ts';
import { makeHeadroom } from '../plan/goal-headroom.ts';
import { leaveCpus } from '../plan/goal-isolate.ts';
import { bringHome } from '../plan/goal-numa.ts';
import { followPolicy } from '../plan/goal-policy.ts';
import type { Left } from '../plan/movable.ts';
import type { Settled } from '../plan/on-the-way.ts';
import type { Outcome, Wanted } from '../plan/outcome.ts';
import { type Proven, prove } from '../plan/prove.ts';
import { stateAfter } from '../plan/state-after.ts';
import { fitsOf } from './fits.ts';
import { kernelFactsOf } from './kernel-facts.ts';
import { RequestError } from './request-error.ts';

/** Throws {@link RequestError} where the request names what this machine does not have. */
export function planOf(machine: MachineState, request: PlanRequest): Plan {
  return new Planning(machine, request).plan;
}

/** The machine once the plan's writes have taken effect, as far as that can be foretold. */
export function machineAfter(machine: MachineState, request: PlanRequest): MachineState {
  return new Planning(machine, request).after();
}

const NONE: ReadonlySet<number> = new Set();

class Planning {
  readonly plan: Plan;
  readonly #machine: MachineState;
  readonly #board: Board;
  readonly #wanted: readonly Wanted[];
  readonly #proven: Proven;
  /** All move with their writes. Elsewhere it depends on who comes first which vector it is. */
  readonly #inOrder: boolean;

  constructor(machine: MachineState, request: PlanRequest) {
    const { goal, hints, wide, rates } = request;
    this.#machine = machine;
    checkMachine(machine);
    const leaving = leavingCpus(machine, goal);
    this.#board = new Board(machine, {
      hints,
      avoid: leaving,
      banned: goal.kind === 'policy' ? goal.policy.bannedIrqs : NONE,
    });
    if (this.#board.targets.isEmpty) {
      throw new RequestError('no CPU is left that interrupts may be sent to', optionOf(goal));
    }
    const outcome = this.#checked(outcomeOf(this.#board, request, leaving));
    this.#wanted = outcome.shortage === undefined ? outcome.wanted.filter(changesMask) : [];
    this.#inOrder = this.#wanted.every(({ moving }) => moving.atOnce);
    this.#proven = prove(machine, this.#wanted);
    const proven = this.#withFits(goal, this.#withProof(outcome));
    const writes = proven.shortage === undefined ? this.#wanted.map((one) => this.#writeOf(one)) : [];
    const { shortage } = proven;
    this.plan = {
      kind: 'plan',
      version: 1,
      source: machine.source,
      kernel: kernelFactsOf(machine.kernel),
      goal: goalOf(goal),
      hints,
      wide,
      certainty: machine.certainty,
      feasible: shortage === undefined ? true : proven.undecided === true ? null : false,
      ...(shortage === undefined
        ? {}
        : { shortage: { ...shortage, cpus: shortage.cpus.toString(), remedies: [...shortage.remedies] } }),
      writes,
      left: groupLeft([...this.#board.left, ...proven.left], leaving, this.#board.settled),
      cpus: this.#cpusOf(proven, writes),
      ...(rates === undefined || goal.kind !== 'balance' || goal.by !== 'rates'
        ? {}
        : { measured: measuredOf(rates.deliveries, rates.seconds) }),
      notes: [...proven.notes],
      doubts: machine.doubts.map(({ text }) => text),
      state: factsOf(machine),
    };
  }

  after(): MachineState {
    if (this.plan.writes.length === 0) return this.#machine;
    const masks = new Map(this.#wanted.map(({ moving, mask }) => [moving.irq, mask]));
    return stateAfter(this.#machine, masks, this.#proven);
  }

  /** A mask of several CPUs leaves the choice to the kernel: it must do whatever that chooses. */
  #checked(outcome: Outcome): Outcome {
    if (outcome.shortage !== undefined) return outcome;
    const uncertain = uncertainOf(this.#board, outcome.wanted);
    const [first] = uncertain;
    if (first === undefined) return outcome;
    const cpus = uncertain.reduce((all, { mask }) => all.or(mask.and(this.#board.online)), new CpuSet());
    let room = { min: 0, max: 0 };
    for (const cpu of cpus) {
      room = range(room.min + (this.#board.room[cpu] ?? 0), room.max + (this.#board.roomAtBest[cpu] ?? 0));
    }
    return {
      ...outcome,
      undecided: true,
      shortage: {
        text: `the kernel chooses within CPU ${cpus}: it cannot be said that all ${uncertain.length} find a vector in any order`,
        needed: uncertain.length,
        available: room,
        cpus,
        remedies: ['one CPU for each (without --wide, or masks of one CPU)'],
      },
    };
  }

  /** No write may be refused; the model's kernel has the last word. */
  #withProof(outcome: Outcome): Outcome {
    const { refused, unmoved } = this.#proven;
    const [first] = refused;
    const irqs = first === undefined ? unmoved : refused.map(({ irq }) => irq);
    if (irqs.length === 0) return outcome;
    const masks = this.#wanted.filter(({ moving }) => irqs.includes(moving.irq)).map(({ mask }) => mask);
    const cpus = masks.reduce((all, mask) => all.or(mask), new CpuSet()).and(this.#board.online);
    const answer = first === undefined ? 'no vector' : errnoName(first.ret);
    return {
      ...outcome,
      shortage: {
        text: `the kernel would answer ${answer} for IRQ ${formatNumberList(irqs)}`,
        needed: this.#wanted.length,
        available: range(0, 0),
        cpus,
        remedies: [`${plural(irqs.length, 'fewer interrupt')} on CPU ${cpus}, or more CPUs in their masks`],
      },
    };
  }

  /** drain: after the writes the CPUs can go, one after the other. */
  #withFits(goal: PlanGoal, outcome: Outcome): Outcome {
    if (goal.kind !== 'drain' || outcome.shortage !== undefined) return outcome;
    const masks = new Map(this.#wanted.map(({ moving, mask }) => [moving.irq, mask]));
    const after = stateAfter(this.#machine, masks, this.#proven);
    const fits = fitsOf(after, [{ kind: 'offline', cpus: goal.cpus }]);
    const broken = new Set(fits.steps.flatMap((step) => [...step.broken, ...step.stuck]));
    const notes =
      broken.size === 0
        ? outcome.notes
        : [
            ...outcome.notes,
            `IRQ ${formatNumberList([...broken].sort((a, b) => a - b))} lose their masks all the same`,
          ];
    const failed = fits.steps.find((step) => step.fits !== true);
    if (failed === undefined) return { ...outcome, notes };
    const { cpu, needed, available, message } = failed;
    return {
      ...outcome,
      notes,
      undecided: failed.fits === null,
      shortage: {
        text:
          message ??
          `CPU ${cpu} has ${plural(needed.min, 'vector')}, ${available.max} available on the others`,
        needed: needed.max,
        available,
        cpus: this.#board.targets,
        remedies: [
          `${plural(Math.max(1, needed.max - available.min), 'fewer interrupt')}, or as many fewer CPUs as hold them`,
        ],
      },
    };
  }

  #writeOf(one: Wanted): PlanWrite {
    const { moving, mask, reason } = one;
    const place = this.#proven.placeOf(moving.irq);
    const stays = mask.has(moving.from);
    const foretold = isForetold(this.#machine, one, this.#board.online);
    const vectorKnown = !stays && foretold && this.#machine.certainty === 'exact' && this.#inOrder;
    return {
      irq: moving.irq,
      name: moving.state.name,
      ...(moving.state.device === undefined ? {} : { device: moving.state.device }),
      from: moving.mask.toString(),
      to: mask.toString(),
      cpu: moving.from,
      ...(foretold && place !== undefined ? { toCpu: place.cpu } : {}),
      ...(vectorKnown && place !== undefined ? { vector: place.vector } : {}),
      moves: stays ? 'stays' : moving.atOnce ? 'at-once' : 'next-interrupt',
      reason,
    };
  }

  #cpusOf({ loads }: Outcome, writes: readonly PlanWrite[]): Plan['cpus'] {
    const least = new Map<number, number>();
    const most = new Map<number, number>();
    const add = (to: Map<number, number>, cpu: number, by: number): void =>
      void to.set(cpu, (to.get(cpu) ?? 0) + by);
    for (const [at, { cpu, toCpu, moves }] of writes.entries()) {
      if (moves === 'stays') continue;
      for (const change of [least, most]) add(change, cpu, 1);
      if (toCpu !== undefined) for (const change of [least, most]) add(change, toCpu, -1);
      else for (const any of this.#wanted[at]?.mask ?? []) add(least, any, -1);
    }
    return this.#machine.cpus
      .filter(({ online }) => online)
      .map(({ cpu, available }) => ({
        cpu,
        available: {
          before: available,
          after: range(
            Math.max(0, available.min + (least.get(cpu) ?? 0)),
            Math.max(0, available.max + (most.get(cpu) ?? 0)),
          ),
        },
        ...(loads === undefined
          ? {}
          : { load: { before: loads.before[cpu] ?? 0, after: loads.after[cpu] ?? 0 } }),
      }));
  }
}

function checkMachine(machine: MachineState): void {
  if (!machine.hasVectorDomain) {
    throw new RequestError(`${machine.source}: no x86 interrupt vectors here, so there is nothing to plan`);
  }
  if (machine.uncountable !== undefined) {
    throw new RequestError(`${machine.source}: nothing can be planned: ${machine.uncountable}`);
  }
}

/** The option of the command line that a mistake is in. */
function optionOf({ kind }: PlanGoal): string {
  return `plan ${kind === 'policy' ? 'from' : kind}`;
}

/** The CPUs that interrupts are to leave, checked. */
function leavingCpus(machine: MachineState, goal: PlanGoal): CpuSet {
  const online = CpuSet.from(machine.cpus.filter((cpu) => cpu.online).map(({ cpu }) => cpu));
  const known = CpuSet.from(machine.cpus.map(({ cpu }) => cpu));
  if (goal.kind === 'policy') return goal.policy.asks.kind === 'ban' ? goal.policy.asks.cpus : new CpuSet();
  if (goal.kind !== 'isolate' && goal.kind !== 'drain') return new CpuSet();
  const cpus = CpuSet.from(goal.cpus);
  const option = optionOf(goal);
  if (cpus.isEmpty) throw new RequestError('name at least one CPU', option);
  const unknown = cpus.andNot(known);
  if (!unknown.isEmpty) throw new RequestError(`there is no CPU ${unknown} here (CPUs ${known})`, option);
  if (goal.kind === 'drain') {
    if (cpus.has(0)) throw new RequestError('CPU 0 cannot go offline on x86', option);
    const offline = cpus.andNot(online);
    if (!offline.isEmpty) throw new RequestError(`CPU ${offline} is offline already`, option);
  }
  return cpus;
}

function outcomeOf(board: Board, { goal, wide, rates }: PlanRequest, leaving: CpuSet): Outcome {
  switch (goal.kind) {
    case 'balance':
      if (goal.by === 'vectors') return balanceByVectors(board, 'room');
      if (rates === undefined) throw new RequestError('needs two readings to know the rates', optionOf(goal));
      return balanceByRates(board, rates);
    case 'spread':
      return balanceByVectors(board, 'use');
    case 'isolate':
      return leaveCpus(board, { cpus: leaving, why: 'to be isolated', narrows: true, wide });
    case 'drain':
      return leaveCpus(board, { cpus: leaving, why: 'to go offline', narrows: false, wide });
    case 'numa-local':
      return bringHome(board, wide);
    case 'headroom':
      return makeHeadroom(board, goal.vectors);
    case 'policy':
      return followPolicy(board, goal.policy, wide);
  }
}

function changesMask({ moving, mask }: Wanted): boolean {
  return !mask.equals(moving.mask);
}

function goalOf(goal: PlanGoal): Plan['goal'] {
  switch (goal.kind) {
    case 'balance':
      return { kind: goal.kind, by: goal.by };
    case 'isolate':
      return { kind: goal.kind, cpus: goal.cpus.toString() };
    case 'drain':
      return { kind: goal.kind, cpus: goal.cpus.join(',') };
    case 'headroom':
      return { kind: goal.kind, vectors: goal.vectors };
    case 'policy':
      return { kind: goal.kind, policy: goal.policy.source };
    default:
      return { kind: goal.kind };
  }
}

function measuredOf(
  deliveries: ReadonlyMap<number, number>,
  seconds: number | undefined,
): NonNullable<Plan['measured']> {
  let total = 0;
  for (const count of deliveries.values()) total += count;
  return { deliveries: total, ...(seconds === undefined ? {} : { seconds }) };
}

/** One entry for all that are left for the same reason. */
function groupLeft(left: readonly Left[], leaving: CpuSet, { placeOf }: Settled): PlanLeft[] {
  const groups = new Map<string, Left[]>();
  for (const one of left) {
    const key = `${one.why} ${one.text}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const against = group.filter(({ state }) => leaving.has(placeOf(state) ?? -1));
    return [
      {
        why: first.why,
        text: first.text,
        irqs: formatNumberList(group.map(({ irq }) => irq)),
        count: group.length,
        ...(against.length === 0 ? {} : { against: formatNumberList(against.map(({ irq }) => irq)) }),
      },
    ];
  });
}
