/** The two shapes in which irqbalance fails its users: interrupts hot-added until moves are refused, and too few CPUs. */
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { openRoot } from '../../src/host/open-root.ts';
import { type IrqChip, IrqDesc } from '../../src/model/irq-desc.ts';
import { kernelOfState } from '../../src/model/kernel-of-state.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import { stateOfKernel } from '../../src/model/state-of-kernel.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import type { PlanRequest } from '../../src/plan/goal.ts';
import { readPolicy } from '../../src/plan/read-policy.ts';
import { machineAfter, planOf } from '../../src/query/plan.ts';
import { sharedPath } from '../shared.ts';
import { machineOf } from '../web/sample-machine.ts';

const BUSY = 300;
const QUIET = 1500;
/** The busy ones come where their driver put them. */
const CROWDED = 8;

const CHIP: IrqChip = { name: 'IR-PCI-MSI', settable: true, remapped: true, affinityBeforeStartup: true };

/** The captured machine after 300 busy and 1,500 quiet interrupts were added, as its kernel would place them. */
function hotAdded(path: string): { machine: MachineState; first: number } {
  const captured = inferState(observeTree(openRoot(path)));
  const { kernel } = kernelOfState(captured);
  const first = Math.max(...captured.irqs.map(({ irq }) => irq)) + 1;
  const names = new Map(captured.irqs.map((irq) => [irq.irq as number, irq.name]));
  for (let n = 0; n < BUSY + QUIET; n++) {
    const mask = n < BUSY ? CpuSet.span(0, CROWDED - 1) : kernel.possible;
    const desc = new IrqDesc(first + n, CHIP, -1, mask, false, true);
    expect(kernel.addIrq(desc, { kind: 'by-policy' })).toBe(0);
    expect(kernel.requestIrq(first + n)).toBe(0);
    names.set(first + n, n < BUSY ? `busy-${n}` : `quiet-${n}`);
  }
  const machine = stateOfKernel(kernel, {
    source: 'hot-added',
    kernel: captured.kernel,
    ownerOf: (irq) => ({ name: names.get(irq) ?? '', device: undefined, driver: undefined }),
  });
  return { machine, first };
}

const big64 = sharedPath('captures/big64-debugfs/snap/02-probed.tar.gz');

describe.skipIf(big64 === undefined)(
  '300 busy and 1,500 quiet interrupts added to a machine of 64 CPUs',
  () => {
    it.each([1, 2, 3])('are balanced within 5 % of the mean, no move refused: rates %d', (draw) => {
      const { machine, first } = hotAdded(big64 ?? '');
      const weight = (n: number): number => (n < BUSY ? 500 + ((n * 7919 * draw) % 4500) : n % 3);
      const deliveries = new Map(Array.from({ length: BUSY + QUIET }, (_, n) => [first + n, weight(n)]));
      const request: PlanRequest = {
        goal: { kind: 'balance', by: 'rates' },
        hints: 'ignore',
        wide: false,
        rates: { deliveries, seconds: 1 },
      };
      const plan = planOf(machine, request);
      expect(plan.feasible).toBe(true);
      const { kernel } = kernelOfState(machine);
      for (const { irq, to, toCpu } of plan.writes) {
        expect(kernel.writeSmpAffinityList(irq, to)).toBe(0);
        expect(kernel.desc(irq)?.data?.cpu).toBe(toCpu);
      }
      const loads = Array.from({ length: 64 }, () => 0);
      for (const [irq, count] of deliveries) {
        const cpu = kernel.desc(irq)?.data?.cpu ?? -1;
        loads[cpu] = (loads[cpu] ?? 0) + count;
      }
      const mean = loads.reduce((sum, load) => sum + load, 0) / 64;
      expect(Math.max(...loads) / mean).toBeLessThanOrEqual(1.05);
      // The quiet ones are left in peace, and what is done is not done again.
      expect(plan.writes.every(({ irq }) => irq < first + BUSY)).toBe(true);
      expect(planOf(machineAfter(machine, request), request).writes).toEqual([]);
    });
  },
);

describe('700 interrupts when all but three CPUs are banned', () => {
  const device = { address: '0000:01:00.0', driver: 'some', name: (n: number) => `some-${n}` };
  const machine = machineOf({
    source: 'a machine of 128 CPUs',
    release: '6.1.0',
    profile: '6.1',
    cpus: 128,
    nodes: 2,
    vectorsKnown: true,
    devices: [{ ...device, irqs: 700, mask: () => CpuSet.span(0, 127) }],
  });
  const ask = (banned: string): ReturnType<typeof planOf> => {
    const policy = readPolicy(`IRQBALANCE_BANNED_CPULIST=${banned}\n`, 'irqbalance', machine);
    return planOf(machine, { goal: { kind: 'policy', policy }, hints: 'ignore', wide: false });
  };

  it('do not fit, and the plan says so with the figures before anything is written', () => {
    const { feasible, writes, shortage } = ask('3-127');
    expect([feasible, writes]).toEqual([false, []]);
    const three = machine.cpus.slice(0, 3);
    const left = three.reduce((sum, { available }) => sum + available.min, 0);
    const there = machine.irqs.filter(({ cpu }) => cpu !== undefined && cpu >= 3).length;
    expect(shortage).toMatchObject({ needed: there, available: { min: left, max: left }, cpus: '0-2' });
    expect(shortage?.text).toBe(
      `${there} vectors have to leave CPU 3-127, and CPU 0-2 has ${left} left: ${there - left} too many`,
    );
    expect(shortage?.remedies[0]).toContain('keep one CPU of them');
  });

  it('fit with the one CPU more that it asks for', () => {
    const answer = ask('4-127');
    expect(answer.feasible).toBe(true);
    expect(Math.min(...answer.cpus.map(({ available }) => available.after.min))).toBeGreaterThanOrEqual(0);
  });
});
