/** `fits --offline A,B,...`, asked before the first of them goes, beside what the kernel then did. */
import type { Fits } from '../../src/format/fits.ts';
import { type Check, foretold, isWithin } from './checks.ts';
import type { StoryLine, Wrote } from './story.ts';

/** All CPUs asked for at once, before the first one goes: each verdict, and the kernel's figures within those foretold. */
export const sequenceIsRight: Check = ({ story, points, seesDying }) => {
  const wrong: string[] = [];
  let steps = 0;
  let sameMoves = 0;
  for (const [at, line] of story.entries()) {
    if (line.kind !== 'asked' || !/^fits --offline \d+,/.test(line.args.join(' '))) continue;
    for (const step of (line.answer as Fits).steps) {
      const isIt = (other: StoryLine): other is Wrote =>
        other.kind === 'wrote' && other.value === '0' && other.path.endsWith(`/cpu${step.cpu}/online`);
      const write = story.slice(at).find(isIt);
      steps++;
      const said = write?.log.find((text) => text.includes('Cannot disable CPU')) ?? '';
      if (step.fits !== (write?.result === 'OK')) {
        wrong.push(`CPU ${step.cpu}: predicted ${step.fits}, kernel ${write?.result}`);
      } else if (
        !step.fits &&
        (step.message === undefined ? !isWithin(said, step) : !said.endsWith(step.message))
      ) {
        wrong.push(`CPU ${step.cpu}: predicted ${foretold(step)}, kernel "${said}"`);
      }
      const given = points.find(({ text }) => text === `res write ${write?.path} 0 -> OK`)?.given ?? [];
      const model = step.moves.map(({ irq, to }) => `${irq}>${to}`).join();
      if (given.map(({ irq, to }) => `${irq}>${to}`).join() === model) sameMoves++;
    }
  }
  return [
    {
      claim: 'fits agrees for all CPUs asked for at once: verdicts, and the figures within its bounds',
      holds: steps > 0 && wrong.length === 0,
      shows: [
        `${steps} CPUs one after the other`,
        ...(seesDying ? [`of ${sameMoves} every move as the likely kernel has it`] : []),
        ...wrong,
      ].join('; '),
    },
  ];
};
