/** A plan for programs that would undo it, or do it again, and for those who look: irqbalance, tuned, Prometheus. */
import type { Plan, PlanLeft } from '../../format/plan.ts';
import { parseNumberRanges } from '../../parse/number-ranges.ts';
import { FIND, goalText, PLAN_SCRIPT_PATH, writable } from './plan-script.ts';
import { metric } from './prometheus.ts';
import { comment, shellWord } from './script.ts';

/** Where irqbalance's environment expects the policy script. */
const POLICY_PATH = '/usr/local/sbin/irqspace-policy';

/** Nobody can move these, so irqbalance is not to try. */
const REFUSES: ReadonlySet<PlanLeft['why']> = new Set(['managed', 'perhaps-managed', 'fixed']);

/** Interrupts that irqbalance is to leave alone, besides those of the plan. */
export function refusing(plan: Plan): { readonly irq: number; readonly why: string }[] {
  return plan.left
    .filter(({ why }) => REFUSES.has(why))
    .flatMap(({ irqs, text }) => numbersOf(irqs).map((irq) => ({ irq, why: text })))
    .sort((a, b) => a.irq - b.irq);
}

function numbersOf(list: string): readonly number[] {
  return list.split(',').flatMap((part) => parseNumberRanges(part, 2 ** 31) ?? []);
}

/** For `--policyscript`: called with the device's path and the number; `ban=true` leaves it where the plan has it. */
export function planPolicyScript(plan: Plan): string {
  const { writes } = writable(plan);
  const names = new Map(plan.state.irqs.map(({ irq, name }) => [irq, name]));
  const refused = [...new Set(refusing(plan).map(({ irq }) => names.get(irq) ?? ''))].filter(
    (name) => name !== '',
  );
  return [
    '#!/bin/sh',
    comment(
      `For irqbalance --policyscript, by irqspace export irqbalance-policy of the plan ${goalText(plan)}.`,
    ),
    comment('Interrupts are known by device and name, for their numbers may change with a boot.'),
    FIND,
    'ban() {',
    '\tif numbers_of "$3" | grep -qx "$1" && is_of "$1" "$2"; then',
    '\t\techo ban=true',
    '\t\texit 0',
    '\tfi',
    '}',
    comment("The plan's."),
    ...writes.map(({ device = '-', name }) => `ban "$2" ${shellWord(device)} ${shellWord(name)}`),
    comment('Those that refuse.'),
    ...refused.map((name) => `ban "$2" - ${shellWord(name)}`),
    'exit 0',
    '',
  ].join('\n');
}

/** As /etc/default/irqbalance or /etc/sysconfig/irqbalance: by the policy script, since it has no other way but numbers. */
export function planEnvironment(plan: Plan): string {
  const { goal } = plan;
  const leaves = goal.kind === 'isolate' || goal.kind === 'drain' ? goal.cpus : undefined;
  const numbers = [...plan.writes, ...refusing(plan)].map(({ irq }) => irq).sort((a, b) => a - b);
  return [
    comment(
      `For irqbalance, so that it keeps the plan ${goalText(plan)}: /etc/default/irqbalance or /etc/sysconfig/irqbalance.`,
    ),
    comment(`irqspace export irqbalance-policy PLAN > ${POLICY_PATH}; chmod 755 ${POLICY_PATH}`),
    comment('It knows interrupts by device and name. Numbers hold until the next boot only; these are'),
    comment(numbers.length === 0 ? 'none' : numbers.map((irq) => `--banirq=${irq}`).join(' ')),
    `IRQBALANCE_ARGS="--policyscript=${POLICY_PATH}"`,
    ...(leaves === undefined
      ? []
      : [comment('irqbalance 1.8 and later'), `IRQBALANCE_BANNED_CPULIST=${leaves}`]),
    '',
  ].join('\n');
}

/** Its plugin irq knows numbers only: the script finds them by device and name whenever the profile is loaded. */
export function planProfile(plan: Plan): string {
  const { writes, notes } = writable(plan);
  const masks = [...new Set(writes.map(({ to }) => to))];
  return [
    comment(
      `The plan ${goalText(plan)} of ${plan.source}, by irqspace export tuned: /etc/tuned/irqspace/tuned.conf.`,
    ),
    comment(`It needs irqspace export script PLAN > ${PLAN_SCRIPT_PATH}; chmod 755 ${PLAN_SCRIPT_PATH}`),
    comment(
      'tuned knows interrupts by number; the script finds the numbers by device and name when it is loaded.',
    ),
    ...notes.map(comment),
    '[main]',
    `summary=Interrupt affinities of the plan ${goalText(plan)}`.replace(/[\n\r]/g, ' '),
    '',
    comment('Or it moves all interrupts, too.'),
    '[scheduler]',
    'irq_process=false',
    '',
    '[variables]',
    ...masks.map((mask, at) => `irqs_${at}=\${f:exec:${PLAN_SCRIPT_PATH}:tuned:${mask}}`),
    '',
    ...masks.flatMap((mask, at) => [
      `[irq_${at}]`,
      'type=irq',
      `devices=\${irqs_${at}}`,
      `affinity=${mask}`,
      '',
    ]),
  ].join('\n');
}

/** Two series for each CPU and a few more; the end of a figure that is safe to alarm on. */
export function planMetrics(plan: Plan): string {
  const { feasible, writes, left, cpus } = plan;
  const leftBy = new Map<string, number>();
  for (const { why, count } of left) leftBy.set(why, (leftBy.get(why) ?? 0) + count);
  const vectors = (when: 'before' | 'after') =>
    cpus.map(({ cpu, available }) => ({ labels: { cpu, when }, value: available[when].min }));
  return [
    ...metric('irqspace_plan_feasible', 'Whether there is a plan: 1, 0, or NaN where it cannot be decided.', [
      { labels: { goal: plan.goal.kind }, value: feasible === null ? Number.NaN : Number(feasible) },
    ]),
    ...metric('irqspace_plan_writes', 'Affinity masks that the plan writes; 0 where its goal is reached.', [
      { labels: {}, value: writes.length },
    ]),
    ...metric(
      'irqspace_plan_left',
      'Interrupts that the plan does not touch, by reason.',
      [...leftBy].map(([why, value]) => ({ labels: { why }, value })),
    ),
    ...metric('irqspace_plan_cpu_vectors_available', 'Vectors that a regular interrupt can still take.', [
      ...vectors('before'),
      ...vectors('after'),
    ]),
  ]
    .join('\n')
    .concat('\n');
}
