import type { Range } from '../../base/range.ts';
import type { Fits } from '../../format/fits.ts';
import { figure } from './figure.ts';

const WIDTH = 340;
const HEIGHT = 132;
const LEFT = 34;
/** Width of one in a label. */
const LETTER = 6.2;
const TOP = 14;
const BOTTOM = 22;

/** One or two steps are no curve: the sentence beside it says them. */
export function isCurve(fits: Fits): boolean {
  return fits.steps.length > 2;
}

interface Props {
  readonly fits: Fits;
  /** How many there would be if none were refused. */
  readonly steps: number;
}

/**
 * Vectors that have to move against vectors available, CPU after CPU. The scale is logarithmic: thousands are
 * available at the start, and what matters happens among the last hundred.
 */
export function StepChart({ fits, steps }: Props) {
  const last = fits.steps.at(-1);
  if (last === undefined) return null;
  const labels = [`${figure(last.available)} available`, `${figure(last.needed)} needed`];
  const right = 10 + LETTER * Math.max(...labels.map((label) => label.length));
  const top = Math.max(10, ...fits.steps.map((step) => Math.max(step.available.max, step.needed.max)));
  const x = (at: number): number => LEFT + ((WIDTH - LEFT - right) * at) / Math.max(1, steps - 1);
  const y = (n: number): number =>
    TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.log10(1 + Math.max(0, n)) / Math.log10(1 + top));
  const line = (pick: (step: Fits['steps'][number]) => number): string =>
    fits.steps.map((step, at) => `${x(at).toFixed(1)},${y(pick(step)).toFixed(1)}`).join(' ');
  const band = (pick: (step: Fits['steps'][number]) => Range): string =>
    `${line((step) => pick(step).max)} ${[...fits.steps]
      .map((step, at) => `${x(at).toFixed(1)},${y(pick(step).min).toFixed(1)}`)
      .reverse()
      .join(' ')}`;
  const ticks = [1, 10, 100, 1000, 10_000, 100_000].filter((n) => n <= top);
  const end = x(fits.steps.length - 1);
  const [availableY, neededY] = apart(y(last.available.min), y(last.needed.max));
  return (
    <svg
      class="step-chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Needed and available vectors in ${fits.steps.length} of ${steps} steps; at CPU ${last.cpu} ${figure(last.needed)} needed, ${figure(last.available)} available`}
    >
      {ticks.map((n) => (
        <g key={n}>
          <line class="chart-grid" x1={LEFT} x2={WIDTH - right} y1={y(n)} y2={y(n)} />
          <text x={LEFT - 5} y={y(n) + 3.5} text-anchor="end">
            {n < 1000 ? n : `${n / 1000}k`}
          </text>
        </g>
      ))}
      <polygon class="chart-available-band" points={band((step) => step.available)} />
      <polygon class="chart-needed-band" points={band((step) => step.needed)} />
      <polyline class="chart-available" points={line((step) => step.available.min)} />
      <polyline class="chart-needed" points={line((step) => step.needed.max)} />
      <circle class="chart-available-dot" cx={end} cy={y(last.available.min)} r="2.5" />
      <circle class="chart-needed-dot" cx={end} cy={y(last.needed.max)} r="2.5" />
      <text class="chart-available-text" x={end + 7} y={availableY}>
        {labels[0]}
      </text>
      <text class="chart-needed-text" x={end + 7} y={neededY}>
        {labels[1]}
      </text>
      <text x={LEFT} y={HEIGHT - 6}>
        CPU {fits.steps[0]?.cpu} first
      </text>
      <text x={end} y={HEIGHT - 6} text-anchor="end">
        {fits.steps.length > 1 ? `CPU ${last.cpu}` : ''}
      </text>
    </svg>
  );
}

/** Base lines of the two end labels, moved apart where they would touch. */
function apart(available: number, needed: number): [number, number] {
  const middle = (available + needed) / 2;
  const half = Math.max(7, Math.abs(available - needed) / 2);
  const sign = available <= needed ? -1 : 1;
  return [middle + sign * half + 3.5, middle - sign * half + 3.5];
}
