import { CpuSet } from '../../src/base/cpu-set.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import { fitsOf } from '../../src/query/fits.ts';
import { machineOf } from '../../test/web/sample-machine.ts';
import type { Bar } from './bars.ts';
import { type Took, timeOf } from './measure.ts';

const CPUS = 8192;
const IRQS = 100_000;
const RUNS = 3;

/** Would a very wide machine hibernate? Once it does, nearly all interrupts being managed; once it is refused. */
export function benchHibernation(): Bar[] {
  return [ask('fits', 150), ask('is refused', IRQS)];
}

function ask(outcome: string, regular: number): Bar {
  const machine = wideMachine(regular);
  let best: Took = { wallMs: Number.POSITIVE_INFINITY, cpuMs: Number.POSITIVE_INFINITY };
  for (let run = 0; run < RUNS; run++) {
    const took = timeOf(() => {
      const { fits } = fitsOf(machine, [{ kind: 'hibernate' }]);
      if (fits !== (outcome === 'fits')) throw new Error(`the machine that ${outcome} does not`);
    });
    if (took.wallMs < best.wallMs) best = took;
  }
  const what = `hibernation of ${CPUS} CPUs with ${IRQS} interrupts, ${regular} not managed, ${outcome}`;
  console.log(`${what}: ${best.wallMs.toFixed(0)} ms, ${best.cpuMs.toFixed(0)} ms of CPU time`);
  return { what, value: best.wallMs / 1000, unit: 's', atMost: 1 };
}

/** All but `regular` are managed queues, one CPU each, the same number on every CPU; the others may go anywhere. */
function wideMachine(regular: number): MachineState {
  const all = CpuSet.span(0, CPUS - 1);
  const queues = Array.from({ length: CPUS }, (_, cpu) => CpuSet.of(cpu));
  const device = { address: '0000:01:00.0', driver: 'bench', name: (n: number) => `bench-${n}` };
  return machineOf({
    source: 'a very wide machine',
    release: '7.1.0',
    profile: 'newest',
    cpus: CPUS,
    nodes: 8,
    vectorsKnown: true,
    devices: [
      { ...device, irqs: regular, mask: () => all },
      { ...device, irqs: IRQS - regular, mask: (n) => queues[n % CPUS] ?? all, managed: () => true },
    ],
  });
}
