/** The changes that are not CPUs going down one by one: one line each, and what is to be known of them. */

import { formatNumberList } from '../../base/number-list.ts';
import { plural } from '../../base/plural.ts';
import { formatRange } from '../../base/range.ts';
import type { Fits, FitsChangeAnswer } from '../../format/fits.ts';
import type { Output } from '../output.ts';
import type { Style } from './style.ts';
import { shortenLists, shortList, wrap } from './text.ts';

/** Longer lists of sentences are cut. */
const MOST_SHOWN = 12;

/** Nothing where only CPUs were to go: their table says it all. */
export function renderChanges(fits: Fits, out: Output, style: Style): string[] {
  const others = fits.changes.some(({ steps }) => steps === undefined);
  if (!others && fits.changes.every(({ remarks }) => remarks.length === 0)) return [];
  return fits.changes.flatMap((change, at) => [
    ...wrap(
      `${at + 1}. ${change.change} ${change.target}`.trimEnd().concat(`: ${summary(change)}`),
      out.columns,
      '   ',
    ).map((line) => paint(line, change, style)),
    ...details(change, out),
  ]);
}

function wordFor({ fits }: FitsChangeAnswer): string {
  return fits === true ? 'fits' : fits === false ? 'refused' : 'undecided';
}

function paint(line: string, change: FitsChangeAnswer, style: Style): string {
  const color = change.fits === null ? style.warn : change.fits ? style.good : style.bad;
  return line.replace(`: ${wordFor(change)}`, `: ${color(wordFor(change))}`);
}

function summary(change: FitsChangeAnswer): string {
  const { interrupts, leastLeft, moves, steps } = change;
  const moved = moves.filter(({ from, to }) => from !== null && to !== null).length;
  const parts = [wordFor(change)];
  if (steps !== undefined && steps.count > 0) parts.push(plural(steps.count, 'CPU'));
  if (interrupts !== undefined) {
    const got = formatRange(interrupts.got);
    parts.push(
      got === String(interrupts.wanted)
        ? plural(interrupts.wanted, 'interrupt')
        : `${got} of ${interrupts.wanted} interrupts`,
    );
  }
  if (moved > 0) {
    const targets = [...new Set(moves.flatMap(({ from, to }) => (from === null || to === null ? [] : [to])))];
    parts.push(
      `${moved} ${moved === 1 ? 'moves' : 'move'} to CPU ${shortList(
        targets.sort((a, b) => a - b),
        24,
      )}`,
    );
  }
  if (leastLeft !== undefined) {
    parts.push(`CPU ${leastLeft.cpu} has the fewest left: ${formatRange(leastLeft.available)}`);
  }
  return parts.join('; ');
}

function details({ refused, stays, messages, remarks }: FitsChangeAnswer, out: Output): string[] {
  const lines = (texts: readonly string[]): string[] =>
    cut(texts).flatMap((text) => wrap(`   ${shortenLists(text)}`, out.columns, '     '));
  return [
    ...lines(refused),
    // The kernel's own line stays in one piece: it is searched for.
    ...cut(messages).map((text) => `   kernel: ${text}`),
    ...lines(whatStays(stays)),
    ...lines(remarks),
  ];
}

/** Most stay for the same reason: said once. */
function whatStays(stays: FitsChangeAnswer['stays']): string[] {
  return [...new Set(stays.map(({ why }) => why))].map((why) => {
    const all = stays.filter((stay) => stay.why === why);
    const irqs = formatNumberList(all.map(({ irq }) => irq));
    const cpus = formatNumberList([...new Set(all.map(({ cpu }) => cpu))].sort((a, b) => a - b));
    return all.length === 1
      ? `IRQ ${irqs} (${all[0]?.name}) stays on CPU ${cpus}: ${why}`
      : `IRQ ${irqs} stay on CPU ${cpus}: ${why}`;
  });
}

function cut(texts: readonly string[]): readonly string[] {
  const more = texts.length - MOST_SHOWN;
  return more <= 0 ? texts : [...texts.slice(0, MOST_SHOWN), `and ${more} more, --json has all`];
}
