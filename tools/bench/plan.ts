import { CpuSet } from '../../src/base/cpu-set.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import type { PlanGoal, Rates } from '../../src/plan/goal.ts';
import { planOf } from '../../src/query/plan.ts';
import { machineOf } from '../../test/web/sample-machine.ts';
import type { Bar } from './bars.ts';
import { type Took, timeOf } from './measure.ts';

const CPUS = 1024;
const IRQS = 10_000;
const RUNS = 3;
/** Where they are when they are all to be spread: it is nearly full. */
const CROWDED = 64;

/** Plans for a wide machine: the goals that move much, on a machine where much is to be moved. */
export function benchPlan(): Bar[] {
  const crowded = machineWithin(CROWDED);
  const even = machineWithin(CPUS);
  const rates = ratesOf(even);
  const byRates: PlanGoal = { kind: 'balance', by: 'rates' };
  return [
    ask('spread, all of them on 64 CPUs', crowded, { kind: 'spread' }),
    ask('numa-local, all of them on the first node', crowded, { kind: 'numa-local' }),
    ask('isolate half of the CPUs', even, { kind: 'isolate', cpus: CpuSet.span(CPUS / 2, CPUS - 1) }),
    ask('balance by rates, a tenth of them busy', even, byRates, rates),
    ask('balance by rates, all of them busy, on 64 CPUs', crowded, byRates, allBusy(crowded)),
    ask('balance by vectors, nothing to do', even, { kind: 'balance', by: 'vectors' }),
  ];
}

function ask(name: string, machine: MachineState, goal: PlanGoal, rates?: Rates): Bar {
  let best: Took = { wallMs: Number.POSITIVE_INFINITY, cpuMs: Number.POSITIVE_INFINITY };
  let writes = 0;
  for (let run = 0; run < RUNS; run++) {
    const took = timeOf(() => {
      const plan = planOf(machine, { goal, hints: 'ignore', wide: false, rates });
      if (plan.feasible !== true) throw new Error(`${name}: ${plan.shortage?.text}`);
      writes = plan.writes.length;
    });
    if (took.cpuMs < best.cpuMs) best = took;
  }
  const what = `plan of ${CPUS} CPUs with ${IRQS} interrupts: ${name}`;
  console.log(
    `${what}: ${writes} writes, ${best.wallMs.toFixed(0)} ms, ${best.cpuMs.toFixed(0)} ms of CPU time`,
  );
  return { what: `${what}, CPU time`, value: best.cpuMs / 1000, unit: 's', atMost: 1 };
}

function machineWithin(cpus: number): MachineState {
  const mask = CpuSet.span(0, cpus - 1);
  const device = { address: '0000:01:00.0', driver: 'bench', name: (n: number) => `bench-${n}`, irqs: IRQS };
  const machine = machineOf({
    source: 'a wide machine',
    release: '7.1.0',
    profile: 'newest',
    cpus: CPUS,
    nodes: 8,
    vectorsKnown: true,
    devices: [{ ...device, mask: () => mask }],
  });
  const { nodes } = machine;
  const irqs = machine.irqs.map((irq) => ({ ...irq, node: nodes[irq.irq % nodes.length]?.node }));
  return { ...machine, irqs };
}

/** One in ten is busy, by very different rates; always the same. */
function ratesOf({ irqs }: MachineState): Rates {
  const deliveries = new Map(
    irqs.map(({ irq }) => [irq, irq % 10 === 0 ? 1000 + ((irq * 7919) % 9000) : irq % 3]),
  );
  return { deliveries, seconds: 1 };
}

function allBusy({ irqs }: MachineState): Rates {
  return { deliveries: new Map(irqs.map(({ irq }) => [irq, 1000 + ((irq * 7919) % 9000)])), seconds: 1 };
}
