import type { Fits, FitsChangeAnswer } from '../../format/fits.ts';
import type { Verdict } from '../state/verdict.ts';
import { figure, plural } from './figure.ts';
import { Icon } from './icon.tsx';

/** Longer lists of sentences are cut: the whole is in `irqspace fits --json`. */
const MOST_SHOWN = 4;

/** How many devices fit at most, where that was asked. */
export function MostThatFit({ fits }: { readonly fits: Fits }) {
  const { max, changes } = fits;
  if (max === undefined) return null;
  const change = changes.findLast(({ change: kind }) => kind === 'add' || kind === 'vfs');
  const what = change?.change === 'vfs' ? 'virtual functions' : 'devices';
  return (
    <p class="most-fit">
      At most <b class="tabular">{figure(max.count)}</b> {what} fit
      {max.limit === undefined ? '.' : `: one more, and ${max.limit}`}
    </p>
  );
}

/** What came of each change; nothing where only CPUs were to go, since their table says it. */
export function ChangeLines({ changes }: { readonly changes: readonly FitsChangeAnswer[] }) {
  if (changes.length === 1 && changes[0]?.steps !== undefined && changes[0].remarks.length === 0) return null;
  return (
    <ol class="change-lines">
      {changes.map((change, at) => {
        const verdict = verdictOfChange(change);
        return (
          <li key={at} class={`verdict-${verdict}`}>
            <p class="change-line">
              <span class="change-verdict">
                <Icon name={verdict} />
              </span>
              <span>
                <b>{change.change}</b>
                {change.target === '' ? '' : ` ${change.target}`}
                <span class="quiet tabular">{summaryOf(change)}</span>
              </span>
            </p>
            <Sentences change={change} />
          </li>
        );
      })}
    </ol>
  );
}

function verdictOfChange({ fits }: FitsChangeAnswer): Exclude<Verdict, 'loses'> {
  return fits === null ? 'undecided' : fits ? 'fits' : 'refused';
}

/** `: 17 of 33 interrupts; 4 move; CPU 3 has the fewest left: 12`. */
function summaryOf({ interrupts, moves, leastLeft, steps }: FitsChangeAnswer): string {
  const moved = moves.filter(({ from, to }) => from !== null && to !== null).length;
  const parts = [
    steps !== undefined && plural(steps.count, 'CPU'),
    interrupts !== undefined &&
      (figure(interrupts.got) === figure({ min: interrupts.wanted, max: interrupts.wanted })
        ? plural(interrupts.wanted, 'interrupt')
        : `${figure(interrupts.got)} of ${plural(interrupts.wanted, 'interrupt')}`),
    moved > 0 && plural(moved, 'move'),
    leastLeft !== undefined && `CPU ${leastLeft.cpu} has the fewest left: ${figure(leastLeft.available)}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`;
}

function Sentences({ change }: { readonly change: FitsChangeAnswer }) {
  const { refused, messages, stays, remarks } = change;
  const texts = [
    ...refused,
    ...stays.map(({ irq, name, cpu, why }) => `IRQ ${irq} (${name}) stays on CPU ${cpu}: ${why}`),
    ...remarks,
  ];
  const more = texts.length - MOST_SHOWN;
  return (
    <>
      {messages.slice(0, MOST_SHOWN).map((message) => (
        <code key={message} class="kernel-message" title="What the kernel would log">
          {message}
        </code>
      ))}
      {texts.slice(0, MOST_SHOWN).map((text) => (
        <p key={text}>{text}</p>
      ))}
      {more > 0 && <p class="quiet">and {more} more: irqspace fits --json has all</p>}
    </>
  );
}
