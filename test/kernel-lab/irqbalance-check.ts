/** irqbalance's refused writes, beside irqspace's. */
import { constants } from 'node:os';
import type { Applied } from '../../src/format/apply.ts';
import type { Plan } from '../../src/format/plan.ts';
import type { Check } from './checks.ts';

/** Of the same machine in one boot: what each tool wrote that the kernel refused. */
export const besideIrqbalance: Check = ({ story, points }) => {
  const theirs = story.flatMap((line) => {
    if (line.kind !== 'balanced') return [];
    const refusals = points.find(({ text }) => text === `mark irqbalance-end ${line.name}`)?.refusals ?? [];
    const full = refusals.filter((errno) => errno === constants.errno.ENOSPC).length;
    return [{ ...line, full, other: refusals.length - full }];
  });
  let refused = 0;
  const ours = story.flatMap((line) => {
    if (line.kind !== 'asked') return [];
    const [command, , banned] = line.args;
    if (command === 'apply') {
      const { outcome, writes } = line.answer as Applied;
      refused += writes.filter(({ result }) => result === 'refused').length;
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
      shows: [
        ...theirs.map(
          ({ banned, full, other, cycles }) =>
            `irqbalance${banned === '' ? '' : ` without CPU ${banned}`}: ${full} ENOSPC, ${other} other, ${cycles} cycles`,
        ),
        ...ours,
      ].join('; '),
    },
  ];
};
