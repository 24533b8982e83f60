/**
 * Policies side by side as small multiples: a row per policy, a column per stage, in each a picture of the vector space
 * with a line per CPU and the vectors from left to right. One SVG that needs nothing else.
 */
import { parseCpuList } from '../../base/cpu-list.ts';
import type { CompareAnswer, ComparedCpu, ComparedPolicy } from '../../format/compare.ts';
import { escapeXml } from './xml.ts';

/** Vectors are drawn from here on: those before are the processor's own. */
const FIRST = 32;
const LAST = 255;
const WIDTH = LAST - FIRST + 1;
const LABEL = 150;
const GAP = 24;
const HEAD = 70;
const CAPTION = 30;
/** A line per CPU: high enough to see where there are few, the whole not higher than a screen where there are many. */
const ROW_HIGHEST = 5;
const MAP_HEIGHT = 160;

/** Of the palette of Okabe and Ito, which is told apart without red and green. */
const KINDS = [
  { key: 'moving', colour: '#0072b2', meaning: 'in use, may move' },
  { key: 'managed', colour: '#009e73', meaning: 'in use, managed' },
  { key: 'wasted', colour: '#d55e00', meaning: 'taken, and used by nobody' },
] as const;
const FREE = '#eeeeee';
const OFFLINE = '#bbbbbb';

export function compareSvg(a: CompareAnswer): string {
  const ran = a.policies.filter(({ cannot }) => cannot === undefined);
  const cpus = ran[0]?.stages[0]?.map?.length ?? 1;
  const row = Math.min(ROW_HIGHEST, Math.max(1, Math.floor(MAP_HEIGHT / cpus)));
  const height = cpus * row;
  const width = LABEL + a.stages.length * (WIDTH + GAP);
  const total = HEAD + ran.length * (height + CAPTION);
  const body = [
    text(8, 18, a.source, 'font-weight="bold" font-size="13"'),
    ...KINDS.map(({ colour, meaning }, at) => {
      const x = LABEL + at * 190;
      return `<rect x="${x}" y="28" width="10" height="10" fill="${colour}"/>${text(x + 14, 37, meaning)}`;
    }),
    ...a.stages.map(({ name }, at) => text(LABEL + at * (WIDTH + GAP), 60, name, 'font-weight="bold"')),
    ...ran.flatMap((policy, n) => drawn(policy, a, HEAD + n * (height + CAPTION), row, height)),
  ];
  const size = `width="${width}" height="${total}" viewBox="0 0 ${width} ${total}"`;
  const title = `<title>${escapeXml(`${a.source}: vectors of each CPU under each policy`)}</title>`;
  const font = 'font-family="sans-serif" font-size="11"';
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${size} ${font}>${title}\n${body.join('\n')}\n</svg>\n`;
}

function drawn(policy: ComparedPolicy, a: CompareAnswer, y: number, row: number, height: number): string[] {
  const { firstFailure } = policy;
  return [
    text(8, y + 12, policy.policy, 'font-weight="bold"'),
    text(8, y + 27, `${policy.perCpu} per CPU`),
    ...a.stages.flatMap((_, at) => {
      const x = LABEL + at * (WIDTH + GAP);
      const stage = policy.stages[at];
      if (stage === undefined) return [text(x, y + 12, 'the kernel stopped', `fill="${KINDS[2].colour}"`)];
      const promised = stage.reserved + stage.setAside;
      const facts = `${stage.vectors} taken, ${promised} promised, CPU ${stage.fullest.cpu}: ${stage.fullest.vectors}`;
      const fails = firstFailure?.stage === at ? ` — ${firstFailure.errno}` : '';
      return [
        ...picture(stage.map ?? [], x, y, row),
        `<rect x="${x - 0.5}" y="${y - 0.5}" width="${WIDTH + 1}" height="${height + 1}" fill="none" stroke="#888"/>`,
        text(x, y + height + 13, `${facts}${fails}`, fails === '' ? '' : `fill="${KINDS[2].colour}"`),
      ];
    }),
  ];
}

/** One path per kind: thousands of rectangles would be ten times as long. */
function picture(map: readonly ComparedCpu[], x: number, y: number, row: number): string[] {
  const height = map.length * row;
  const offline = map.flatMap(({ online }, at) =>
    online ? [] : [`M${x} ${y + at * row}h${WIDTH}v${row}h-${WIDTH}z`],
  );
  return [
    `<rect x="${x}" y="${y}" width="${WIDTH}" height="${height}" fill="${FREE}"/>`,
    ...path(offline, OFFLINE),
    ...KINDS.flatMap(({ key, colour }) =>
      path(
        map.flatMap((cpu, at) =>
          runsOf(cpu[key]).map(([from, to]) => {
            const wide = to - from + 1;
            return `M${x + from - FIRST} ${y + at * row}h${wide}v${row}h-${wide}z`;
          }),
        ),
        colour,
      ),
    ),
  ];
}

function path(parts: readonly string[], colour: string): string[] {
  return parts.length === 0 ? [] : [`<path fill="${colour}" d="${parts.join('')}"/>`];
}

/** First and last of each run of consecutive numbers. */
function runsOf(list: string): [number, number][] {
  const parsed = parseCpuList(list);
  const runs: [number, number][] = [];
  for (const vector of parsed.ok ? parsed.value : []) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === vector - 1) last[1] = vector;
    else runs.push([vector, vector]);
  }
  return runs;
}

function text(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeXml(words)}</text>`;
}
