/** What must hold of `irqspace plan`, `apply` and `rollback` in the guest. */
import { parseCpuList } from '../../src/base/cpu-list.ts';
import type { Applied } from '../../src/format/apply.ts';
import type { Fits } from '../../src/format/fits.ts';
import type { Plan } from '../../src/format/plan.ts';
import type { Report } from '../../src/format/report.ts';
import type { Check } from './checks.ts';
import type { Asked, Placed, StoryLine } from './story.ts';

/** One plan that was applied, and what was seen after it. */
interface Carried {
  readonly goal: string;
  readonly plan: Plan;
  readonly applied: Applied;
  readonly after: Placed;
  readonly report: Report;
}

function carriedOut(story: readonly StoryLine[]): Carried[] {
  return story.flatMap((line, at) => {
    if (line.kind !== 'asked' || line.args[0] !== 'apply' || !line.args.includes('--yes')) return [];
    const planned = story.slice(0, at).findLast((other): other is Asked => isAsked(other, 'plan'));
    const rest = story.slice(at);
    const after = rest.find((other): other is Placed => other.kind === 'placed');
    const report = rest.find((other): other is Asked => isAsked(other, 'report'));
    if (planned === undefined || after === undefined || report === undefined) return [];
    return [
      {
        goal: goalWords(planned),
        plan: planned.answer as Plan,
        applied: line.answer as Applied,
        after,
        report: report.answer as Report,
      },
    ];
  });
}

function isAsked(line: StoryLine, command: string): boolean {
  return line.kind === 'asked' && line.args[0] === command;
}

/** No write of a plan is refused. */
export const plansAreAccepted: Check = ({ story }) => {
  const carried = carriedOut(story);
  const writes = carried.flatMap(({ applied }) => applied.writes);
  const wrong = carried.flatMap(({ goal, applied: { outcome, notes } }) =>
    outcome === 'applied' || outcome === 'nothing-to-do' ? [] : [`${goal}: ${outcome}: ${notes.join(', ')}`],
  );
  return [
    {
      claim: 'the kernel accepts every write of every plan',
      holds: carried.length > 0 && writes.length > 0 && wrong.length === 0,
      shows: [
        carried.map(({ goal, applied }) => `${goal}: ${applied.writes.length} writes`).join(', '),
        ...wrong,
      ].join('; '),
    },
  ];
};

/** Where an interrupt goes, and how many vectors each CPU then has. */
export const plansComeTrue: Check = ({ story }) => {
  const wrong: string[] = [];
  let moves = 0;
  let pending = 0;
  let figures = 0;
  for (const { goal, plan, after, report } of carriedOut(story)) {
    /** What CPUs have beyond the plan's figure, while moves wait, or because older ones have come. */
    const beyond = new Map<number, number>();
    const gives = (cpu: number, by: number): void => void beyond.set(cpu, (beyond.get(cpu) ?? 0) + by);
    const planned = new Set<number>();
    for (const { irq, to, cpu, toCpu } of plan.writes) {
      const [mask, now] = [after.masks[irq], Number(after.cpuOf[irq])];
      planned.add(irq);
      moves++;
      if (mask !== to) wrong.push(`${goal}: IRQ ${irq} may go to ${mask}, planned ${to}`);
      if (toCpu === undefined || now === toCpu) continue;
      if (report.irqs.find((row) => row.irq === irq)?.movePending === true && now === cpu) {
        pending++;
        gives(cpu, -1);
        gives(toCpu, 1);
      } else wrong.push(`${goal}: IRQ ${irq} on ${now}, planned ${toCpu}`);
    }
    for (const { irq, cpu } of plan.state.irqs) {
      const now = after.cpuOf[irq];
      if (planned.has(irq) || cpu === undefined || now === undefined || now === String(cpu)) continue;
      if (!waitedBefore(plan, irq)) wrong.push(`${goal}: IRQ ${irq} went to ${now}, and nobody had sent it`);
      gives(cpu, 1);
      gives(Number(now), -1);
    }
    // On which CPU each of them was the plan does not say.
    const returned = sizeOf(plan, 'old-vector');
    for (const { cpu, available } of plan.cpus) {
      const seen = report.cpus.find((row) => row.cpu === cpu)?.available;
      const by = beyond.get(cpu) ?? 0;
      figures++;
      if (
        seen === undefined ||
        seen.max < available.after.min + by ||
        seen.min > available.after.max + by + returned
      ) {
        wrong.push(
          `${goal}: CPU ${cpu} has ${seen?.min}..${seen?.max} available, planned ${available.after.min + by}`,
        );
      }
    }
  }
  return [
    {
      claim: 'interrupts are where the plan put them, and every CPU has as many vectors available as it said',
      holds: moves > 0 && moves > pending && wrong.length === 0,
      shows: [
        `${moves} writes, ${pending} of them wait for their next interrupt; ${figures} CPUs' vectors`,
        ...wrong.slice(0, 8),
      ].join('; '),
    },
  ];
};

/** How many interrupts a plan leaves for that reason: those with an old vector give it back when they come. */
function sizeOf({ left }: Plan, reason: Plan['left'][number]['why']): number {
  return left.reduce((sum, { why, count }) => sum + (why === reason ? count : 0), 0);
}

