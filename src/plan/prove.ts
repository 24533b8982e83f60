/**
 * The writes of a plan carried out on a kernel in the state of the machine: every one taken, and where each interrupt
 * comes to be. The worst is assumed of time: nothing that a move leaves behind is cleaned up before the last write.
 */
import { formatNumberList } from '../base/number-list.ts';
import type { Kernel } from '../model/kernel.ts';
import { kernelOfState } from '../model/kernel-of-state.ts';
import type { MachineState } from '../model/machine-state.ts';
import type { Wanted } from './outcome.ts';

export interface Proven {
  /** As it is when everything has moved and was cleaned up. */
  readonly kernel: Kernel;
  /** What the kernel answered, where that was no 0. */
  readonly refused: readonly { readonly irq: number; readonly ret: number }[];
  /** Taken, but its interrupt found no vector: it stays where it is. */
  readonly unmoved: readonly number[];
  /** Where each is: CPU and vector. */
  placeOf(irq: number): { readonly cpu: number; readonly vector: number } | undefined;
}

export function prove(machine: MachineState, wanted: readonly Wanted[]): Proven {
  const { kernel } = kernelOfState(machine);
  const refused: { irq: number; ret: number }[] = [];
  for (const { moving, mask } of wanted) {
    const ret = kernel.writeSmpAffinityList(moving.irq, formatNumberList(mask));
    if (ret !== 0) refused.push({ irq: moving.irq, ret });
  }
  // What waits for its interrupt moves now, and holds both vectors until the one after it.
  for (const { moving } of wanted) if (!moving.atOnce) kernel.interruptArrives(moving.irq);
  const placeOf = (irq: number): { cpu: number; vector: number } | undefined => {
    const data = kernel.desc(irq)?.data;
    return data === undefined ? undefined : { cpu: data.cpu, vector: data.vector };
  };
  const unmoved = wanted.flatMap(({ moving, mask }) =>
    mask.has(placeOf(moving.irq)?.cpu ?? -1) ? [] : [moving.irq],
  );
  for (const { moving } of wanted) if (!moving.atOnce) kernel.interruptArrives(moving.irq);
  kernel.tick();
  return { kernel, refused, unmoved, placeOf };
}
