import { CpuSet } from '../base/cpu-set.ts';
import { Kernel } from '../model/kernel.ts';
import type { KernelProfile } from '../model/kernel-profile.ts';
import type { KernelFacts } from '../model/machine-state.ts';
import { inferHousekeeping } from '../observe/infer.ts';
import { inferKernel } from '../observe/infer-kernel.ts';
import type { Observation } from '../observe/observation.ts';
import { parseFtrace } from '../parse/ftrace.ts';
import type { OpsLogLine } from '../parse/ops-log.ts';
import type { TraceDat } from '../parse/trace-dat/trace-dat.ts';
import { checkLog } from './check-log.ts';
import { type PlacedSnapshot, SnapshotFacts } from './facts.ts';
import type { IrqbalanceLogs } from './irqbalance-runs.ts';
import { type OnlineCpus, type Outline, outlineOf } from './outline.ts';
import { type PredictedMessage, Predictor } from './predictor.ts';
import { refuseForeign } from './refuse-foreign.ts';
import { ReplayInputError } from './replay-input-error.ts';
import { Replayer } from './replayer.ts';
import { nodesOf, startFrom } from './start-state.ts';
import { Tally } from './tally.ts';
import { TraceWindow } from './trace-window.ts';

export interface NamedSnapshot {
  readonly name: string;
  readonly observation: Observation;
}

export interface ReplayInput {
  /** Path of the trace, for messages. */
  readonly file: string;
  /** ftrace's text, or what trace-cmd recorded. */
  readonly trace: string | TraceDat;
  /** In order. Placed by the marks of the trace that name them; without such marks the first is the state before. */
  readonly snapshots: readonly NamedSnapshot[];
  readonly ops: readonly OpsLogLine[];
  /** The kernel's log, to compare its messages about vectors. */
  readonly log: string | undefined;
  /** irqbalance's debug logs by the name of the run, where a capture has them. */
  readonly irqbalance?: IrqbalanceLogs;
  readonly profile: KernelProfile | undefined;
  /** Told the model's state when a snapshot was taken, before they are compared. */
  readonly onSnapshot?: (name: string, kernel: Kernel) => void;
}

export interface ReplayOutcome {
  readonly tally: Tally;
  readonly messages: readonly PredictedMessage[];
  readonly kernel: Kernel;
  readonly facts: KernelFacts;
  readonly outline: Outline;
  readonly snapshots: readonly PlacedSnapshot[];
}

/**
 * @throws ParseError or TraceDatError where the trace is none, ReplayInputError where the parts do not belong together or are not
 * enough to begin with
 */
export function replay(input: ReplayInput): ReplayOutcome {
  const { trace } = input;
  const records = (): ReturnType<typeof parseFtrace> =>
    typeof trace === 'string' ? parseFtrace(trace, input.file) : trace.records();
  const [first] = input.snapshots;
  if (first === undefined) {
    // What is no trace at all is told first.
    records().next();
    throw new ReplayInputError(
      `${input.file}: expected a snapshot of its machine: --root SNAPSHOT, or a capture's folder`,
    );
  }
  const kernelFacts = inferKernel(first.observation, input.profile);
  const { freezesDescending } = kernelFacts.profile;
  const freezes = hasFreeze(input) ? (freezesDescending ? 'descending' : 'ascending') : 'none';
  const outline = outlineOf(records(), onlineCpus(input.snapshots), freezes);
  const snapshots = placeSnapshots(input, outline);
  refuseForeign(input.file, snapshots, outline, kernelFacts.profile, input.profile !== undefined);
  const observations = snapshots.map(({ observation }) => observation);
  const facts = new SnapshotFacts(snapshots, outline);
  const kernel = kernelFor(first.observation, kernelFacts.profile, observations);
  const tally = new Tally();
  const predictor = new Predictor(kernel, tally);
  if (!outline.fromBoot) startFrom(kernel, predictor.knowledge, facts, first.observation, -1);
  const window = new TraceWindow(records(), outline.lossesBegin);
  const timedOps = outline.hasMarks ? [] : timed(input, outline);
  new Replayer({
    predictor,
    window,
    outline,
    facts,
    snapshots,
    timedOps,
    irqbalance: input.irqbalance ?? new Map(),
    onSnapshot: input.onSnapshot,
  }).run();
  // What was printed while the state was not known cannot be told.
  const known = outline.fromBoot && !predictor.wasBlind;
  if (input.log !== undefined && known) {
    const { messages, maybePrinted } = predictor;
    const requestsRecorded = outline.hasMarks || timedOps.length > 0;
    checkLog(input.log, messages, tally, { requestsRecorded, maybePrinted });
  }
  return { tally, messages: predictor.messages, kernel, facts: kernelFacts, outline, snapshots };
}

