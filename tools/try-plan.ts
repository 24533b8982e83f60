import { readdirSync } from 'node:fs';
import { openRoot } from '../src/host/open-root.ts';
import { inferState } from '../src/observe/infer.ts';
import { observeTree } from '../src/observe/observe-tree.ts';
import { CpuSet } from '../src/base/cpu-set.ts';
import { machineAfter, planOf } from '../src/query/plan.ts';
import type { PlanGoal } from '../src/plan/goal.ts';
const root = '/work/shared/captures';
const only = process.argv[2];
for (const name of readdirSync(root)) {
  if (only !== undefined && !name.includes(only)) continue;
  let snaps: string[] = [];
  try { snaps = readdirSync(`${root}/${name}/snap`); } catch { continue; }
  for (const snap of snaps) {
    const machine = inferState(observeTree(openRoot(`${root}/${name}/snap/${snap}`)));
    const last = Math.max(...machine.cpus.filter((c) => c.online).map((c) => c.cpu));
    const goals: PlanGoal[] = [{ kind: 'spread' }, { kind: 'balance', by: 'vectors' }, { kind: 'isolate', cpus: CpuSet.of(last) }, { kind: 'isolate', cpus: CpuSet.span(1, last) }, { kind: 'drain', cpus: last === 0 ? [1] : [last] }, { kind: 'numa-local' }, { kind: 'headroom', vectors: 100 }];
    for (const goal of goals) for (const wide of [false, true]) {
      try {
        const request = { goal, hints: 'ignore' as const, wide };
        const plan = planOf(machine, request);
        const again = planOf(machineAfter(machine, request), request);
        console.log(name, snap, goal.kind, wide ? 'wide' : '', machine.certainty, plan.feasible, `writes ${plan.writes.length}`, `again ${again.writes.length} ${again.feasible}`, plan.shortage?.text ?? '', plan.shortage?.remedies.join(' | ') ?? '');
      } catch (error) { console.log(name, snap, goal.kind, 'ERR', String(error).slice(0, 200)); if (!String(error).includes('RequestError')) console.log((error as Error).stack); }
    }
  }
}
