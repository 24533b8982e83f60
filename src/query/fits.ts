import { formatNumberList } from '../base/number-list.ts';
import { formatRange } from '../base/range.ts';
import type { Fits, FitsStep } from '../format/fits.ts';
import type { MachineState } from '../model/machine-state.ts';
import { secondaryCpus } from '../model/suspend.ts';
import { Futures } from './futures.ts';
import { kernelFactsOf } from './kernel-facts.ts';
import { RequestError } from './request-error.ts';

/** One change; several are asked in order, each on the state that the last one left. */
export type FitsChange =
  | { readonly kind: 'offline'; readonly cpus: readonly number[] }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'hibernate' };

/** Would the kernel do it? Throws {@link RequestError} where the request names what this machine does not have. */
export function fitsOf(machine: MachineState, changes: readonly FitsChange[]): Fits {
  if (!machine.hasVectorDomain) {
    throw new RequestError(
      `${machine.source}: no x86 interrupt vectors here, so nothing can be said about what fits`,
    );
  }
  if (changes.length === 0) {
    throw new RequestError('say what should fit: --hibernate, --suspend or --offline LIST');
  }
  const futures = new Futures(machine);
  const steps: FitsStep[] = [];
  let onePrimary: Fits['onePrimary'];
  for (const change of changes) {
    if (change.kind === 'offline') {
      for (const cpu of checkedCpus(machine, futures, change.cpus))
        steps.push(futures.step(change.kind, cpu));
      continue;
    }
    onePrimary ??= futures.primary();
    futures.freeze();
    // One that is offline in some futures only has to go in the others.
    for (const cpu of secondaryCpus(machine.kernel.profile, futures.online)) {
      const step = futures.step(change.kind, cpu);
      steps.push(step);
      if (step.fits === null) futures.loseTrack();
      // A refusal ends a suspend. An undecided one may.
      if (step.fits !== true) break;
    }
    // After it, or after its refusal, the CPUs taken down so far come back.
    futures.thaw();
  }
  return {
    kind: 'fits',
    version: 1,
    source: machine.source,
    kernel: kernelFactsOf(machine.kernel),
    fits: verdictOf(machine, steps),
    certainty: machine.certainty,
    doubts: doubtsOf(machine, steps),
    ...(onePrimary === undefined ? {} : { onePrimary }),
    steps,
  };
}

function verdictOf(machine: MachineState, steps: readonly FitsStep[]): boolean | null {
  if (steps.some((step) => step.fits === false)) return false;
  return machine.uncountable !== undefined || steps.some((step) => step.fits === null) ? null : true;
}

/** The option of the command line that asks for it. */
const OFFLINE = '--offline';

function checkedCpus(machine: MachineState, futures: Futures, cpus: readonly number[]): readonly number[] {
  if (cpus.length === 0) throw new RequestError('name at least one CPU', OFFLINE);
  const seen = new Set<number>();
  for (const cpu of cpus) {
    const state = machine.cpus.find((candidate) => candidate.cpu === cpu);
    if (state === undefined) {
      const known = formatNumberList(machine.cpus.map((c) => c.cpu));
      throw new RequestError(`there is no CPU ${cpu} here (CPUs ${known})`, OFFLINE);
    }
    if (cpu === 0) throw new RequestError('CPU 0 cannot go offline on x86', OFFLINE);
    if (seen.has(cpu)) throw new RequestError(`CPU ${cpu} is listed twice`, OFFLINE);
    if (!state.online || futures.isOffline(cpu)) {
      throw new RequestError(`CPU ${cpu} is offline already`, OFFLINE);
    }
    seen.add(cpu);
  }
  return cpus;
}

/** virtio-net sets the affinity of its queues anew when a CPU goes or comes (specification 16). */
const REPINNED = /^virtio\d+-(input|output)\b/;

function doubtsOf(machine: MachineState, steps: readonly FitsStep[]): string[] {
  const open = steps.find((step) => step.fits === null);
  const facts = machine.doubts.map((doubt) => doubt.text);
  if (steps.length > 1 && machine.irqs.some((irq) => irq.phase === 'active' && REPINNED.test(irq.name))) {
    facts.push(
      'virtio-net moves its queues anew when a CPU goes: from the second step on the two figures may differ',
    );
  }
  if (machine.irqs.length === 0 && machine.anonymous.length > 0) {
    facts.push('no interrupt is named here: what their affinity masks forbid is not seen');
  }
  if (open === undefined || machine.uncountable !== undefined) return facts;
  const { cpu, needed, available } = open;
  return [
    `undecided at CPU ${cpu}: ${formatRange(needed)} vectors have to move, ${formatRange(available)} are available on the others`,
    ...facts,
  ];
}
