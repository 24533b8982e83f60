/**
 * From what could be seen to the state of the vector space: exact where debugfs shows it, otherwise bounds
 * that hold the truth, each with its reason (specification 11.2).
 */
import { CpuSet } from '../base/cpu-set.ts';
import { formatNumberList } from '../base/number-list.ts';
import { exactly, isExact, range } from '../base/range.ts';
import { asCpu, asIrq, asNodeId, asVector } from '../model/ids.ts';
import type { KernelProfile } from '../model/kernel-profile.ts';
import {
  type AnonymousVectors,
  type CpuState,
  type Doubt,
  hasWrapped,
  type IrqState,
  type MachineState,
  type UnplacedVector,
} from '../model/machine-state.ts';
import { parseBootCpuList } from '../parse/boot-cpu-list.ts';
import { countFromDump, countFromIrqs, countGlobal, countUnknown } from './infer-counts.ts';
import { type History, inferHistory, oldVectorOf } from './infer-history.ts';
import { hasVectorDomain, inferIrqs } from './infer-irqs.ts';
import { inferCapacity, inferKernel } from './infer-kernel.ts';
import { missingSources } from './missing.ts';
import type { Observation } from './observation.ts';

/**
 * @param override the kernel to assume instead of the detected one (`--kernel`)
 */
export function inferState(o: Observation, override?: KernelProfile): MachineState {
  const kernel = inferKernel(o, override);
  const vectors = hasVectorDomain(o);
  const online = onlineCpus(o);
  const present = (o.cpus.present ?? online).or(online);
  const housekeeping = inferHousekeeping(o, kernel.profile, present);
  const irqs = inferIrqs(o, kernel.profile, online, vectors);
  const { capacity, doubt: capacityDoubt } = inferCapacity(o, kernel.profile);
  const history = inferHistory(o, online, present, housekeeping);
  const dump = usableDump(o);
  const unplaced = vectors ? inferUnplaced(o, irqs, history) : [];
  const drifting = history.perhapsOffline.or(present.andNot(online));
  const counted = countFromIrqs({
    present,
    online,
    capacity: vectors ? capacity : exactly(0),
    irqs: vectors ? irqs : [],
    unplaced,
    drifting,
    nodes: o.nodes,
  });
  const seen = dump === undefined ? counted : countFromDump(dump, counted, capacity.min);
  const uncountable = vectors ? whyUncountable(o, dump, seen) : undefined;
  const cpus = uncountable !== undefined && dump === undefined ? seen.map(countUnknown) : seen;
  const anonymous =
    dump === undefined || uncountable !== undefined ? [] : inferAnonymous(cpus, irqs, unplaced);
  const onlineStates = cpus.filter((cpu) => cpu.online);
  // What is inferred may hold its figures for certain and still rest on rules (docs/limits.md): not exact.
  const exact =
    dump?.torn === false &&
    uncountable === undefined &&
    onlineStates.length > 0 &&
    onlineStates.every(isKnown);
  const global =
    dump === undefined
      ? countGlobal(cpus, vectors ? irqs : [], unplaced, o.hasSysKernelIrq || !vectors)
      : {
          available: exactly(dump.globalAvailable),
          reserved: exactly(dump.globalReserved),
          totalAllocated: exactly(dump.totalAllocated),
        };
  return {
    source: o.source,
    kernel,
    certainty: exact ? 'exact' : 'bounded',
    doubts:
      vectors && !exact ? doubts(cpus, irqs, unplaced, dump?.torn === true, uncountable, capacityDoubt) : [],
    cpus,
    global,
    irqs,
    unplaced,
    anonymous,
    uncountable,
    hasVectorDomain: vectors,
    housekeeping,
    isolated: isolatedCpus(o),
    nodes: o.nodes.map(({ node, cpus: mask }) => ({ node: asNodeId(node), cpus: mask })),
    systemVectors: o.vectorDomain?.system,
    missing: missingSources(o, vectors),
  };
}

/** The dump, unless it has holes, or does not hold together, and procfs has the same to tell. */
function usableDump(o: Observation): Observation['vectorDomain'] {
  const dump = o.vectorDomain;
  return dump === undefined || ((dump.excerpt || dump.torn) && o.irqs.length > 0) ? undefined : dump;
}

