import { plural } from '../../base/plural.ts';
import { formatRange } from '../../base/range.ts';
import type { Fits, FitsStep } from '../../format/fits.ts';
import type { Output } from '../output.ts';
import { renderChanges } from './fits-changes.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { printableAnswer, shortenLists, shortList, wrap } from './text.ts';

/** Longer runs of steps that all fit are summed up. */
const STEPS_SHOWN = 40;

/** The verdict, why, then step by step. */
export function renderFits(answer: Fits, out: Output): string {
  const fits = printableAnswer(answer);
  const style = styleFor(out.color);
  const doubts = fits.doubts.map((text) => `not certain: ${text}`);
  const assumed = fits.kernel.assumption === undefined ? [] : [`note: ${fits.kernel.assumption}`];
  const remarks = (lines: readonly string[]): string[] =>
    lines.flatMap((line) => wrap(shortenLists(line), out.columns, '  ')).map(style.dim);
  // What would decide an open question is part of the answer; else doubts are small print.
  const open = fits.fits === null;
  const blocks = [
    [...verdict(fits, out, style), ...(open ? remarks(doubts) : [])],
    renderChanges(fits, out, style),
    stepTable(fits, out, style),
    remarks([...assumed, ...(open ? [] : doubts)]),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdict(fits: Fits, out: Output, style: Style): string[] {
  const lost = fits.steps.some((step) => step.stuck.length > 0);
  const paint = lost && fits.fits === true ? style.warn : paintFor(fits.fits, style);
  return [
    ...(fits.max === undefined ? [] : wrap(mostText(fits, fits.max), out.columns)),
    ...wrap(verdictText(fits), out.columns).map(paint),
    ...wholeMachine(fits, out),
  ];
}

function mostText({ changes }: Fits, max: NonNullable<Fits['max']>): string {
  const { count, limit } = max;
  const target = changes[max.change]?.target ?? '';
  const why = limit === undefined ? '' : ` (one more: ${limit})`;
  const perhaps = count.max > count.min ? `; perhaps up to ${count.max}` : '';
  return count.min === 0
    ? `Not even one certainly fits${perhaps}${why}.`
    : `At most ${count.min} fit${perhaps}${why}. With ${target}:`;
}

function verdictText(fits: Fits): string {
  const others = fits.changes.filter(({ steps }) => steps === undefined);
  if (fits.steps.length === 0 && others.length === 0) return 'It fits: there is nothing to take down.';
  const refusedChange = others.find((change) => change.fits === false);
  if (refusedChange !== undefined) {
    return `It does not fit: ${refusedChange.change} ${refusedChange.target}.`;
  }
  if (fits.fits === true) {
    const stuck = fits.steps.reduce((sum, step) => sum + step.stuck.length, 0);
    return stuck === 0
      ? 'It fits.'
      : `The kernel lets the CPUs go, but ${plural(stuck, 'interrupt')} find${stuck === 1 ? 's' : ''} no vector inside the mask and ${stuck === 1 ? 'is' : 'are'} lost.`;
  }
  if (fits.fits === null) return 'It cannot be decided from what is known.';
  const refused = fits.steps.filter((step) => step.fits === false);
  const stopped = refused.find((step) => step.change !== 'offline');
  if (stopped !== undefined && refused.length === 1) {
    const what = stopped.change === 'hibernate' ? 'hibernation' : 'suspend';
    return `It does not fit: the kernel gives up ${what} at CPU ${stopped.cpu}.`;
  }
  const cpus = [...new Set(refused.map((step) => step.cpu))].sort((a, b) => a - b);
  const where = stopped === undefined ? 'offline' : 'down';
  return `It does not fit: the kernel refuses to take CPU ${shortList(cpus, 40)} ${where}.`;
}

/** Where only one CPU is left to take all, the figures of the whole machine say why. */
function wholeMachine(fits: Fits, out: Output): string[] {
  const all = fits.onePrimary;
  if (all === undefined || fits.fits === true) return [];
  const text = `In the end ${formatRange(all.needed)} vectors must fit ${formatRange(all.room)} on CPU ${all.cpu}.`;
  return wrap(text, out.columns);
}

const COLUMNS: readonly Column[] = [
  { title: 'CPU', align: 'right' },
  { title: 'change', align: 'left' },
  { title: 'to move', align: 'right' },
  { title: 'available', align: 'right' },
  { title: '', align: 'left' },
];

function stepTable(fits: Fits, out: Output, style: Style): string[] {
  if (fits.steps.length === 0) return [];
  const shown = fits.steps.length <= STEPS_SHOWN ? fits.steps : telling(fits.steps);
  const hidden = fits.steps.length - shown.length;
  const [head = '', ...rows] = renderTable(
    COLUMNS,
    shown.map((step) => [
      String(step.cpu),
      step.change,
      figure(step.needed),
      figure(step.available),
      outcome(step),
    ]),
  );
  const lines = rows.flatMap((row, at) => {
    const step = shown[at];
    return step === undefined ? [] : [paintOutcome(row, step, style), ...details(step, out)];
  });
  return [
    ...(hidden > 0 ? [`(${plural(hidden, 'step')} before these fit and are not shown; --json has all)`] : []),
    head,
    ...lines,
    ...wrap(`  ${legend(shown)}`, out.columns, '  '),
  ];
}

/** The steps that say something: those that do not fit, and the last ones. */
function telling(steps: readonly FitsStep[]): FitsStep[] {
  const keepFrom = steps.length - STEPS_SHOWN / 2;
  return steps.filter((step, at) => step.fits !== true || at >= keepFrom);
}

function wordFor(step: FitsStep): string {
  return step.fits === true ? 'fits' : step.fits === false ? 'refused' : 'undecided';
}

function outcome(step: FitsStep): string {
  if (step.moves.length === 0) return wordFor(step);
  const targets = [...new Set(step.moves.map((move) => move.to))].sort((a, b) => a - b);
  const verb = step.moves.length === 1 ? 'moves' : 'move';
  return `${wordFor(step)}; ${step.moves.length} ${verb} to CPU ${shortList(targets, 24)}`;
}

/** Colour comes last: it must not count as width. */
function paintOutcome(row: string, step: FitsStep, style: Style): string {
  return row.replace(wordFor(step), paintFor(step.fits, style));
}

function paintFor(fits: boolean | null, style: Style): (text: string) => string {
  return fits === null ? style.warn : fits ? style.good : style.bad;
}

function details(step: FitsStep, out: Output): string[] {
  const indent = ' '.repeat(7);
  const list = (irqs: readonly number[], text: string): string[] => {
    if (irqs.length === 0) return [];
    const room = Math.max(12, out.columns - indent.length - text.length - 6);
    return [`${indent}${text}: IRQ ${shortList(irqs, room)}`];
  };
  return [
    // The kernel's own line stays in one piece: it is searched for.
    ...(step.message === undefined ? [] : [`${indent}kernel: ${step.message}`]),
    ...short(step, indent),
    ...list(step.shutdown, 'shut down until a CPU of their mask returns'),
    ...list(step.broken, 'lose their affinity mask'),
    ...list(step.stuck, 'find no vector inside their mask and are lost'),
  ];
}

/** Bounds that overlap do not show by themselves that it is too much. */
function short({ fits, needed, available, spare }: FitsStep, indent: string): string[] {
  return fits === false && needed.min <= available.max ? [`${indent}at least ${-spare.max} too many`] : [];
}

/** Beyond any count of vectors: not known. */
const UNKNOWN = 2 ** 31;

function figure(range: FitsStep['needed']): string {
  return range.max >= UNKNOWN ? '?' : formatRange(range);
}

function legend(steps: readonly FitsStep[]): string {
  // Seen where more move than had to be counted.
  const uncounted = steps.some((step) => step.fits === true && step.moves.length > step.needed.max);
  return [
    'to move: vectors that need a place; available: on the other online CPUs',
    ...(uncounted ? ['managed ones move to a place set aside for them and do not count'] : []),
  ].join('; ');
}
