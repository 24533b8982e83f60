/** `fits` asked before each of many generated changes, beside what the kernel then did. */
import type { Report } from '../../src/format/report.ts';
import type { Check } from './checks.ts';
import type { Asked, Placed, StoryLine, Wrote } from './story.ts';

/** What is compared of a `fits` answer's changes. */
interface Predicted {
  readonly fits: boolean | null;
  readonly moves: readonly {
    readonly irq: number;
    readonly from: number | null;
    readonly to: number | null;
  }[];
  readonly leastLeft?: {
    readonly cpu: number;
    readonly available: { readonly min: number; readonly max: number };
  };
}

interface Change {
  readonly asked: Asked;
  readonly writes: readonly Wrote[];
  /** For masks, and CPUs that come: where every interrupt was, and is. */
  readonly before: Placed | undefined;
  readonly after: Placed | undefined;
  readonly report: Report;
}

function changesOf(story: readonly StoryLine[]): Change[] {
  return story.flatMap((line, at) => {
    if (line.kind !== 'asked' || line.args[0] !== 'fits') return [];
    const length = story.slice(at + 1).findIndex((other) => other.kind === 'asked');
    const next = story[at + 1 + length];
    const between = story.slice(at + 1, at + 1 + length);
    if (length < 0 || next?.kind !== 'asked' || next.args[0] !== 'report') return [];
    const previous = story[at - 1];
    return [
      {
        asked: line,
        writes: between.filter((other): other is Wrote => other.kind === 'wrote'),
        before: previous?.kind === 'placed' ? previous : undefined,
        after: between.find((other): other is Placed => other.kind === 'placed'),
        report: next.answer as Report,
      },
    ];
  });
}

/** What is wrong with a prediction; nothing where the kernel did as it says. */
function faults({ asked, writes, before, after, report }: Change): string[] {
  const change = (asked.answer as { readonly changes: readonly Predicted[] } | undefined)?.changes[0];
  if (change === undefined) return ['no answer'];
  const wrong: string[] = [];
  const refused = writes.filter(({ result }) => result !== 'OK');
  if (writes.length === 0 || change.fits !== (refused.length === 0)) {
    wrong.push(`predicted ${change.fits}, kernel ${refused[0]?.result ?? 'OK'}`);
  }
  if (before !== undefined && after !== undefined) {
    // One that was shut down shows a CPU, and has no vector there.
    const started = new Set(change.moves.filter(({ from }) => from === null).map(({ irq }) => String(irq)));
    const predicted = change.moves
      .filter(({ irq }) => !started.has(String(irq)))
      .map(({ irq, to }) => `${irq}>${to}`)
      .sort();
    const kernel = Object.keys(after.cpuOf)
      .filter((irq) => after.cpuOf[irq] !== before.cpuOf[irq] && !started.has(irq))
      .map((irq) => `${irq}>${after.cpuOf[irq]}`)
      .sort();
    if (predicted.join() !== kernel.join()) wrong.push(`moves ${predicted.join()}, kernel ${kernel.join()}`);
  }
  const { leastLeft } = change;
  const seen = report.cpus.find(({ cpu }) => cpu === leastLeft?.cpu)?.available;
  if (leastLeft !== undefined && seen !== undefined) {
    const { min, max } = leastLeft.available;
    if (seen.max < min || seen.min > max) {
      wrong.push(`CPU ${leastLeft.cpu} left with ${min}..${max}, then ${seen.min}..${seen.max}`);
    }
  }
  return wrong;
}

export const changesAreRight: Check = ({ story }) => {
  const changes = changesOf(story);
  const wrong = changes.flatMap((change) => {
    const found = faults(change);
    return found.length === 0 ? [] : [`${change.asked.args.slice(1).join(' ')}: ${found.join('; ')}`];
  });
  const kinds = new Map<string, number>();
  for (const { asked } of changes) {
    const kind = asked.args[1]?.slice(2) ?? '';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [
    {
      claim: 'fits agrees with what the kernel then does, change by change',
      holds: changes.length >= 50 && wrong.length === 0,
      shows: [
        `${changes.length - wrong.length} of ${changes.length} (${[...kinds].map(([kind, n]) => `${n} ${kind}`).join(', ')})`,
        ...wrong,
      ].join('\n       '),
    },
  ];
};