/** The kernel's log says that it was suspended. */
function hasFreeze({ log = '' }: ReplayInput): boolean {
  return /\] Disabling non-boot CPUs \.\.\.$/m.test(log);
}

function onlineCpus(snapshots: readonly NamedSnapshot[]): OnlineCpus {
  const shown = snapshots.flatMap(({ name, observation }) => {
    const { online } = observation.cpus;
    return online === undefined ? [] : [[name, online] as const];
  });
  return {
    before: snapshots[0]?.observation.cpus.online ?? [],
    at: new Map(shown),
    after: snapshots.at(-1)?.observation.cpus.online,
  };
}

function placeSnapshots(input: ReplayInput, outline: Outline): PlacedSnapshot[] {
  const places = new Map(outline.snapshots.map(({ name, index }) => [name, index]));
  const named = input.snapshots.flatMap(({ name, observation }) => {
    const index = places.get(name);
    return index === undefined ? [] : [{ name, index, observation }];
  });
  const [first, ...others] = input.snapshots;
  const last = others.at(-1);
  if (named.length > 0) return withEnds(named, first, last, places, outline);
  // A trace that begins at boot has no state before it: a lone snapshot is the state after.
  const alone = last === undefined && outline.fromBoot;
  if (outline.fromBoot && !alone) {
    throw new ReplayInputError(
      `${input.file}: begins at boot and has no mark that names a snapshot: expected the state after it alone`,
    );
  }
  return [
    ...(first === undefined ? [] : [{ ...first, index: alone ? Number.POSITIVE_INFINITY : -1 }]),
    ...(last === undefined ? [] : [{ ...last, index: Number.POSITIVE_INFINITY }]),
  ];
}

/** What no mark names is the state before or after, by its place in the order; so is what is marked before any event. */
function withEnds(
  named: readonly PlacedSnapshot[],
  first: NamedSnapshot | undefined,
  last: NamedSnapshot | undefined,
  places: ReadonlyMap<string, number>,
  { fromBoot, firstIndex }: Outline,
): PlacedSnapshot[] {
  const isUnmarked = (snapshot: NamedSnapshot | undefined): snapshot is NamedSnapshot =>
    snapshot !== undefined && !places.has(snapshot.name);
  const before = !fromBoot && isUnmarked(first) ? [{ ...first, index: -1 }] : [];
  const after = isUnmarked(last) ? [{ ...last, index: Number.POSITIVE_INFINITY }] : [];
  const marked = [...named].sort((a, b) => a.index - b.index);
  const [earliest, ...rest] = marked;
  const begins = !fromBoot && before.length === 0 && earliest !== undefined && earliest.index < firstIndex;
  return [...before, ...(begins ? [{ ...earliest, index: -1 }, ...rest] : marked), ...after];
}

function timed(input: ReplayInput, outline: Outline): readonly OpsLogLine[] {
  if (!input.ops.some(({ lab }) => lab.kind === 'op' || lab.kind === 'res')) return [];
  if (outline.inSeconds) return input.ops;
  throw new ReplayInputError(
    `${input.file}: has neither LAB marks nor time stamps in seconds: the writes of --ops cannot be placed in it`,
  );
}

/** The machine as a snapshot describes it, before anything has happened. */
function kernelFor(o: Observation, profile: KernelProfile, all: readonly Observation[]): Kernel {
  const possible = o.cpus.possible ?? o.cpus.online ?? new CpuSet();
  // The kernel adds the boot CPU to what was asked for.
  const asked = o.cmdline?.irqaffinity?.clone().add(0);
  return new Kernel({
    profile,
    possible,
    nodes: nodesOf(all, possible),
    defaultAffinity: asked,
    housekeeping: inferHousekeeping(o, profile, o.cpus.present ?? possible),
  });
}
