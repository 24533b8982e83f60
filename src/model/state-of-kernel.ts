/** The state of a modelled kernel, exact: what every answer about a real machine is made of. */
import { CpuSet } from '../base/cpu-set.ts';
import { exactly } from '../base/range.ts';
import { asCpu, asIrq, asNodeId, asVector } from './ids.ts';
import type { IrqDesc } from './irq-desc.ts';
import type { Kernel } from './kernel.ts';
import type {
  CpuState,
  IrqPhase,
  IrqState,
  KernelFacts,
  MachineState,
  UnplacedVector,
} from './machine-state.ts';
import type { CpuMapSnapshot } from './matrix-snapshot.ts';
import { nodeOfCpu } from './spreading/topology.ts';

/** What a descriptor does not say of itself. */
export interface IrqOwner {
  /** Action names joined as /proc/interrupts shows them; empty when not requested. */
  readonly name: string;
  /** PCI address. */
  readonly device: string | undefined;
  readonly driver: string | undefined;
}

export interface Naming {
  readonly source: string;
  readonly kernel: KernelFacts;
  ownerOf(irq: number): IrqOwner;
}

export function stateOfKernel(kernel: Kernel, naming: Naming): MachineState {
  const { shape, systemMap, cpus, systembitsInalloc } = kernel.matrix.snapshot();
  const capacity = shape.allocEnd - shape.allocStart - systembitsInalloc;
  const descs = kernel.descs();
  return {
    source: naming.source,
    kernel: naming.kernel,
    certainty: 'exact',
    doubts: [],
    cpus: [...kernel.possible].flatMap((cpu) => {
      const map = cpus[cpu];
      return map === undefined ? [] : [cpuState(kernel, cpu, map, capacity)];
    }),
    global: {
      available: exactly(kernel.matrix.globalAvailable),
      reserved: exactly(kernel.matrix.globalReserved),
      totalAllocated: exactly(kernel.matrix.totalAllocated),
    },
    irqs: descs.map((desc) => irqState(desc, naming.ownerOf(desc.irq))),
    unplaced: descs.flatMap(oldVector),
    anonymous: [],
    uncountable: undefined,
    hasVectorDomain: true,
    housekeeping: kernel.housekeeping,
    isolated: kernel.housekeeping === undefined ? undefined : kernel.possible.andNot(kernel.housekeeping),
    nodes: kernel.nodes.flatMap((of, node) => (of.isEmpty ? [] : [{ node: asNodeId(node), cpus: of }])),
    systemVectors: systemMap,
    missing: [],
  };
}

function cpuState(kernel: Kernel, cpu: number, map: CpuMapSnapshot, capacity: number): CpuState {
  const { online, available, allocated, managed, allocMap, managedMap } = map;
  const inUse = new Set(allocMap);
  // Counted where the kernel has no counter for it.
  const managedAllocated = managedMap.filter((bit) => inUse.has(bit)).length;
  return {
    cpu: asCpu(cpu),
    online,
    node: nodeOfCpu(kernel.topology, cpu),
    capacity: exactly(capacity),
    available: exactly(available),
    allocated: exactly(allocated),
    managed: exactly(managed),
    managedAllocated: exactly(managedAllocated),
    drift: exactly(online ? available - (capacity - managed - (allocated - managedAllocated)) : 0),
    allocMap,
  };
}

function irqState(desc: IrqDesc, { name, device, driver }: IrqOwner): IrqState {
  const { irq, chip, managed, data, movePending } = desc;
  const active = data !== undefined && data.vector !== 0;
  return {
    irq: asIrq(irq),
    name,
    chip: chip.name,
    device,
    driver,
    managed,
    managedBy: 'the model',
    cpu: active ? asCpu(data.cpu) : undefined,
    vector: active ? asVector(data.vector) : undefined,
    affinity: CpuSet.from(desc.shownAffinity),
    movePending,
    phase: phaseOf(desc),
    counts: undefined,
    node: desc.node < 0 ? undefined : asNodeId(desc.node),
    hint: desc.hint === undefined ? undefined : CpuSet.from(desc.hint),
    fixed: managed || desc.settable ? undefined : 'the kernel does not balance it',
  };
}

function phaseOf({ data, managedShutdown, actions }: IrqDesc): IrqPhase {
  if (data === undefined) return 'legacy-pic';
  if (data.vector !== 0) return 'active';
  return managedShutdown && actions > 0 ? 'shutdown' : 'reserved';
}

/** The vector that it holds where it was before, until its clean-up. */
function oldVector({ irq, data }: IrqDesc): UnplacedVector[] {
  if (data === undefined || data.prevVector === 0) return [];
  return [
    {
      irq: asIrq(irq),
      cpus: CpuSet.of(data.prevCpu),
      held: exactly(1),
      managed: data.isManaged,
      why: 'old',
      vector: asVector(data.prevVector),
    },
  ];
}
