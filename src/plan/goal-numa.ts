/** numa-local: every interrupt on the node of its device. */
import { plural } from '../base/plural.ts';
import type { Board } from './board.ts';
import { roomOf } from './goal-isolate.ts';
import type { Left, Movable } from './movable.ts';
import type { Outcome, Shortage, Wanted } from './outcome.ts';
import { pinned, sentWithin } from './pinned.ts';
import { placeAll } from './place.ts';

export function bringHome(board: Board, wide: boolean): Outcome {
  if (board.machine.nodes.length < 2) {
    return { wanted: [], left: [], notes: ['one NUMA node, or none is shown: every CPU is local'] };
  }
  const away = board.movable.filter((moving) => board.nodeCpus(moving)?.has(moving.from) === false);
  const left: Left[] = [];
  const moving = away.filter((one) => {
    const near = board.allowed(one).and(board.nodeCpus(one) ?? board.targets);
    if (!near.isEmpty) return true;
    const text = `no CPU of its node ${one.state.node} may take it`;
    left.push({ irq: one.irq, state: one.state, why: 'no-cpu', text });
    return false;
  });
  const homeless = placeAll(board, moving, { allowed: (one) => board.local(one) });
  if (homeless.length > 0) return { wanted: [], left, notes: [], ...shortageOf(board, moving, homeless) };
  const wanted = moving.map((one): Wanted => {
    const to = board.placeOf(one);
    const reason = `its device is on node ${one.state.node}, CPU ${one.from} is not`;
    return wide ? sentWithin(one, board.local(one), to, reason) : pinned(one, to, reason);
  });
  return { wanted, left, notes: [] };
}

function shortageOf(
  board: Board,
  moving: readonly Movable[],
  homeless: readonly Movable[],
): Pick<Outcome, 'shortage' | 'undecided'> {
  const [first] = homeless;
  const node = first?.state.node;
  const cpus = first === undefined ? board.targets : board.local(first);
  const needed = moving.filter(({ state }) => state.node === node).length;
  const available = roomOf(board, cpus);
  const missing = homeless.filter(({ state }) => state.node === node).length;
  const guests = board.movable.filter(
    (one) => cpus.has(one.from) && board.nodeCpus(one)?.has(one.from) !== true,
  ).length;
  const shortage: Shortage = {
    text: `${plural(needed, 'interrupt')} ${needed === 1 ? 'belongs' : 'belong'} on node ${node}, whose CPU ${cpus} has ${plural(available.min, 'vector')} left: ${missing} too many`,
    needed,
    available,
    cpus,
    remedies: [
      `${plural(missing, 'more vector')} free on CPU ${cpus}: fewer queues of its devices` +
        (guests > 0
          ? `, or some of the ${plural(guests, 'interrupt')} there that ${guests === 1 ? 'is' : 'are'} not of this node moved off first`
          : ''),
    ],
  };
  return { shortage, undecided: needed <= available.max };
}
