/** Policies side by side: a row each, and what the first failure of each says. */
import type { CompareAnswer, ComparedFailure, ComparedPolicy } from '../../format/compare.ts';
import type { Output } from '../output.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { printableAnswer, wrap } from './text.ts';

export function renderCompare(answer: CompareAnswer, out: Output): string {
  const a = printableAnswer(answer);
  const style = styleFor(out.color);
  const ran = a.policies.filter(({ cannot }) => cannot === undefined);
  const blocks = [
    head(a, out),
    [style.bold('Vectors taken after each stage'), ...stageTables(a, ran, out), ...stageLegend(out, style)],
    [style.bold('At the end'), ...endTable(ran), ...endLegend(out, style)],
    ...(ran.some(usesHotplug)
      ? [[style.bold('CPUs that go'), ...hotplugTable(ran), ...hotplugLegend(out, style)]]
      : []),
    [style.bold('What fails first'), ...firstFailures(a, out, style)],
    ...(ran.length < a.policies.length ? [cannots(a, out)] : []),
    ...(a.leftOut === undefined || a.leftOut.length === 0 ? [] : [leftOut(a.leftOut, out)]),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function head(a: CompareAnswer, out: Output): string[] {
  const failing = a.policies.filter(({ failures }) => failures > 0).length;
  const verdict = failing === 0 ? 'none fails' : `${failing} of them fail`;
  const count = a.policies.length === 1 ? '1 policy' : `${a.policies.length} policies`;
  const text = `${a.source}: CPUs ${a.online} online, rules of ${a.kernel.profile}; ${count}, ${verdict}`;
  return wrap(text, out.columns, '  ');
}

const POLICY: Column = { title: 'policy', align: 'left' };
const right = (title: string): Column => ({ title, align: 'right' });
const GAP = 2;

/** As many stages side by side as there is room for, the others below. */
function stageTables(a: CompareAnswer, ran: readonly ComparedPolicy[], out: Output): string[] {
  const names = Math.max(0, ...ran.map(({ policy }) => policy.length));
  const chunks: number[][] = [[]];
  let width = names + GAP;
  for (const [at, { name }] of a.stages.entries()) {
    const cells = ran.map((policy) => stageCell(policy, at).length);
    const needed = GAP + Math.max(name.length, ...cells);
    const last = chunks.at(-1) ?? [];
    if (last.length > 0 && width + needed > out.columns) {
      chunks.push([at]);
      width = names + GAP + needed;
    } else {
      last.push(at);
      width += needed;
    }
  }
  return chunks.flatMap((chunk) =>
    renderTable(
      [POLICY, ...chunk.map((at) => right(a.stages[at]?.name ?? ''))],
      ran.map((policy) => [policy.policy, ...chunk.map((at) => stageCell(policy, at))]),
    ),
  );
}

/** `352+16!`: taken, promised besides, and here something failed for the first time. */
function stageCell({ stages, firstFailure }: ComparedPolicy, at: number): string {
  const figures = stages[at];
  const mark = firstFailure?.stage === at ? '!' : '';
  if (figures === undefined) return `stopped${mark}`;
  const promised = figures.reserved + figures.setAside;
  return `${figures.vectors}${promised === 0 ? '' : `+${promised}`}${mark}`;
}

function legend(text: string, out: Output, style: Style): string[] {
  return wrap(`  ${text}`, out.columns, '  ').map(style.dim);
}

function stageLegend(out: Output, style: Style): string[] {
  return legend(
    '352+16: taken on the CPUs that are online, and promised besides (reserved, or set aside for managed interrupts); ' +
      '!: here something fails for the first time',
    out,
    style,
  );
}

const END: readonly Column[] = [
  POLICY,
  right('per CPU'),
  right('taken'),
  right('in use'),
  right('wasted'),
  right('set aside'),
  right('fullest'),
  right('imbalance'),
];

function endTable(ran: readonly ComparedPolicy[]): string[] {
  return renderTable(
    END,
    ran.map(({ policy, perCpu, stages }) => {
      const end = stages.at(-1);
      if (end === undefined) return [policy, String(perCpu)];
      const { vectors, inUse, wasted, setAside, fullest, imbalance } = end;
      const figures = [perCpu, vectors, inUse, wasted, setAside].map(String);
      return [policy, ...figures, `CPU ${fullest.cpu}: ${fullest.vectors}`, imbalance.toFixed(2)];
    }),
  );
}

function endLegend(out: Output, style: Style): string[] {
  return legend(
    'per CPU: vectors that devices can have; wasted: taken, and no interrupt with a handler arrives by it; imbalance: the ' +
      "fullest CPU's vectors by the mean",
    out,
    style,
  );
}

function usesHotplug({ hotplug }: ComparedPolicy): boolean {
  return hotplug.gone + hotplug.refused.length > 0;
}

const HOTPLUG = ['went', 'refused', 'moved', 'broken', 'shut down', 'restored', 'lost', 'displaced'];

function hotplugTable(ran: readonly ComparedPolicy[]): string[] {
  return renderTable(
    [POLICY, ...HOTPLUG.map(right)],
    ran.map(({ policy, hotplug: h }) => {
      const figures = [
        h.gone,
        h.refused.length,
        h.moved,
        h.broken,
        h.shutdown,
        h.restored,
        h.lost,
        h.displaced,
      ];
      return [policy, ...figures.map(String)];
    }),
  );
}

function hotplugLegend(out: Output, style: Style): string[] {
  return legend(
    'went, refused: CPUs; of interrupts: moved inside their affinity, moved with a broken one, managed ones shut down and ' +
      'started again, lost with their CPU; displaced: in use before, and now elsewhere or without a vector',
    out,
    style,
  );
}

function firstFailures(a: CompareAnswer, out: Output, style: Style): string[] {
  const names = Math.max(0, ...a.policies.map(({ policy }) => policy.length));
  return a.policies
    .filter(({ cannot }) => cannot === undefined)
    .flatMap(({ policy, firstFailure }) => {
      const label = `  ${policy.padEnd(names)}  `;
      if (firstFailure === undefined) return [`${label}${style.good('nothing')}`];
      const lines = wrap(failureText(a, firstFailure), out.columns - label.length);
      return lines.map((line, at) => `${at === 0 ? label : ' '.repeat(label.length)}${style.bad(line)}`);
    });
}

/** `hibernate (step 3): ERANGE: CPU 31 disable failed: ...`. */
function failureText(a: CompareAnswer, { step, stage, target, errno, says }: ComparedFailure): string {
  const what = [a.stages[stage]?.name ?? '', target].filter((word) => word !== '').join(' ');
  return [`${what} (step ${step})`, errno, says].filter((part) => part !== '').join(': ');
}

function cannots(a: CompareAnswer, out: Output): string[] {
  return a.policies.flatMap(({ policy, cannot }) =>
    cannot === undefined ? [] : wrap(`${policy} cannot run this machine: ${cannot}`, out.columns, '  '),
  );
}

function leftOut(all: NonNullable<CompareAnswer['leftOut']>, out: Output): string[] {
  const each = all.map(({ device, driver, messages }) => `${device} (${driver}, ${messages})`);
  return wrap(
    `left out, for the catalogue does not have their driver (messages): ${each.join(', ')}`,
    out.columns,
    '  ',
  );
}
