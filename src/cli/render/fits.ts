import { formatNumberList } from '../../base/number-list.ts';
import { formatRange } from '../../base/range.ts';
import type { Fits, FitsStep } from '../../format/fits.ts';
import type { Output } from '../output.ts';
import { type Style, styleFor } from './style.ts';
import { plural } from './table.ts';

/** Longer runs of steps that all fit are summed up. */
const STEPS_SHOWN = 40;

export function renderFits(fits: Fits, out: Output): string {
  const style = styleFor(out.color);
  const shown = fits.steps.length <= STEPS_SHOWN ? fits.steps : shorten(fits.steps);
  const hidden = fits.steps.length - shown.length;
  const blocks = [
    verdict(fits, style),
    shown.map((step) => stepText(step, style)).join('\n'),
    hidden > 0 ? `(${hidden} steps that fit are not shown)` : '',
    [
      ...(fits.kernel.assumption === undefined ? [] : [`note: ${fits.kernel.assumption}`]),
      ...fits.doubts.map((text) => `not certain: ${text}`),
    ]
      .map((line) => style.dim(line))
      .join('\n'),
  ];
  return `${blocks.filter((block) => block !== '').join('\n')}\n`;
}

/** The steps that say something: those that do not fit, and the last ones. */
function shorten(steps: readonly FitsStep[]): FitsStep[] {
  const keepFrom = steps.length - STEPS_SHOWN / 2;
  return steps.filter((step, at) => step.fits !== true || at >= keepFrom);
}

function verdict(fits: Fits, style: Style): string {
  if (fits.steps.length === 0) return style.good('It fits: there is nothing to take down.');
  if (fits.fits === true) return style.good('It fits.');
  if (fits.fits === null) return style.warn('It cannot be decided from what is known.');
  const refused = fits.steps.find((step) => step.fits === false);
  const total =
    refused === undefined ? '' : ` The kernel refuses at CPU ${refused.cpu}${totals(fits, refused)}.`;
  return `${style.bad('It does not fit.')}${total}`;
}

/** Where only one CPU is left to take all, the figures are those of the whole machine. */
function totals(fits: Fits, refused: FitsStep): string {
  if (refused.change === 'offline') return '';
  const all = fits.onePrimary;
  if (all === undefined) return '';
  return `: in the end ${formatRange(all.needed)} vectors must fit ${formatRange(all.room)} on CPU ${all.cpu}`;
}

function stepText(step: FitsStep, style: Style): string {
  const figures = `${formatRange(step.needed)} to move, ${formatRange(step.available)} available on the others`;
  const word =
    step.fits === true
      ? style.good('fits')
      : step.fits === false
        ? style.bad('refused')
        : style.warn('undecided');
  const lines = [`  CPU ${step.cpu} ${step.change === 'offline' ? 'offline' : 'down'}: ${word} (${figures})`];
  if (step.message !== undefined) lines.push(`    kernel: ${step.message}`);
  if (step.moves.length > 0) {
    const targets = formatNumberList([...new Set(step.moves.map((move) => move.to))].sort((a, b) => a - b));
    lines.push(`    ${plural(step.moves.length, 'vector')} move to CPU ${targets}`);
  }
  const list = (irqs: readonly number[], text: string): void => {
    if (irqs.length > 0) lines.push(`    ${text}: IRQ ${formatNumberList(irqs)}`);
  };
  list(step.shutdown, 'shut down until a CPU of their mask returns');
  list(step.broken, 'lose their affinity mask');
  list(step.stuck, 'find no vector inside their mask and are lost');
  return lines.join('\n');
}