/** It was sent somewhere by an earlier write, and left to go there. */
function waitedBefore({ left }: Plan, irq: number): boolean {
  return left.some(({ why, irqs }) => {
    const all = parseCpuList(irqs);
    return why === 'move-pending' && all.ok && all.value.has(irq);
  });
}

/** What a plan to drain CPUs is for: the kernel lets them go, as fits said. */
export const drainedCpusGo: Check = ({ story }) => {
  const gone = story.flatMap((line, at) => {
    if (line.kind !== 'wrote' || line.value !== '0' || !line.path.endsWith('/online')) return [];
    const asked = story.slice(0, at).findLast((other): other is Asked => isAsked(other, 'fits'));
    return [{ write: line, fits: (asked?.answer as Fits | undefined)?.fits }];
  });
  const drains = carriedOut(story).filter(({ plan }) => plan.goal.kind === 'drain');
  return [
    {
      claim: 'CPUs that were drained go offline, as fits says',
      holds:
        gone.length >= drains.length &&
        gone.every(({ write, fits }) => write.result === 'OK' && fits === true),
      shows: `${gone.length} CPUs, ${gone.filter(({ write }) => write.result === 'OK').length} went`,
    },
  ];
};

/**
 * The same goal asked again, right after it was written and when interrupts have come. Where a busy host held up a CPU
 * meanwhile, less is known of it than before (docs/limits.md), and a goal that has to be certain may want more.
 */
export const plansAreStable: Check = ({ story }) => {
  const again = story.flatMap((line, at) => {
    if (line.kind !== 'asked' || line.args[0] !== 'plan' || isSaved(line)) return [];
    const saved = savedBefore(story, at);
    if (saved === undefined || goalWords(line) !== goalWords(saved)) return [];
    const [first, second] = [saved.answer as Plan, line.answer as Plan];
    const isSure = second.doubts.every((doubt) => first.doubts.includes(doubt));
    return [{ goal: goalWords(line), writes: second.writes.length, isSure }];
  });
  const compared = again.filter(({ isSure, writes }) => isSure || writes === 0);
  return [
    {
      claim: 'a goal that was written gets an empty plan, also while moves wait',
      holds: compared.length > 0 && compared.every(({ writes }) => writes === 0),
      shows: [
        ...compared.map(({ goal, writes }) => `${goal}: ${writes} writes`),
        ...(compared.length === again.length
          ? []
          : [`${again.length - compared.length} asked when less was known`]),
      ].join(', '),
    },
  ];
};

function savedBefore(story: readonly StoryLine[], at: number): Asked | undefined {
  return story.slice(0, at).findLast((line): line is Asked => isAsked(line, 'plan') && isSaved(line));
}

function goalWords(line: Asked | undefined): string {
  return (line?.args ?? [])
    .slice(1)
    .join(' ')
    .replace(/ -o .*/, '');
}

/** A plan that was kept to be applied. */
function isSaved(line: StoryLine): boolean {
  return line.kind === 'asked' && line.args.includes('-o');
}

/** What is infeasible is refused by the kernel, at the numbers that the plan gave before anything was written. */
export const shortageIsTrue: Check = ({ story }) => {
  const plan = story.find((line): line is Asked => isAsked(line, 'plan'))?.answer as Plan | undefined;
  const writes = story.filter((line) => line.kind === 'wrote');
  const accepted = writes.filter(({ result }) => result === 'OK').length;
  const refused = writes.filter(({ result }) => result === 'ENOSPC').length;
  const shortage = plan?.shortage;
  return [
    {
      claim: 'an infeasible plan is told with the true numbers before anything is written',
      holds:
        plan?.feasible === false &&
        shortage !== undefined &&
        shortage.needed === writes.length &&
        shortage.available.min <= accepted &&
        shortage.available.max >= accepted &&
        refused === writes.length - accepted &&
        refused > 0,
      shows: `${shortage?.text}; the kernel took ${accepted} of ${writes.length} and refused ${refused}`,
    },
  ];
};

/** `apply` killed at each of its writes: every mask is as before, after `rollback`. */
export const rollbackRestores: Check = ({ story }) => {
  const wrong: string[] = [];
  const kills = story.flatMap((line, at) => (line.kind === 'killed' ? [{ line, at }] : []));
  for (const { line, at } of kills) {
    const before = story.slice(0, at).findLast((other): other is Placed => other.kind === 'placed');
    const after = story.slice(at).find((other): other is Placed => other.kind === 'placed');
    const changed = Object.keys({ ...before?.masks, ...after?.masks }).filter(
      (irq) => before?.masks[irq] !== after?.masks[irq],
    );
    if (before === undefined || after === undefined || changed.length > 0) {
      wrong.push(`killed at ${line.at}${line.half ? ', half made' : ''}: IRQ ${changed.join()} differ`);
    }
  }
  const whole = kills.at(-1)?.line.died === false;
  const deaths = kills.filter(({ line }) => line.died).length;
  return [
    {
      claim: 'apply killed by SIGKILL at every write in turn: rollback restores every mask',
      // The last one came to its end: every write before it has had its turn.
      holds: deaths > 0 && whole && wrong.length === 0,
      shows: [
        `${deaths} kills, ${deaths - wrong.length} restored exactly`,
        ...(whole ? [] : ['the plan has more writes']),
        ...wrong.slice(0, 8),
      ].join('; '),
    },
  ];
};
