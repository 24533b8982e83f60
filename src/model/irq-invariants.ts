/**
 * What must hold of one interrupt between two operations: the core's states, the vector domain's record, and where they
 * meet the rest of the machine. kernel-invariants.ts asks all of it of every interrupt.
 */
import type { IrqDesc, VectorData } from './irq-desc.ts';
import type { Kernel } from './kernel.ts';
import { type KnownLosses, possibleLosses } from './known-losses.ts';
import { MANAGED_SHUTDOWN_VECTOR } from './vector-domain.ts';

function rulesFor({ irq }: IrqDesc) {
  const broken: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) broken.push(`interrupt ${irq}: ${what}`);
  };
  return { broken, must };
}

/** The core's own states (specification 5.2). */
export function lifeViolations(desc: IrqDesc): string[] {
  const { broken, must } = rulesFor(desc);
  const { started, depth } = desc;
  must(depth >= 0 && desc.actions >= 0, `depth ${depth}, ${desc.actions} actions`);
  must(!started || desc.actions > 0, 'started without a handler');
  must(!started || desc.activated || desc.data === undefined, 'started and not activated');
  must(started || (desc.disabled && desc.masked), 'enabled or unmasked, and not started');
  must(!started || desc.disabled === depth > 0, `started, disabled ${desc.disabled} with depth ${depth}`);
  if (!desc.managed) return broken;
  must(!(started && desc.managedShutdown), 'started and in managed shutdown');
  const idle = desc.actions > 0 && !started;
  must(!idle || desc.managedShutdown || depth > 0, 'requested, enabled, and neither started nor shut down');
  return broken;
}

/** The vector domain's record by itself (specification 4.1 to 4.8); `mayStarve`: see `managedMayStarve()`. */
export function recordViolations(desc: IrqDesc, data: VectorData, mayStarve: boolean): string[] {
  const { broken, must } = rulesFor(desc);
  const { vector, hwVector, hasReserved, canReserve, isManaged } = data;
  must(isManaged === desc.managed, `managed is ${isManaged} in its record`);
  must(!(isManaged && (canReserve || hasReserved)), 'managed, with a reservation');
  must(!hasReserved || canReserve, 'a reservation that it may not have');
  must(hasReserved === (canReserve && vector === 0), 'a reservable one has either a vector or a reservation');
  must(isManaged || canReserve || vector !== 0, 'fixed, without a vector');
  must(
    desc.canReserve || !canReserve || vector === 0,
    'reservable with a vector, against the word of the core',
  );
  if (vector !== 0) {
    must(hwVector === vector && data.hwCpu === data.cpu, `${vector} of CPU ${data.cpu} is not programmed`);
  } else {
    const parked = hwVector === MANAGED_SHUTDOWN_VECTOR;
    must(parked || (isManaged && hwVector === 0 && !desc.activated), `${hwVector} is programmed, not 239`);
  }
  if (isManaged) {
    must(desc.started || vector === 0, `managed and not started, vector ${vector}`);
    must(!desc.started || vector !== 0 || mayStarve, 'managed and started, without a vector');
  } else if (canReserve) {
    must(desc.activated === (vector !== 0), `activated: ${desc.activated}, vector ${vector}`);
  }
  return broken;
}

/** Where it is delivered, and what the vector table of that CPU knows. */
export function targetViolations(
  kernel: Kernel,
  desc: IrqDesc,
  data: VectorData,
  known: KnownLosses,
): string[] {
  const { broken, must } = rulesFor(desc);
  const { effective } = desc;
  const stored = !desc.activated && desc.affinitySet && effective.equals(desc.affinity);
  const mayStore = kernel.profile.coreStoresInactiveAffinity && (stored || known.storedMasks.has(desc.irq));
  const one = effective.has(data.hwCpu) && effective.first === data.hwCpu && effective.last === data.hwCpu;
  must(one || mayStore || data.hwVector === 0, `effective on ${effective}, programmed to CPU ${data.hwCpu}`);
  if (data.vector === 0 || known.adrift.has(desc.irq)) return broken;
  const { vector, cpu } = data;
  must(kernel.online.has(cpu), `its vector is on CPU ${cpu}, which is offline`);
  if (known.forgotten.has(cpu)) return broken;
  const slot = kernel.vectors.table.at(cpu, vector);
  must(slot === desc.irq, `vector ${vector} of CPU ${cpu} leads to ${slot}`);
  return broken;
}

/** A move that is not finished (specification 4.10). */
export function moveViolations(
  kernel: Kernel,
  desc: IrqDesc,
  data: VectorData,
  known: KnownLosses,
): string[] {
  const { broken, must } = rulesFor(desc);
  const { prevVector, prevCpu, moveInProgress, cleanupPending } = data;
  const waits = (moveInProgress ? 1 : 0) + (cleanupPending ? 1 : 0);
  // Where a second move may begin before the first is finished, both flags can be set, and one without a vector.
  if (kernel.profile.movingIsBusy || data.isManaged) {
    must(waits === (prevVector === 0 ? 0 : 1), `old vector ${prevVector}, waits for ${waits} events`);
    const queue = kernel.vectors.pendingCleanups().get(prevCpu) ?? [];
    must(!cleanupPending || queue.includes(desc), `does not wait for the clean-up of CPU ${prevCpu}`);
  } else {
    must(prevVector === 0 || waits > 0, `old vector ${prevVector} waits for nothing`);
  }
  if (prevVector === 0) return broken;
  must(data.vector !== 0, 'an old vector and no new one');
  must(prevCpu !== data.cpu, `moved from CPU ${prevCpu} to itself`);
  const adrift = known.adriftMoves.has(desc.irq);
  const mayBeOffline = adrift && possibleLosses(kernel.profile).movesOffline;
  must(mayBeOffline || kernel.online.has(prevCpu), `its old vector is on CPU ${prevCpu}, which is offline`);
  if (adrift) return broken;
  if (known.forgotten.has(prevCpu)) return broken;
  const slot = kernel.vectors.table.at(prevCpu, prevVector);
  must(slot === desc.irq, `old vector ${prevVector} of CPU ${prevCpu} leads to ${slot}`);
  return broken;
}
