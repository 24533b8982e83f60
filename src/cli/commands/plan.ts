import { parseCpuList, parseCpuSequence } from '../../base/cpu-list.ts';
import type { CpuSet } from '../../base/cpu-set.ts';
import { isLiveRoot } from '../../host/open-root.ts';
import { type ReadText, readText } from '../../host/read-text.ts';
import { refuseExisting, writeWhole } from '../../host/write-file.ts';
import type { MachineState } from '../../model/machine-state.ts';
import { ParseError } from '../../parse/parse-error.ts';
import type { HintPolicy, PlanGoal, PlanRequest, Rates } from '../../plan/goal.ts';
import { ratesBetween } from '../../plan/rates.ts';
import { readPolicy } from '../../plan/read-policy.ts';
import { planOf } from '../../query/plan.ts';
import { EXIT } from '../exit-codes.ts';
import { intervalOption } from '../interval-option.ts';
import { type MachineOptions, readMachine } from '../machine.ts';
import { jsonText, type Output, writeJson } from '../output.ts';
import { renderPlan } from '../render/plan.ts';
import { clip } from '../render/text.ts';
import { UsageError } from '../usage-error.ts';

export interface PlanOptions extends MachineOptions {
  readonly by?: string;
  readonly interval?: string;
  readonly since?: string;
  readonly hints: string;
  readonly wide?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

/** Seconds between the two readings of this machine. */
const USUAL_INTERVAL = 1;

/** As in the help, with what each takes. */
const GOALS = 'balance, spread, isolate LIST, drain LIST, numa-local, headroom N or from FILE';

export function runPlan(name: string, value: string | undefined, options: PlanOptions, out: Output): number {
  const policy = name === 'from' ? policyText(value) : undefined;
  const asked = policy === undefined ? goalOf(name, value, options) : undefined;
  const hints = hintsOf(options.hints);
  if (options.output !== undefined) refuseExisting(options.output);
  const { machine, rates } = readings(asked, options);
  const goal = asked ?? policyGoal(policy, machine);
  const request: PlanRequest = { goal, hints, wide: options.wide === true, rates };
  const plan = planOf(machine, request);
  if (options.output !== undefined) writeWhole(options.output, Buffer.from(jsonText(plan)));
  if (options.json === true) writeJson(out, plan);
  else out.write(renderPlan(plan, options.output, out));
  return plan.feasible === true ? EXIT.ok : EXIT.no;
}

function goalOf(name: string, value: string | undefined, options: PlanOptions): PlanGoal {
  if (name !== 'balance' && (options.by ?? options.interval ?? options.since) !== undefined) {
    throw new UsageError('--by, --interval and --since go with plan balance');
  }
  switch (name) {
    case 'balance':
      none(name, value);
      return { kind: 'balance', by: byOf(options.by) };
    case 'spread':
    case 'numa-local':
      none(name, value);
      return { kind: name };
    case 'isolate':
      return { kind: 'isolate', cpus: cpusOf(name, value) };
    case 'drain':
      return { kind: 'drain', cpus: sequenceOf(name, value) };
    case 'headroom':
      return { kind: 'headroom', vectors: countOf(value) };
    default:
      throw new UsageError(`plan: no goal "${clip(name, 40)}"; expected ${GOALS}`);
  }
}

function policyText(path: string | undefined): ReadText {
  if (path === undefined)
    throw new UsageError('plan from: expected the file of a tuned profile or an irqbalance policy');
  return readText(path, 'a tuned profile or an irqbalance policy');
}

/** What it says is checked against the machine. */
function policyGoal(read: ReadText | undefined, machine: MachineState): PlanGoal {
  try {
    return { kind: 'policy', policy: readPolicy(read?.text ?? '', read?.file ?? '', machine) };
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(error.message);
    throw error;
  }
}

function none(name: string, value: string | undefined): void {
  if (value !== undefined) throw new UsageError(`plan ${name}: takes nothing, found "${clip(value, 40)}"`);
}

function byOf(by: string | undefined): 'rates' | 'vectors' {
  if (by === undefined || by === 'rates') return 'rates';
  if (by === 'vectors') return 'vectors';
  throw new UsageError(`--by: expected rates or vectors, found "${clip(by, 40)}"`);
}

function hintsOf(hints: string): HintPolicy {
  if (hints === 'exact' || hints === 'subset' || hints === 'ignore') return hints;
  throw new UsageError(`--hints: expected exact, subset or ignore, found "${clip(hints, 40)}"`);
}

function cpusOf(name: string, value: string | undefined): CpuSet {
  const cpus = parseCpuList(value ?? '');
  if (cpus.ok && !cpus.value.isEmpty) return cpus.value;
  throw listError(name, cpus.ok ? undefined : cpus.error);
}

function sequenceOf(name: string, value: string | undefined): readonly number[] {
  const cpus = parseCpuSequence(value ?? '');
  if (cpus.ok && cpus.value.length > 0) return cpus.value;
  throw listError(name, cpus.ok ? undefined : cpus.error);
}

function listError(name: string, error: { text: string; expected: string } | undefined): UsageError {
  if (error === undefined) return new UsageError(`plan ${name}: expected a CPU list like 3 or 4-7`);
  return new UsageError(`plan ${name}: expected ${error.expected}, found "${clip(error.text, 40)}"`);
}

function countOf(value: string | undefined): number {
  const count = Number(value);
  if (value !== undefined && /^\d{1,3}$/.test(value) && count <= 256) return count;
  const found = value === undefined ? '' : `, found "${clip(value, 40)}"`;
  throw new UsageError(`plan headroom: expected a number of vectors from 0 to 256${found}`);
}

/** The machine, and for balance by rates what was delivered since an earlier look at it. */
function readings(
  goal: PlanGoal | undefined,
  options: PlanOptions,
): { machine: MachineState; rates: Rates | undefined } {
  if (goal?.kind !== 'balance' || goal.by !== 'rates') {
    if (options.since !== undefined || options.interval !== undefined) {
      throw new UsageError('--since and --interval measure rates: they go without --by vectors');
    }
    return { machine: readMachine(options), rates: undefined };
  }
  const seconds = intervalOption(options.interval);
  if (options.since !== undefined) {
    if (seconds !== undefined) throw new UsageError('--since and --interval: one of them');
    const { since: root } = options;
    const earlier = readMachine({ ...options, root });
    const machine = readMachine(options);
    return { machine, rates: comparable(earlier, machine, undefined, root) };
  }
  if (!isLiveRoot(options.root)) {
    throw new UsageError('plan balance: rates need an earlier reading (--since PATH); or ask --by vectors');
  }
  const earlier = readMachine(options);
  const waited = seconds ?? USUAL_INTERVAL;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waited * 1000);
  const machine = readMachine(options);
  return { machine, rates: comparable(earlier, machine, waited, options.root) };
}

function comparable(
  earlier: MachineState,
  machine: MachineState,
  seconds: number | undefined,
  root: string,
): Rates {
  const rates = ratesBetween(earlier, machine, seconds);
  if (rates === undefined) throw new UsageError(`${root}: has no interrupt in common, or shows no counts`);
  return rates;
}
