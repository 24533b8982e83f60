/** What `watch --trace` told, beside what the kernel did. */
import type { Check, Finding } from './checks.ts';
import type { StoryLine } from './story.ts';

type Line<K extends StoryLine['kind']> = Extract<StoryLine, { kind: K }>;

/** Every interrupt that is elsewhere afterwards was told to move there, and every one that found no vector was named. */
export const watchSeesMoves: Check = ({ story }) => {
  const of = <K extends StoryLine['kind']>(kind: K): Line<K>[] =>
    story.filter((line): line is Line<K> => line.kind === kind);
  const [watched] = of('watched');
  const [before, after] = of('placed');
  if (watched === undefined || before === undefined || after === undefined) {
    return [{ claim: 'watch ran', holds: false, shows: 'the story has none' }];
  }
  const moves = Object.entries(after.cpuOf)
    .filter(([irq, cpu]) => before.cpuOf[irq] !== cpu)
    .map(([irq, cpu]) => `${irq}: ${before.cpuOf[irq]} to ${cpu}`);
  const told = watched.events
    .filter(({ kind, by }) => kind === 'moved' && by === 'trace')
    .map(({ irq, from, cpu }) => `${irq}: ${from} to ${cpu}`);
  const refused = of('wrote')
    .filter(({ result }) => result === 'ENOSPC')
    .flatMap(({ path }) => /\/irq\/(\d+)\//.exec(path)?.[1] ?? []);
  const without = watched.events.filter(({ kind }) => kind === 'no-vector').map(({ irq }) => String(irq));
  const lost = watched.events.filter(({ kind }) => kind === 'lost').length;
  return [
    same('watch --trace tells every move as it happens', moves, told, lost),
    same('watch --trace names every interrupt for which there was no vector', refused, without, lost),
    {
      claim: 'watch ends at SIGTERM, and leaves tracefs as it was',
      holds: watched.code === 0 && watched.tracing?.on === true && watched.instances.length === 0,
      shows:
        `code ${watched.code}, ${watched.tracing?.text}, instances left: ${watched.instances.join() || 'none'}; ` +
        `${watched.samples} samples, ${watched.cpuSeconds} s of CPU in ${watched.seconds.toFixed(0)} s (emulated)`,
    },
  ];
};

function same(claim: string, kernel: readonly string[], told: readonly string[], lost: number): Finding {
  const missing = kernel.filter((one) => !told.includes(one));
  const more = told.filter((one) => !kernel.includes(one));
  return {
    claim,
    holds: kernel.length > 0 && missing.length + more.length + lost === 0 && told.length === kernel.length,
    shows: `${told.length} told, ${kernel.length} by the kernel${
      missing.length + more.length === 0
        ? ''
        : `; not told: ${missing.join(', ') || 'none'}; not the kernel's: ${more.join(', ') || 'none'}`
    }${lost === 0 ? '' : `; events lost ${lost} times`}`,
  };
}
