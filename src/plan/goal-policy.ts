/** from FILE: what a profile asks for, checked. */

import { CpuSet } from '../base/cpu-set.ts';
import { plural } from '../base/plural.ts';
import type { Board } from './board.ts';
import { leaveCpus, roomOf } from './goal-isolate.ts';
import type { IrqPolicy, IrqRule } from './irq-policy.ts';
import type { Left, Movable } from './movable.ts';
import type { Outcome, Wanted } from './outcome.ts';
import { placeAll } from './place.ts';

/** The masks are the policy's own: the kernel chooses within them. The board's targets are without banned CPUs. */
export function followPolicy(board: Board, policy: IrqPolicy, wide: boolean): Outcome {
  const { asks, remarks, source } = policy;
  if (asks.kind === 'ban') {
    const why = `banned by the ${source}`;
    const outcome = leaveCpus(board, { cpus: asks.cpus, why, narrows: true, wide });
    return { ...outcome, notes: [...outcome.notes, ...remarks] };
  }
  const { asked, left } = askedOf(board, asks.rules);
  const masks = new Map(asked.map(({ moving, mask }) => [moving.irq, mask.and(board.online)]));
  const sets = new Map<string, CpuSet>();
  const allowed = ({ irq }: Movable): CpuSet => {
    const own = masks.get(irq) ?? new CpuSet();
    const key = own.toString();
    const known = sets.get(key) ?? own;
    sets.set(key, known);
    return known;
  };
  const moving = asked.filter(({ moving: one, mask }) => !mask.has(one.from)).map(({ moving: one }) => one);
  const homeless = placeAll(
    board,
    [...moving].sort((a, b) => allowed(a).size - allowed(b).size || a.irq - b.irq),
    { allowed },
  );
  if (homeless.length > 0)
    return { wanted: [], left, notes: remarks, ...shortageOf(board, moving, homeless, allowed) };
  const wanted = asked.map(
    ({ moving: one, mask, rule }): Wanted => ({
      moving: one,
      mask,
      to: board.placeOf(one),
      reason: `${rule.from} asks for CPU ${rule.cpus}${rule.mode === 'intersect' ? ', as far as its mask allows' : ''}`,
    }),
  );
  return { wanted, left, notes: remarks };
}

interface Asked {
  readonly moving: Movable;
  readonly mask: CpuSet;
  readonly rule: IrqRule;
}

/** The masks that differ from what is there, and those that the kernel would refuse. */
function askedOf(board: Board, rules: readonly IrqRule[]): { asked: Asked[]; left: Left[] } {
  const left: Left[] = [];
  const asked: Asked[] = [];
  for (const moving of board.movable) {
    const rule = rules.find(({ irqs }) => irqs === undefined || irqs.has(moving.irq));
    if (rule === undefined) continue;
    const common = moving.mask.and(rule.cpus);
    const mask = rule.mode === 'intersect' && !common.isEmpty ? common : rule.cpus;
    if (mask.equals(moving.mask)) continue;
    if (mask.intersects(board.online)) asked.push({ moving, mask, rule });
    else {
      const text = `${rule.from} asks for CPU ${mask}, none of them online: a write answers EINVAL`;
      left.push({ irq: moving.irq, state: moving.state, why: 'no-cpu', text });
    }
  }
  return { asked, left };
}

function shortageOf(
  board: Board,
  moving: readonly Movable[],
  homeless: readonly Movable[],
  allowed: (one: Movable) => CpuSet,
): Pick<Outcome, 'shortage' | 'undecided'> {
  const cpus = homeless.reduce((all, one) => all.or(allowed(one)), new CpuSet());
  const needed = moving.filter((one) => allowed(one).intersects(cpus)).length;
  const available = roomOf(board, cpus);
  return {
    shortage: {
      text: `${plural(needed, 'interrupt')} ${needed === 1 ? 'is' : 'are'} to go to CPU ${cpus}, which has ${plural(available.min, 'vector')} left: ${homeless.length} too many`,
      needed,
      available,
      cpus,
      remedies: [
        `more CPUs in the masks of ${homeless.length} of them, or ${plural(homeless.length, 'fewer interrupt')} on CPU ${cpus}`,
      ],
    },
    undecided: needed <= available.max,
  };
}
