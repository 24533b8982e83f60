import { CpuSet } from '../../src/base/cpu-set.ts';
import { exactly, range } from '../../src/base/range.ts';
import { asCpu, asIrq, asNodeId, asVector } from '../../src/model/ids.ts';
import { type KernelProfile, profileNamed } from '../../src/model/kernel-profile.ts';
import type {
  CpuState,
  Doubt,
  IrqPhase,
  IrqState,
  MachineState,
  Missing,
  UnplacedVector,
} from '../../src/model/machine-state.ts';
import { Matrix } from '../../src/model/matrix.ts';
import {
  CASCADE_VECTOR,
  capacityFromSystemMap,
  FIRST_EXTERNAL_VECTOR,
  FIRST_LEGACY_VECTOR,
  IA32_SYSCALL_VECTOR,
} from '../../src/model/system-vectors.ts';
import { countFromIrqs, countGlobal } from '../../src/observe/infer-counts.ts';

export interface SampleDevice {
  readonly address: string;
  readonly driver: string;
  /** Name of the nth interrupt. */
  readonly name: (n: number) => string;
  readonly irqs: number;
  /** The mask of the nth interrupt; absent: all CPUs. */
  readonly mask?: (n: number) => CpuSet;
  /** Which are managed; `undefined`: cannot be told. */
  readonly managed?: (n: number) => boolean | undefined;
  /** From this index on, interrupts are allocated but not requested. */
  readonly requested?: number;
}

/** A machine as it would be set up; what its vectors come to is the model's to say. */
export interface SampleSpec {
  readonly source: string;
  readonly release: string;
  /** As `--kernel` takes it. */
  readonly profile: string;
  readonly cpus: number;
  readonly offline?: CpuSet;
  readonly nodes: number;
  /** False: no debugfs, so counts instead of vector numbers. */
  readonly vectorsKnown: boolean;
  readonly devices: readonly SampleDevice[];
  /** So many moved interrupts may still hold a vector on the CPU that they left. */
  readonly perhapsOld?: number;
  readonly doubts?: readonly Doubt[];
  readonly missing?: readonly Missing[];
}

const ISA: readonly [number, string][] = [
  [0, 'timer'],
  [1, 'i8042'],
  [4, 'ttyS0'],
  [8, 'rtc0'],
  [9, 'acpi'],
];
const FIRST_DEVICE_IRQ = 24;

/** Boots the machine on the kernel's own matrix, and shows of it what the spec lets be seen. */
export function machineOf(spec: SampleSpec): MachineState {
  const profile = profileNamed(spec.profile);
  if (profile === undefined) throw new Error(`no kernel profile ${spec.profile}`);
  const matrix = bootMatrix(profile, spec.cpus);
  const irqs: IrqState[] = ISA.map(([irq, name]) => isaIrq(matrix, spec, irq, name));
  for (const cpu of spec.offline ?? []) matrix.offline(cpu);
  let next = FIRST_DEVICE_IRQ;
  for (const device of spec.devices) {
    for (let n = 0; n < device.irqs; n++) irqs.push(deviceIrq(matrix, spec, device, n, next++));
  }
  const present = CpuSet.span(0, spec.cpus - 1);
  const online = present.andNot(spec.offline ?? new CpuSet());
  const unplaced = oldVectors(irqs, spec, online);
  const capacity = exactly(capacityFromSystemMap(profile, matrix.systemBits()));
  const nodes = Array.from({ length: spec.nodes }, (_, node) => ({ node, cpus: nodeCpus(spec, node) }));
  const counted = countFromIrqs({ present, online, capacity, irqs, unplaced, drifting: new CpuSet(), nodes });
  return {
    source: spec.source,
    kernel: { release: spec.release, profile, assumption: undefined },
    certainty: spec.vectorsKnown ? 'exact' : 'bounded',
    doubts: spec.doubts ?? [],
    cpus: spec.vectorsKnown ? counted.map((cpu) => asDumped(cpu, matrix)) : counted,
    global: spec.vectorsKnown
      ? {
          available: exactly(matrix.globalAvailable),
          reserved: exactly(matrix.globalReserved),
          totalAllocated: exactly(matrix.totalAllocated),
        }
      : countGlobal(counted, irqs, unplaced, true),
    irqs,
    unplaced,
    anonymous: [],
    uncountable: undefined,
    hasVectorDomain: true,
    housekeeping: undefined,
    isolated: undefined,
    nodes: nodes.map(({ node, cpus }) => ({ node: asNodeId(node), cpus })),
    systemVectors: spec.vectorsKnown ? matrix.systemBits() : undefined,
    missing: spec.missing ?? [],
  };
}

/** The same machine a moment later: its interrupts have fired. */
export function later(machine: MachineState, ticks: number): MachineState {
  const more = (counts: ReadonlyMap<number, number>): ReadonlyMap<number, number> =>
    new Map([...counts].map(([cpu, count]) => [cpu, count + 17 * ticks]));
  const irqs = machine.irqs.map((irq) =>
    irq.counts === undefined || irq.phase !== 'active' ? irq : { ...irq, counts: more(irq.counts) },
  );
  return { ...machine, irqs };
}

