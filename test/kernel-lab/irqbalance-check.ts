/** irqbalance's refused writes, beside irqspace's. */
import { constants } from 'node:os';
import type { Applied } from '../../src/format/apply.ts';
import type { Plan } from '../../src/format/plan.ts';
import type { Check, LabCapture } from './checks.ts';
import type { Asked } from './story.ts';

interface Turn {
  readonly banned: string;
  readonly cycles: number;
  /** Writes that found no vector, and writes to interrupts that may not be moved. */
  readonly full: number;
  readonly other: number;
}

function turnsOf({ story, points }: LabCapture): Turn[] {
  return story.flatMap((line) => {
    if (line.kind !== 'balanced') return [];
    const refusals = points.find(({ text }) => text === `mark irqbalance-end ${line.name}`)?.refusals ?? [];
    const full = refusals.filter((errno) => errno === constants.errno.ENOSPC).length;
    return [{ banned: line.banned, cycles: line.cycles, full, other: refusals.length - full }];
  });
}

const textOf = ({ banned, full, other, cycles }: Turn): string =>
  `irqbalance${banned === '' ? '' : ` without CPU ${banned}`}: ${full} ENOSPC, ${other} other, ${cycles} cycles`;

const isRefused = ({ result }: Applied['writes'][number]): boolean => result === 'refused';

/** Of the same machine in one boot: what each tool wrote that the kernel refused. */
export const besideIrqbalance: Check = (capture) => {
  const theirs = turnsOf(capture);
  let refused = 0;
  const ours = capture.story.flatMap((line) => {
    if (line.kind !== 'asked') return [];
    const [command, , banned] = line.args;
    if (command === 'apply') {
      const { outcome, writes } = line.answer as Applied;
      refused += writes.filter(isRefused).length;
      return [`${outcome} with ${writes.length} writes`];
    }
    const plan = line.answer as Plan;
    return [`irqspace without CPU ${banned}: ${plan.feasible ? 'feasible' : plan.shortage?.text}`];
  });
  return [
    {
      claim: 'irqspace has no refused write, where irqbalance has those',
      holds:
        theirs.length > 0 && ours.length > 0 && refused === 0 && theirs.every(({ cycles }) => cycles > 0),
      shows: [...theirs.map(textOf), ...ours].join('; '),
    },
  ];
};

/** After plans for a machine: irqbalance on all its CPUs, and on half of them, for which irqspace was asked before. */
export const refusedBeside: Check = (capture) => {
  const theirs = turnsOf(capture);
  const applied = capture.story.filter(
    (line): line is Asked => line.kind === 'asked' && line.args[0] === 'apply' && line.args.includes('--yes'),
  );
  const writes = applied.flatMap(({ answer }) => (answer as Applied).writes);
  const half = capture.story.findLast(
    (line): line is Asked => line.kind === 'asked' && line.args[0] === 'plan',
  )?.answer as Plan | undefined;
  const squeezed = theirs.at(-1);
  return [
    {
      claim: 'irqspace has no refused write, and where irqbalance finds no vector it said so before',
      holds:
        writes.length > 0 &&
        !writes.some(isRefused) &&
        theirs.length === 2 &&
        theirs.every(({ cycles }) => cycles > 0) &&
        half !== undefined &&
        (squeezed?.full === 0 || half.feasible !== true),
      shows: [
        `irqspace: ${writes.filter(isRefused).length} of ${writes.length} refused`,
        ...theirs.map(textOf),
        `irqspace, asked for that: ${half?.feasible === true ? `feasible with ${half.writes.length} writes` : half?.shortage?.text}`,
      ].join('; '),
    },
  ];
};
