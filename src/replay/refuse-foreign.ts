import type { KernelProfile } from '../model/kernel-profile.ts';
import { FIRST_EXTERNAL_VECTOR, LEGACY_IRQS } from '../model/system-vectors.ts';
import type { PlacedSnapshot } from './facts.ts';
import type { Outline } from './outline.ts';
import { ReplayInputError } from './replay-input-error.ts';

/** Interrupts that come or go while a snapshot is taken; more than this share is another machine. */
const FOREIGN_SHARE = 1 / 4;

/**
 * The snapshots are of one machine, and the trace is of that machine.
 * @param chosen the rules were asked for, and are not those of the snapshots' kernel
 * @throws ReplayInputError that names the snapshot and what does not fit
 */
export function refuseForeign(
  file: string,
  snapshots: readonly PlacedSnapshot[],
  outline: Outline,
  profile: KernelProfile,
  chosen: boolean,
): void {
  const [first] = snapshots;
  if (first === undefined) return;
  const refuse = ({ name }: PlacedSnapshot, why: string): never => {
    throw new ReplayInputError(`${name}: does not belong to ${file}: ${why}`);
  };
  for (const snapshot of snapshots) {
    const { version, cpus } = snapshot.observation;
    const { possible } = cpus;
    if (possible !== undefined && outline.lastCpu > (possible.last ?? 0)) {
      refuse(snapshot, `it has CPUs ${possible}, the trace has events of CPU ${outline.lastCpu}`);
    }
    const own = first.observation.cpus.possible;
    if (possible !== undefined && own?.equals(possible) === false) {
      refuse(snapshot, `it has CPUs ${possible}, ${first.name} has ${own}`);
    }
    const [ours, theirs] = [first.observation.version?.release, version?.release];
    if (ours !== undefined && theirs !== undefined && ours !== theirs) {
      refuse(snapshot, `its kernel is ${theirs}, that of ${first.name} is ${ours}`);
    }
    const irqs = foreignIrqs(snapshot, outline);
    if (irqs !== undefined) refuse(snapshot, irqs);
  }
  if (outline.fromBoot) {
    const free = freeAtBoot(profile, outline.systemBits);
    const { firstAvailable } = outline;
    const tells = outline.systemBits.length > 0 && !outline.losesEvents;
    if (firstAvailable !== undefined && tells && free !== firstAvailable) {
      const why = `${free} vectors free on the first CPU, the trace shows ${firstAvailable}`;
      if (chosen) throw new ReplayInputError(`the rules of ${profile.name} do not fit ${file}: ${why}`);
      refuse(first, `kernel ${profile.name} has ${why}`);
    }
    return;
  }
  const online = first.index < 0 ? first.observation.cpus.online?.size : undefined;
  // Fewer may have gone down unseen.
  if (online !== undefined && outline.firstMaps !== undefined && outline.firstMaps > online) {
    refuse(first, `it has ${online} CPUs online, the trace begins with ${outline.firstMaps}`);
  }
}

function freeAtBoot(profile: KernelProfile, systemBits: readonly number[]): number {
  const end = profile.firstSystemVector;
  const inside = systemBits.filter((bit) => FIRST_EXTERNAL_VECTOR <= bit && bit < end).length;
  return end - FIRST_EXTERNAL_VECTOR - inside;
}

/** The interrupts that the trace has set up by then are those of the snapshot; legacy ones every machine has. */
function foreignIrqs({ observation, index }: PlacedSnapshot, outline: Outline): string | undefined {
  // Events that are missing may have set up any.
  if (!outline.fromBoot || outline.losesEvents || !observation.hasSysKernelIrq) return undefined;
  const alive = new Set<number>();
  for (const lives of outline.lifetimes.values()) {
    for (const { irq, from, to } of lives)
      if (irq >= LEGACY_IRQS && from <= index && index <= to) alive.add(irq);
  }
  const seen = new Set(observation.irqs.filter(({ irq }) => irq >= LEGACY_IRQS).map(({ irq }) => irq));
  const missing = [...alive].filter((irq) => !seen.has(irq));
  const extra = [...seen].filter((irq) => !alive.has(irq));
  const all = new Set([...alive, ...seen]).size;
  if (missing.length + extra.length <= all * FOREIGN_SHARE) return undefined;
  const parts = [
    ...(missing.length === 0 ? [] : [`it has no interrupt ${missing[0]}, which the trace has set up`]),
    ...(extra.length === 0
      ? []
      : [`it has interrupt ${extra[0]}, which the trace has not set up when it was taken`]),
  ];
  return parts.join('; ');
}