function bootMatrix(profile: KernelProfile, cpus: number): Matrix {
  const matrix = Matrix.forKernel(profile, cpus);
  const system = new Set([CASCADE_VECTOR, IA32_SYSCALL_VECTOR]);
  if (profile.cleanupByVector) system.add(FIRST_EXTERNAL_VECTOR);
  for (let vector = 0; vector < 20; vector++) system.add(vector);
  for (let vector = profile.firstSystemVector; vector < 256; vector++) system.add(vector);
  for (const vector of system) matrix.assignSystem(0, vector, false);
  for (let cpu = 0; cpu < cpus; cpu++) matrix.online(cpu);
  return matrix;
}

function isaIrq(matrix: Matrix, spec: SampleSpec, irq: number, name: string): IrqState {
  matrix.assign(0, FIRST_LEGACY_VECTOR + irq);
  return {
    irq: asIrq(irq),
    name,
    chip: 'IR-IO-APIC',
    device: undefined,
    driver: undefined,
    managed: false,
    managedBy: spec.vectorsKnown ? 'debugfs irq/irqs' : 'IR-IO-APIC interrupts are never managed',
    cpu: asCpu(0),
    vector: spec.vectorsKnown ? asVector(FIRST_LEGACY_VECTOR + irq) : undefined,
    affinity: CpuSet.span(0, spec.cpus - 1),
    movePending: false,
    phase: 'active',
    counts: new Map([[0, irq === 0 ? 127 : irq * 31]]),
    node: undefined,
    hint: undefined,
    fixed: irq === 0 ? 'the timer is not balanced' : undefined,
  };
}

function deviceIrq(matrix: Matrix, spec: SampleSpec, device: SampleDevice, n: number, irq: number): IrqState {
  const managed = device.managed === undefined ? false : device.managed(n);
  const mask = device.mask?.(n) ?? CpuSet.span(0, spec.cpus - 1);
  const { phase, vector } = place(matrix, mask, managed === true, n < (device.requested ?? device.irqs));
  return {
    irq: asIrq(irq),
    name: phase === 'reserved' ? '' : device.name(n),
    chip: 'IR-PCI-MSI',
    device: device.address,
    driver: device.driver,
    managed,
    managedBy: managedBy(spec, device.driver, managed),
    cpu: vector === undefined ? undefined : asCpu(matrix.lastCpu),
    vector: vector === undefined || !spec.vectorsKnown ? undefined : asVector(vector),
    affinity: mask,
    movePending: false,
    phase,
    counts: phase === 'active' ? new Map([[matrix.lastCpu, (irq * 7919) % 2_000_003]]) : undefined,
    node: undefined,
    hint: undefined,
    fixed: undefined,
  };
}

/** As request_irq() does it: reserve first, then take a vector. */
function place(
  matrix: Matrix,
  mask: CpuSet,
  managed: boolean,
  requested: boolean,
): { phase: IrqPhase; vector: number | undefined } {
  if (managed) {
    matrix.reserveManaged(mask);
    const bit = matrix.allocManaged(mask);
    return bit < 0 ? { phase: 'shutdown', vector: undefined } : { phase: 'active', vector: bit };
  }
  matrix.reserve();
  if (!requested) return { phase: 'reserved', vector: undefined };
  const bit = matrix.alloc(mask, true);
  if (bit < 0) throw new Error(`the sample is too full: no vector on CPUs ${mask}`);
  return { phase: 'active', vector: bit };
}

function managedBy(spec: SampleSpec, driver: string, managed: boolean | undefined): string {
  if (managed === undefined) return `driver ${driver} is not in the catalogue`;
  return spec.vectorsKnown ? 'debugfs irq/irqs' : `driver ${driver}, by the catalogue`;
}

function oldVectors(irqs: readonly IrqState[], spec: SampleSpec, online: CpuSet): UnplacedVector[] {
  const moved = irqs.filter(
    (irq) => irq.irq >= FIRST_DEVICE_IRQ && irq.managed === false && irq.cpu !== undefined,
  );
  return moved.slice(0, spec.perhapsOld ?? 0).map(({ irq, cpu = 0 }) => {
    const left = [...online].find((other) => other > cpu) ?? 0;
    return { irq, cpus: CpuSet.of(left), held: range(0, 1), managed: false, why: 'old' };
  });
}

function asDumped(state: CpuState, matrix: Matrix): CpuState {
  if (!state.online) return state;
  const { available, allocated, managed, managedAllocated } = matrix.maps;
  const { cpu } = state;
  return {
    ...state,
    available: exactly(available[cpu] ?? 0),
    allocated: exactly(allocated[cpu] ?? 0),
    managed: exactly(managed[cpu] ?? 0),
    managedAllocated: exactly(managedAllocated[cpu] ?? 0),
    drift: exactly(matrix.drift(cpu)),
    allocMap: matrix.allocatedBits(cpu),
  };
}

function nodeCpus(spec: SampleSpec, node: number): CpuSet {
  const size = spec.cpus / spec.nodes;
  return CpuSet.span(node * size, (node + 1) * size - 1);
}
