/**
 * A kernel in the state of a machine. Number for number what VECTOR showed; where the state has bounds, a kernel whose
 * figures lie within them: what is perhaps managed is taken as regular, what is perhaps there or not known where is
 * left out (hotplug-bounds.ts keeps that). Vectors that no interrupt is known of get an interrupt that stands for them.
 */
import { CpuSet } from '../base/cpu-set.ts';
import { isExact } from '../base/range.ts';
import type { Irq } from './ids.ts';
import { Interrupts } from './interrupts-of-state.ts';
import { Kernel } from './kernel.ts';
import type { CpuState, MachineState } from './machine-state.ts';
import { Matrix, type MatrixSnapshot } from './matrix.ts';
import { type NominalMap, nominalMap, type VectorWindow, windowOf } from './nominal-map.ts';
import type { Topology } from './spreading/topology.ts';
import { FIRST_EXTERNAL_VECTOR } from './system-vectors.ts';

export interface KernelOfState {
  readonly kernel: Kernel;
  /** Interrupts taken as regular that may turn out to be managed. */
  readonly perhapsManaged: ReadonlySet<number>;
  /** Per CPU: vectors in use that are not managed. */
  readonly regular: readonly number[];
  /** Undefined for an interrupt that only stands for a vector. */
  nameOf(irq: number): Irq | undefined;
}

export function kernelOfState(machine: MachineState): KernelOfState {
  const { profile } = machine.kernel;
  const possible = CpuSet.from(machine.cpus.map(({ cpu }) => cpu));
  const online = CpuSet.from(machine.cpus.filter((cpu) => cpu.online).map(({ cpu }) => cpu));
  const interrupts = new Interrupts(machine, possible, online);
  const capacities = nominalCapacities(machine.cpus, interrupts);
  const window = windowOf(profile, machine.systemVectors, Math.max(0, ...capacities), surplusOf(machine));
  const maps = new Map(
    machine.cpus.map((state, at) => {
      const holdings = interrupts.holdings[state.cpu] ?? [];
      return [state.cpu as number, nominalMap(state, capacities[at] ?? 0, holdings, window)];
    }),
  );
  const size = (possible.last ?? 0) + 1;
  const kernel = new Kernel(
    {
      profile,
      possible,
      nodes: nodesOf(machine),
      housekeeping: machine.housekeeping,
      topology: topologyFor(machine, possible),
      remapping: machine.irqs.some(({ chip }) => chip?.startsWith('IR-')),
    },
    Matrix.fromSnapshot(profile, snapshotOf(machine, maps, window, size)),
  );
  for (const cpu of online) kernel.online.add(cpu);
  interrupts.settleIn(kernel, maps);
  return {
    kernel,
    perhapsManaged: interrupts.perhapsManaged,
    regular: Array.from({ length: size }, (_, cpu) => maps.get(cpu)?.regular ?? 0),
    nameOf: (irq) => interrupts.nameOf(irq),
  };
}

/**
 * What each CPU is taken to have for devices. Where that is a range it is the same one everywhere, and a choice
 * compares CPUs: all are taken at its lower end, or as far above as the fullest of them needs.
 */
function nominalCapacities(cpus: readonly CpuState[], { holdings }: Interrupts): number[] {
  const lift = cpus.reduce((most, { cpu, capacity, managed }) => {
    const regular = holdings[cpu]?.filter((holding) => !holding.managed).length ?? 0;
    return isExact(capacity) ? most : Math.max(most, managed.min + regular - capacity.min);
  }, 0);
  return cpus.map(({ capacity }) => Math.min(capacity.max, capacity.min + lift));
}

/**
 * CPU 0 cannot go offline, so its counter cannot drift: where every CPU has more than the window of this kernel, the
 * window is not this kernel's (a dump under another one's rules).
 */
function surplusOf({ cpus }: MachineState): number {
  const online = cpus.filter((cpu) => cpu.online);
  return online.length === 0 ? 0 : Math.max(0, Math.min(...online.map(({ drift }) => drift.min)));
}

function snapshotOf(
  machine: MachineState,
  maps: ReadonlyMap<number, NominalMap>,
  window: VectorWindow,
  size: number,
): MatrixSnapshot {
  const cpus = Array.from({ length: size }, (_, cpu) => maps.get(cpu)?.map ?? NO_MAP);
  const online = cpus.filter((map) => map.online);
  return {
    shape: {
      cpuCount: size,
      matrixBits: 256,
      allocStart: FIRST_EXTERNAL_VECTOR,
      allocEnd: window.end,
    },
    globalAvailable: online.reduce((sum, map) => sum + map.available, 0),
    globalReserved: machine.global.reserved.min,
    systembitsInalloc: window.end - FIRST_EXTERNAL_VECTOR - window.usable.length,
    totalAllocated: machine.global.totalAllocated.min,
    onlineMaps: online.length,
    systemMap: window.system,
    cpus,
  };
}

const NO_MAP: NominalMap['map'] = {
  available: 0,
  allocated: 0,
  managed: 0,
  managedAllocated: 0,
  initialized: false,
  online: false,
  allocMap: [],
  managedMap: [],
};

/** Where it speaks of other CPUs than the state, it is not this machine's. */
function topologyFor({ topology }: MachineState, possible: CpuSet): Topology | undefined {
  return topology?.possible.equals(possible) === true ? topology : undefined;
}

/** By node id, as far as they are known. */
function nodesOf({ nodes }: MachineState): CpuSet[] {
  const last = nodes.reduce((most, { node }) => Math.max(most, node), -1);
  const byId = Array.from({ length: last + 1 }, () => new CpuSet());
  for (const { node, cpus } of nodes) byId[node] = cpus;
  return byId;
}
