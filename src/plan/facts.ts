/** What a machine must still be for a plan to hold: compared before anything is written. */
import { digestOf } from '../base/digest.ts';
import { formatNumberList } from '../base/number-list.ts';
import type { PlanState } from '../format/plan.ts';
import type { MachineState } from '../model/machine-state.ts';

type IrqFacts = PlanState['irqs'][number];

/** Counters of deliveries are not among them: they never stand still. */
export function factsOf(machine: MachineState): PlanState {
  const { release } = machine.kernel;
  const facts = {
    ...(release === undefined ? {} : { release }),
    online: formatNumberList(machine.cpus.filter((cpu) => cpu.online).map(({ cpu }) => cpu)),
    irqs: [...machine.irqs]
      .sort((a, b) => a.irq - b.irq)
      .map(
        ({ irq, name, affinity, cpu, phase }): IrqFacts => ({
          irq,
          name,
          state: phase,
          ...(affinity === undefined ? {} : { affinity: affinity.toString() }),
          ...(cpu === undefined ? {} : { cpu }),
        }),
      ),
  };
  return { digest: digestOfFacts(facts), ...facts };
}

export function digestOfFacts({ release, online, irqs }: Omit<PlanState, 'digest'>): string {
  const lines = irqs.map(
    ({ irq, name, state, affinity, cpu }) => `${irq} ${state} ${cpu ?? '-'} ${affinity ?? '-'} ${name}`,
  );
  return digestOf([release ?? '', online, ...lines]);
}

/** The first thing that is not as the plan has it, as a sentence; undefined where all is. */
export function differenceOf(planned: PlanState, now: PlanState): string | undefined {
  if (planned.digest === now.digest) return undefined;
  if (planned.release !== now.release) {
    return `it runs ${now.release ?? 'an unknown kernel'}, the plan is for ${planned.release ?? 'an unknown one'}`;
  }
  if (planned.online !== now.online) {
    return `CPU ${now.online} is online, the plan is for CPU ${planned.online}`;
  }
  const present = new Map(now.irqs.map((irq) => [irq.irq, irq]));
  for (const irq of planned.irqs) {
    const other = present.get(irq.irq);
    if (other === undefined) return `IRQ ${irq.irq} (${irq.name}) is gone`;
    const difference = irqDifference(irq, other);
    if (difference !== undefined) return `IRQ ${irq.irq} (${irq.name}) ${difference}`;
    present.delete(irq.irq);
  }
  const [fresh] = present.values();
  return fresh === undefined ? 'its state differs' : `IRQ ${fresh.irq} (${fresh.name}) is new`;
}

function irqDifference(planned: IrqFacts, now: IrqFacts): string | undefined {
  if (planned.name !== now.name) return `is "${now.name}" now`;
  if (planned.affinity !== now.affinity) {
    return `may go to CPU ${now.affinity ?? '?'}, in the plan to CPU ${planned.affinity ?? '?'}`;
  }
  if (planned.cpu !== now.cpu) return `is on CPU ${now.cpu ?? '?'}, in the plan on CPU ${planned.cpu ?? '?'}`;
  return planned.state === now.state ? undefined : `is ${now.state}, in the plan ${planned.state}`;
}