/** What makes it pointless to add the counters up. */
function whyUncountable(
  o: Observation,
  dump: Observation['vectorDomain'],
  cpus: readonly CpuState[],
): string | undefined {
  const wrapped = cpus.filter(hasWrapped).map((cpu) => cpu.cpu);
  if (wrapped.length > 0) {
    return `a counter of CPU ${formatNumberList(wrapped)} has gone below zero: what the kernel does with it is not modelled`;
  }
  if (dump?.excerpt === true) {
    return `${dump.onlineBitmaps - dump.cpus.length} of ${dump.onlineBitmaps} CPUs are left out of the dump`;
  }
  if (dump === undefined && o.interrupts === undefined && !o.hasSysKernelIrq) {
    return 'no interrupts are listed: neither proc/interrupts nor sys/kernel/irq is here';
  }
  return undefined;
}

function onlineCpus(o: Observation): CpuSet {
  if (o.cpus.online !== undefined) return o.cpus.online;
  if (o.vectorDomain !== undefined) return CpuSet.from(o.vectorDomain.cpus.map((row) => row.cpu));
  return CpuSet.from(o.interrupts?.cpus ?? []);
}

/** `isolcpus=managed_irq,LIST`: the CPUs that managed interrupts prefer; undefined without isolation. */
export function inferHousekeeping(
  o: Observation,
  profile: KernelProfile,
  present: CpuSet,
): CpuSet | undefined {
  const isolated = o.cmdline?.isolcpus;
  if (!profile.isolatesManaged || isolated === undefined || !isolated.flags.includes('managed_irq'))
    return undefined;
  return present.andNot(isolated.cpus);
}

/** What irqbalance leaves alone by itself too: `isolcpus=` of any kind, and `nohz_full=`. */
function isolatedCpus({ cmdline, cpus }: Observation): CpuSet | undefined {
  if (cmdline === undefined) return undefined;
  const count = cpus.possible?.last === undefined ? undefined : cpus.possible.last + 1;
  const nohzFull = cmdline.params.get('nohz_full');
  const tickless = nohzFull === undefined ? undefined : parseBootCpuList(nohzFull, count);
  return (cmdline.isolcpus?.cpus ?? new CpuSet()).or(tickless ?? new CpuSet());
}

function inferUnplaced(o: Observation, irqs: readonly IrqState[], history: History): UnplacedVector[] {
  const found: UnplacedVector[] = [];
  const observed = new Map(o.irqs.map((irq) => [irq.irq, irq]));
  for (const irq of irqs) {
    const seen = observed.get(irq.irq);
    const debug = seen?.debug?.vector;
    if (debug !== undefined) {
      const { previousVector, previousTarget } = debug;
      if (previousTarget !== undefined && (previousVector ?? 0) > 0 && history.online.has(previousTarget)) {
        found.push({
          irq: irq.irq,
          cpus: CpuSet.of(previousTarget),
          held: exactly(1),
          managed: irq.managed === true,
          why: 'old',
          vector: asVector(previousVector ?? 0),
        });
      }
      continue;
    }
    const unplaced = oldVectorOf(irq, history) ?? unplacedVectorOf(irq, seen?.msi, history.online);
    if (unplaced !== undefined) found.push(unplaced);
  }
  return found;
}

function unplacedVectorOf(
  irq: IrqState,
  msi: 'msi' | 'msix' | undefined,
  online: CpuSet,
): UnplacedVector | undefined {
  const managed = irq.managed === true;
  if (irq.phase === 'active' && irq.cpu === undefined) {
    // An affinity write may still be waiting, so the mask alone does not bound where it is.
    return { irq: irq.irq, cpus: online, held: exactly(1), managed, why: 'no-effective-affinity' };
  }
  if (irq.phase === 'reserved' && (msi === 'msi' || irq.irq === 0)) {
    const cpus = irq.irq === 0 ? CpuSet.of(0) : online;
    return { irq: irq.irq, cpus, held: range(0, 1), managed, why: 'unrequested' };
  }
  return undefined;
}

