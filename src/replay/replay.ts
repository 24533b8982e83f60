import { CpuSet } from '../base/cpu-set.ts';
import { Kernel } from '../model/kernel.ts';
import type { KernelProfile } from '../model/kernel-profile.ts';
import { inferHousekeeping } from '../observe/infer.ts';
import { inferKernel } from '../observe/infer-kernel.ts';
import type { Observation } from '../observe/observation.ts';
import { parseFtrace } from '../parse/ftrace.ts';
import { type PlacedSnapshot, SnapshotFacts } from './facts.ts';
import { outlineOf } from './outline.ts';
import { CAUSE, type PredictedMessage, Replayer } from './replayer.ts';
import { Tally } from './tally.ts';
import { TraceWindow } from './trace-window.ts';

export interface ReplayInput {
  /** Path of the trace, for messages. */
  readonly file: string;
  readonly trace: string;
  /** Of a capture: placed by the marks in the trace, by name. */
  readonly named: readonly { readonly name: string; readonly observation: Observation }[];
  /** Without marks: the state before the trace, and the one after it. */
  readonly before: Observation | undefined;
  readonly after: Observation | undefined;
  readonly profile: KernelProfile | undefined;
}

export interface ReplayOutcome {
  readonly tally: Tally;
  readonly messages: readonly PredictedMessage[];
  readonly kernel: Kernel;
}

export function replay(input: ReplayInput): ReplayOutcome {
  const records = () => parseFtrace(input.trace, input.file);
  const before = input.before?.cpus.online ?? new CpuSet();
  const last = input.after ?? input.named.at(-1)?.observation;
  const outline = outlineOf(records(), before, last?.cpus.online);
  const snapshots = placed(input, outline.snapshots);
  const facts = new SnapshotFacts(snapshots, outline);
  const first = snapshots[0]?.observation;
  if (first === undefined) throw new Error('replay needs a snapshot');
  const kernel = kernelFor(first, input.profile);
  const tally = new Tally();
  const replayer = new Replayer({
    kernel,
    window: new TraceWindow(records()),
    outline,
    facts,
    snapshots,
    tally,
    unsure: outline.fromBoot ? undefined : CAUSE.start,
  });
  replayer.run();
  return { tally, messages: replayer.messages, kernel };
}

function placed(
  input: ReplayInput,
  places: readonly { readonly name: string; readonly index: number }[],
): PlacedSnapshot[] {
  const found: PlacedSnapshot[] = [];
  if (input.before !== undefined) found.push({ name: 'before', index: -1, observation: input.before });
  for (const place of places) {
    const observation = input.named.find(({ name }) => name === place.name)?.observation;
    if (observation !== undefined) found.push({ ...place, observation });
  }
  if (input.after !== undefined) {
    found.push({ name: 'after', index: Number.POSITIVE_INFINITY, observation: input.after });
  }
  return found;
}

/** The machine as the first snapshot describes it, before anything has happened. */
function kernelFor(o: Observation, override: KernelProfile | undefined): Kernel {
  const { profile } = inferKernel(o, override);
  const possible = o.cpus.possible ?? o.cpus.online ?? new CpuSet();
  const nodes: CpuSet[] = [];
  for (const { node, cpus } of o.nodes) nodes[node] = cpus;
  for (let node = 0; node < nodes.length; node++) nodes[node] ??= new CpuSet();
  const asked = o.cmdline?.irqaffinity;
  return new Kernel({
    profile,
    possible,
    nodes,
    defaultAffinity: asked?.clone().add(0),
    housekeeping: inferHousekeeping(o, profile, o.cpus.present ?? possible),
  });
}
