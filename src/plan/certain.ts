/** Where the kernel's own choice among several CPUs can be foretold, and where any of them has to do. */
import type { CpuSet } from '../base/cpu-set.ts';
import type { MachineState } from '../model/machine-state.ts';
import type { Board } from './board.ts';
import type { Wanted } from './outcome.ts';

/**
 * The model's choice is the machine's: every counter is known, and interrupts move with the write and so in its order.
 * A mask of one CPU, or of the CPU that it is on, leaves no choice.
 */
export function isForetold(machine: MachineState, { moving, mask }: Wanted, online: CpuSet): boolean {
  if (mask.has(moving.from) || (machine.certainty === 'exact' && moving.atOnce)) return true;
  return mask.and(online).size === 1;
}

/**
 * Whether all find a vector whatever the kernel chooses, in any order: of what may come to a mask's CPUs there is never
 * more than they have. Those for whom that is not certain.
 */
export function uncertainOf(board: Board, wanted: readonly Wanted[]): Wanted[] {
  const coming = wanted.filter(({ moving, mask }) => !mask.has(moving.from));
  if (coming.every((one) => isForetold(board.machine, one, board.online))) return [];
  // By mask: many interrupts have the same.
  const groups = new Map<string, { readonly mask: CpuSet; readonly of: Wanted[] }>();
  for (const one of coming) {
    const mask = one.mask.and(board.online);
    const key = mask.toString();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { mask, of: [one] });
    else group.of.push(one);
  }
  const all = [...groups.values()];
  return all.flatMap(({ mask, of }) => {
    let rivals = 0;
    for (const other of all) if (other.mask.intersects(mask)) rivals += other.of.length;
    let room = 0;
    for (const cpu of mask) room += board.room[cpu] ?? 0;
    return rivals <= room ? [] : of;
  });
}