/** Vectors that the dump counts and no known interrupt explains. */
function inferAnonymous(
  cpus: readonly CpuState[],
  irqs: readonly IrqState[],
  unplaced: readonly UnplacedVector[],
): AnonymousVectors[] {
  const regular = new Map<number, number>();
  const managed = new Map<number, number>();
  const count = (of: Map<number, number>, cpu: number): void => void of.set(cpu, (of.get(cpu) ?? 0) + 1);
  for (const irq of irqs) {
    if (irq.phase === 'active' && irq.cpu !== undefined)
      count(irq.managed === true ? managed : regular, irq.cpu);
  }
  for (const vector of unplaced) {
    const cpu = vector.cpus.size === 1 ? vector.cpus.first : undefined;
    if (cpu !== undefined && isExact(vector.held)) count(vector.managed ? managed : regular, cpu);
  }
  return cpus.flatMap(({ cpu, online, allocated, managedAllocated }) => {
    if (!online) return [];
    const rest: AnonymousVectors = {
      cpu: asCpu(cpu),
      regular: Math.max(0, allocated.min - managedAllocated.min - (regular.get(cpu) ?? 0)),
      managed: Math.max(0, managedAllocated.min - (managed.get(cpu) ?? 0)),
    };
    return rest.regular + rest.managed > 0 ? [rest] : [];
  });
}

function isKnown(cpu: CpuState): boolean {
  return [cpu.capacity, cpu.available, cpu.allocated, cpu.managed, cpu.managedAllocated].every(isExact);
}

function doubts(
  cpus: readonly CpuState[],
  irqs: readonly IrqState[],
  unplaced: readonly UnplacedVector[],
  torn: boolean,
  uncountable: string | undefined,
  capacityDoubt: string | undefined,
): Doubt[] {
  const found: Doubt[] = [];
  const add = (kind: Doubt['kind'], numbers: readonly number[], text: string): void => {
    if (numbers.length > 0) found.push({ kind, irqs: numbers.map(asIrq), text });
  };
  if (torn) {
    const text = 'the figures of the CPUs and their sum are of different moments: single figures may be off';
    found.push({ kind: 'torn', irqs: [], text });
  }
  if (uncountable !== undefined) found.push({ kind: 'uncountable', irqs: [], text: uncountable });
  if (capacityDoubt !== undefined) found.push({ kind: 'capacity', irqs: [], text: capacityDoubt });
  const because = (why: UnplacedVector['why']): number[] =>
    unplaced.filter((v) => v.why === why).map((v) => v.irq);
  const old = because('old');
  add(
    'old-vectors',
    old,
    `${interrupts(old.length)} may hold a second vector on a CPU that was left, until the next interrupt`,
  );
  const lost = because('no-effective-affinity');
  add(
    'affinity',
    lost,
    `the CPU of the vector is not shown for ${interrupts(lost.length)} (no effective_affinity)`,
  );
  const early = because('unrequested');
  add(
    'unrequested',
    early,
    `${interrupts(early.length)} that nobody requested may hold a vector (MSI without a mask bit, or the timer)`,
  );
  const open = irqs.filter(
    (irq) => irq.managed === undefined && irq.phase !== 'other' && irq.phase !== 'unknown',
  );
  add(
    'managed',
    open.map((irq) => irq.irq),
    `it cannot be told whether ${interrupts(open.length)} ${open.length === 1 ? 'is' : 'are'} managed: ${openDrivers(open)}`,
  );
  const drifted = cpus.filter((cpu) => cpu.online && !isExact(cpu.drift)).map((cpu) => cpu.cpu);
  if (drifted.length > 0) {
    const list = CpuSet.from(drifted).toString();
    const text = `CPU ${list} may have been offline: managed vectors set aside or given back meanwhile do not show in available`;
    found.push({ kind: 'drift', irqs: [], text });
  }
  return found;
}

function interrupts(n: number): string {
  return `${n} interrupt${n === 1 ? '' : 's'}`;
}

function openDrivers(irqs: readonly IrqState[]): string {
  const names = new Set(irqs.map((irq) => irq.driver ?? (irq.name === '' ? 'no driver known' : irq.name)));
  const shown = [...names].slice(0, 5).join(', ');
  return names.size > 5 ? `${shown} and ${names.size - 5} more` : shown;
}
