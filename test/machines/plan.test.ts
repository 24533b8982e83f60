/**
 * Plans for every recorded state of real kernels: whatever the goal, every write is taken by a kernel in that state,
 * in whatever order interrupts arrive, and leads where the plan says.
 */
import { describe, expect, it } from 'vitest';
import { parseCpuList } from '../../src/base/cpu-list.ts';
import { CpuSet } from '../../src/base/cpu-set.ts';
import type { Plan } from '../../src/format/plan.ts';
import { openRoot } from '../../src/host/open-root.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { kernelOfState } from '../../src/model/kernel-of-state.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import type { PlanGoal, PlanRequest } from '../../src/plan/goal.ts';
import { machineAfter, planOf } from '../../src/query/plan.ts';
import { sharedDirectory } from '../shared.ts';
import { listCaptures, readCapture } from './capture.ts';

const shared = sharedDirectory();

function goalsOf(machine: MachineState): PlanGoal[] {
  const online = machine.cpus.filter((cpu) => cpu.online).map(({ cpu }) => cpu);
  const last = online.at(-1) ?? 0;
  const others: PlanGoal[] = [
    { kind: 'spread' },
    { kind: 'balance', by: 'vectors' },
    { kind: 'numa-local' },
    { kind: 'headroom', vectors: 60 },
  ];
  if (last === 0) return others;
  return [
    ...others,
    { kind: 'isolate', cpus: CpuSet.of(last) },
    { kind: 'isolate', cpus: CpuSet.from(online.slice(1)) },
    { kind: 'drain', cpus: [last] },
  ];
}

/** A share of all, always the same. */
function turned<T>(list: readonly T[], turn: number): T[] {
  if (turn === 0) return [...list];
  const order = list.map((one, at) => ({ one, key: (Math.imul(at + turn, 0x9e3779b1) ^ turn) >>> 0 }));
  return order.sort((a, b) => a.key - b.key).map(({ one }) => one);
}

/** Carried out as a machine would: the writes in order, the interrupts in another one, nothing cleaned up before the end. */
function carryOut(machine: MachineState, plan: Plan, turn: number): { kernel: Kernel; lost: number[] } {
  const { kernel } = kernelOfState(machine);
  const lost: number[] = [];
  for (const { irq, to } of plan.writes) expect(kernel.writeSmpAffinityList(irq, to)).toBe(0);
  const waiting = turned(
    plan.writes.filter(({ moves }) => moves === 'next-interrupt'),
    turn,
  );
  for (const { irq } of waiting) kernel.interruptArrives(irq);
  for (const { irq, to, toCpu } of plan.writes) {
    const cpu = kernel.desc(irq)?.data?.cpu ?? -1;
    const mask = parseCpuList(to);
    if (!mask.ok || !mask.value.has(cpu)) lost.push(irq);
    if (toCpu !== undefined) expect([irq, cpu]).toEqual([irq, toCpu]);
  }
  for (const { irq } of waiting) kernel.interruptArrives(irq);
  kernel.tick();
  return { kernel, lost };
}

function availableOf(kernel: Kernel): number[] {
  return kernel.matrix.snapshot().cpus.map(({ available }) => available);
}

const WIDE = [false, true];

describe.skipIf(shared === undefined)('plans for recorded machines', () => {
  it.each(shared === undefined ? [] : listCaptures(shared))('%s', (name) => {
    const capture = readCapture(shared ?? '', name);
    let writes = 0;
    let infeasible = 0;
    // Neighbours differ little: every second one.
    for (const snap of capture.snaps.filter((_, at) => at % 2 === 0)) {
      const machine = inferState(observeTree(openRoot(capture.snapPath(snap))));
      const untouchable = new Set(
        machine.irqs
          .filter((irq) => irq.managed !== false || irq.fixed !== undefined)
          .map(({ irq }) => irq as number),
      );
      // Cleaned up before, too: what an earlier move had left behind is not the plan's.
      const settled = kernelOfState(machine).kernel;
      settled.tick();
      const was = availableOf(settled);
      for (const goal of goalsOf(machine)) {
        for (const wide of WIDE) {
          const where = `${snap} ${goal.kind}${wide ? ' wide' : ''}`;
          const request: PlanRequest = { goal, hints: 'ignore', wide };
          const plan = planOf(machine, request);
          writes += plan.writes.length;
          if (plan.feasible !== true) infeasible++;
          expect(
            plan.writes.filter(({ irq }) => untouchable.has(irq)),
            where,
          ).toEqual([]);
          expect(planOf(machineAfter(machine, request), request).writes, where).toEqual([]);
          for (const turn of [0, 77]) {
            const { kernel, lost } = carryOut(machine, plan, turn);
            expect(lost, where).toEqual([]);
            if (plan.writes.some(({ toCpu }) => toCpu === undefined)) continue;
            const now = availableOf(kernel);
            for (const { cpu, available } of plan.cpus) {
              const change = (now[cpu] ?? 0) - (was[cpu] ?? 0);
              expect([cpu, change], where).toEqual([cpu, available.after.max - available.before.max]);
            }
          }
        }
      }
    }
    expect(writes + infeasible).toBeGreaterThan(0);
  });
});
