import { parseCpuList } from '../src/base/cpu-list.ts';
import { CpuSet } from '../src/base/cpu-set.ts';
import { type Range, range } from '../src/base/range.ts';
import type { Plan } from '../src/format/plan.ts';
import { asCpu } from '../src/model/ids.ts';
import type { CpuState, MachineState, UnplacedVector } from '../src/model/machine-state.ts';

/** How far a write has come: it waits; it moved and its old vector is held; perhaps held, as counts show it; done. */
export const PROGRESS = ['waits', 'old', 'old?', 'done'] as const;
export type Progress = (typeof PROGRESS)[number];

/** The machine on which a plan was written, and interrupts have come as `progress` says of each write in turn. */
export function meanwhile(
  machine: MachineState,
  { writes }: Plan,
  progress: (at: number) => Progress,
): MachineState {
  const cpus = new Map<number, CpuState>(machine.cpus.map((state) => [state.cpu, state]));
  const unplaced: UnplacedVector[] = [...machine.unplaced];
  const give = (cpu: number, allocated: Range): void => {
    const state = cpus.get(cpu);
    if (state === undefined) throw new Error(`no CPU ${cpu}`);
    const add = ({ min, max }: Range, low: number, high: number): Range => range(min + low, max + high);
    cpus.set(cpu, {
      ...state,
      allocated: add(state.allocated, allocated.min, allocated.max),
      available: add(state.available, -allocated.max, -allocated.min),
    });
  };
  const irqs = new Map(machine.irqs.map((irq) => [irq.irq as number, irq]));
  for (const [at, { irq, to, toCpu, moves, cpu: from }] of writes.entries()) {
    const state = irqs.get(irq);
    if (state === undefined) throw new Error(`no interrupt ${irq}`);
    const affinity = setOf(to);
    if (moves === 'stays') {
      irqs.set(irq, { ...state, affinity });
      continue;
    }
    const how = progress(at);
    // Where it goes is the kernel's choice: it has not made it.
    if (how === 'waits' || toCpu === undefined) {
      irqs.set(irq, { ...state, affinity, movePending: true });
      continue;
    }
    irqs.set(irq, { ...state, affinity, cpu: asCpu(toCpu), vector: undefined });
    give(toCpu, range(1, 1));
    if (how !== 'old') give(from, range(-1, how === 'done' ? -1 : 0));
    if (how === 'done') continue;
    const held = how === 'old' ? range(1, 1) : range(0, 1);
    unplaced.push({ irq: state.irq, cpus: CpuSet.of(from), held, managed: false, why: 'old' });
  }
  return {
    ...machine,
    certainty: 'bounded',
    cpus: machine.cpus.map((state) => cpus.get(state.cpu) ?? state),
    irqs: [...irqs.values()],
    unplaced,
  };
}

function setOf(list: string): CpuSet {
  const parsed = parseCpuList(list);
  if (!parsed.ok) throw new Error(`"${list}" is no CPU list`);
  return parsed.value;
}
