/** A sweep as a plot: along the first dimension that takes several values, how much of the sought one works, a line per policy. */
import type { ComparedFailure } from '../../format/compare.ts';
import type { SweepAnswer, SweepCell } from '../../format/sweep.ts';
import { escapeXml } from './xml.ts';

const WIDTH = 560;
const HEIGHT = 340;
const LEFT = 60;
const TOP = 40;
const BOTTOM = 60;
const LEGEND = 240;
/** Lines of policies that give the same lie on each other: later ones are thinner. */
const THINNEST = 1.5;
const THICKER = 1.2;
const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#555555',
  '#8c564b',
  '#6a3d9a',
  '#b8860b',
  '#1b7837',
  '#000000',
];
/** What fails, as a mark on the line. */
const MARKS: Readonly<Record<string, string>> = {
  enable: 'circle: a device gets no vector when it is enabled',
  request: 'triangle: a request is refused',
  other: 'square: a CPU cannot go, or takes interrupts with it',
};

interface Point {
  readonly x: number;
  /** The last value that works, the first one less 1 where none does. */
  readonly y: number;
  readonly failure: ComparedFailure | undefined;
}

interface Line {
  readonly policy: string;
  readonly points: readonly Point[];
}

/** Undefined where there is no plot in it: nothing is sought, or nothing varies besides. */
export function sweepSvg(a: SweepAnswer): string | undefined {
  const sought = a.dimensions.find(({ isSought }) => isSought);
  const others = a.dimensions.filter(({ isSought }) => !isSought);
  const along = others[0];
  if (sought === undefined || along === undefined || others.length > 1 || along.values.length < 2)
    return undefined;
  const lines = a.policies.map(({ policy, cells }) => ({
    policy,
    points: cells.map((cell) => pointOf(cell, sought.values)),
  }));
  const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ y }) => y)));
  const [least, widest] = [Math.min(...along.values), Math.max(...along.values)];
  const right = LEFT + WIDTH;
  const floor = TOP + HEIGHT;
  const x = (value: number): number => LEFT + ((value - least) / (widest - least)) * WIDTH;
  const y = (value: number): number => floor - (value / most) * HEIGHT;
  const total = `width="${right + LEGEND}" height="${floor + BOTTOM}" viewBox="0 0 ${right + LEGEND} ${floor + BOTTOM}"`;
  const body = [
    `<path fill="none" stroke="#222" d="M${LEFT} ${TOP}V${floor}H${right}"/>`,
    text(LEFT, 20, a.source, 'font-weight="bold" font-size="13"'),
    text(LEFT - 45, TOP - 8, `${sought.name} that work`),
    text(right, floor + 34, along.name, 'text-anchor="end"'),
    ...along.values.map((value) => text(x(value), floor + 16, String(value), 'text-anchor="middle"')),
    ...ticks(most).flatMap((value) => [
      text(LEFT - 6, y(value) + 4, String(value), 'text-anchor="end"'),
      `<path stroke="#ddd" d="M${LEFT} ${round(y(value))}H${right}"/>`,
    ]),
    ...lines.flatMap((line, at) => drawn(line, at, lines.length, x, y)),
    ...lines.map(({ policy }, at) => legend(policy, at, right + 16, TOP + at * 16)),
    ...Object.values(MARKS).map((words, at) =>
      text(LEFT + (at === 2 ? 300 : 0), floor + (at === 0 ? 34 : 50), words),
    ),
  ];
  const font = 'font-family="sans-serif" font-size="11"';
  const title = `<title>${escapeXml(`${a.source}: ${sought.name} that work, by ${along.name}`)}</title>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${total} ${font}>${title}\n${body.join('\n')}\n</svg>\n`;
}

function pointOf({ at, turns }: SweepCell, values: readonly number[]): Point {
  const [first = 0, last = first] = [values[0], values.at(-1)];
  const fails = turns.find(({ failure }) => failure !== undefined);
  return { x: at[0] ?? 0, y: fails === undefined ? last : fails.value - 1, failure: fails?.failure };
}

/** Round figures, some five of them. */
function ticks(most: number): number[] {
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? raw);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step);
}

function drawn(
  { points }: Line,
  at: number,
  of: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  const colour = colourOf(at);
  const places = points.map((point) => ({
    ...point,
    at: [round(x(point.x)), round(y(point.y))],
  }));
  const width = round(THINNEST + (of - 1 - at) * THICKER);
  const path = places.map((place, n) => `${n === 0 ? 'M' : 'L'}${place.at.join(' ')}`).join('');
  return [
    `<path fill="none" stroke="${colour}" stroke-width="${width}" d="${path}"/>`,
    ...places.flatMap(({ at: [px = 0, py = 0], failure }) =>
      failure === undefined ? [] : [mark(failure, px, py, colour)],
    ),
  ];
}

function mark({ kind }: ComparedFailure, x: number, y: number, colour: string): string {
  if (kind === 'enable') return `<circle cx="${x}" cy="${y}" r="4" fill="${colour}"/>`;
  if (kind === 'request') return `<path fill="${colour}" d="M${x} ${y - 5}l5 9h-10z"/>`;
  return `<rect x="${round(x - 3.5)}" y="${round(y - 3.5)}" width="7" height="7" fill="${colour}"/>`;
}

function legend(policy: string, at: number, x: number, y: number): string {
  const line = `<path stroke="${colourOf(at)}" stroke-width="3" d="M${x} ${y}h18"/>`;
  return `${line}${text(x + 24, y + 4, policy)}`;
}

function colourOf(at: number): string {
  return COLOURS[at % COLOURS.length] ?? '#000000';
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

function text(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeXml(words)}</text>`;
}
