import { availableParallelism } from 'node:os';
import type { SweepAnswer } from '../../format/sweep.ts';
import { type ReadText, readText } from '../../host/read-text.ts';
import type { VectorPolicy } from '../../policy/vector-policy.ts';
import { compareOf } from '../../query/compare/compare.ts';
import type { MachineWorkload } from '../../query/compare/workload-of-machine.ts';
import { EXIT } from '../exit-codes.ts';
import { kernelOption, readWorkload } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { policiesOption } from '../policy-option.ts';
import { renderCompare } from '../render/compare.ts';
import { compareHtml } from '../render/compare-html.ts';
import { compareSvg } from '../render/compare-svg.ts';
import { renderSweep } from '../render/sweep.ts';
import { sweepSvg } from '../render/sweep-svg.ts';
import { clip, printableAnswer } from '../render/text.ts';
import { progressOn } from '../sweep/progress.ts';
import { sweepInThreads } from '../sweep/threads.ts';
import { sweepOf } from '../sweep/worker.ts';
import { locating, UsageError } from '../usage-error.ts';

export interface CompareOptions {
  readonly root?: string;
  /** Only what would be run. */
  readonly scenario?: boolean;
  readonly kernel?: string;
  readonly policy?: string;
  readonly map?: boolean;
  readonly svg?: boolean;
  readonly html?: boolean;
  readonly json?: boolean;
  readonly sweep?: readonly string[];
  readonly jobs?: string;
}

export async function runCompare(
  path: string | undefined,
  options: CompareOptions,
  out: Output,
): Promise<number> {
  const forms = (['json', 'svg', 'html'] as const).filter((form) => options[form] === true);
  if (forms.length > 1) throw new UsageError(`--${forms[0]} and --${forms[1]}: expected one of them`);
  if (options.sweep !== undefined && options.html === true) {
    throw new UsageError('--sweep: expected no --html with it');
  }
  const kernel = kernelOption(options.kernel);
  const policies: readonly VectorPolicy[] | undefined = policiesOption(options.policy);
  const { file, text, leftOut } = readInput(path, options);
  if (options.scenario === true) {
    out.write(text);
    return EXIT.ok;
  }
  if (options.sweep !== undefined) return sweep({ file, text }, options, out);
  const draws = options.svg === true || options.html === true;
  const map = options.map === true || draws;
  const compared = locating(() => compareOf(text, file, { kernel, policies, map }));
  const answer = leftOut === undefined ? compared : { ...compared, leftOut: [...leftOut] };
  if (options.json === true) writeJson(out, answer);
  else if (draws) {
    const clean = printableAnswer(answer);
    out.write(options.html === true ? compareHtml(clean) : compareSvg(clean));
  } else out.write(renderCompare(answer, out));
  return answer.policies.every(({ failures }) => failures === 0) ? EXIT.ok : EXIT.no;
}

interface Input extends ReadText {
  readonly leftOut?: MachineWorkload['leftOut'];
}

/** @throws UsageError where there is neither a scenario nor a machine, or both */
function readInput(path: string | undefined, { root, kernel }: CompareOptions): Input {
  if (root === undefined) {
    if (path !== undefined) return readText(path, 'a scenario');
    throw new UsageError(
      'compare: the file of a scenario is needed, - for standard input, or --root for a machine',
    );
  }
  if (path !== undefined) throw new UsageError('--root: expected no scenario with it');
  const { scenario, leftOut } = readWorkload({ root, ...(kernel === undefined ? {} : { kernel }) });
  return { file: root, text: `${JSON.stringify(scenario, undefined, 2)}\n`, leftOut };
}

async function sweep({ file, text }: ReadText, options: CompareOptions, out: Output): Promise<number> {
  const { kernel, sweep: dimensions = [] } = options;
  const policies = policiesOption(options.policy);
  const task = { text, file, dimensions, kernel, policies: policies?.map(({ name }) => name) };
  const progress = progressOn();
  try {
    const whole = locating(() => sweepOf(task));
    const lines = await sweepInThreads(task, jobsOption(options.jobs), progress.show);
    const answer = whole.answer(lines);
    progress.end();
    if (options.json === true) writeJson(out, answer);
    else out.write(options.svg === true ? plotOf(answer) : renderSweep(answer, out));
    const fails = answer.policies.some(({ cells }) =>
      cells.some(({ turns }) => turns.some(({ failure }) => failure !== undefined)),
    );
    return fails ? EXIT.no : EXIT.ok;
  } finally {
    progress.end();
  }
}

/** @throws UsageError where there is none in it */
function plotOf(answer: SweepAnswer): string {
  const plot = sweepSvg(printableAnswer(answer));
  if (plot !== undefined) return plot;
  throw new UsageError('--svg: expected a range, and one other dimension of several values to plot it by');
}

const MOST_JOBS = 256;

/** @throws UsageError */
function jobsOption(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const jobs = Number(text);
  if (!/^\d+$/.test(text) || jobs < 1 || jobs > MOST_JOBS) {
    throw new UsageError(`--jobs: expected 1 to ${MOST_JOBS}, found "${clip(text, 40)}"`);
  }
  return jobs;
}
