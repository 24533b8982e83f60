import { formatNumberList } from '../base/number-list.ts';
import type { Report, ReportCpu, ReportIrq } from '../format/report.ts';
import type { CpuState, IrqState, MachineState, UnplacedVector } from '../model/machine-state.ts';
import { FIRST_EXTERNAL_VECTOR } from '../model/system-vectors.ts';
import { findingsOf } from './findings.ts';
import { kernelFactsOf } from './kernel-facts.ts';

/**
 * What the vector space looks like, and what is about to go wrong.
 * @param foretell what would happen to it can be told: its vectors are given out as that kernel does
 */
export function reportOf(machine: MachineState, foretell = true): Report {
  return {
    kind: 'report',
    version: 1,
    source: machine.source,
    kernel: kernelFactsOf(machine.kernel),
    certainty: machine.certainty,
    cpus: machine.cpus.map(toReportCpu),
    global: machine.global,
    ...(machine.systemVectors === undefined
      ? {}
      : { systemVectors: formatNumberList(machine.systemVectors) }),
    window: { start: FIRST_EXTERNAL_VECTOR, end: machine.kernel.profile.firstSystemVector },
    nodes: machine.nodes.map(({ node, cpus }) => ({ node, cpus: cpus.toString() })),
    irqs: toReportIrqs(machine),
    findings: findingsOf(machine, foretell),
    doubts: machine.doubts.map((doubt) => doubt.text),
    missing: machine.missing.map(({ path, cost }) => ({ path, cost })),
  };
}

function toReportCpu(state: CpuState): ReportCpu {
  const { cpu, online, node, capacity, available, allocated, managed, managedAllocated, allocMap } = state;
  return {
    cpu,
    online,
    ...(node === undefined ? {} : { node }),
    capacity,
    available,
    allocated,
    managed,
    managedAllocated,
    ...(allocMap === undefined ? {} : { vectors: formatNumberList(allocMap) }),
  };
}

function toReportIrqs(machine: MachineState): ReportIrq[] {
  const old = new Map(
    machine.unplaced.filter(({ why }) => why === 'old').map((vector) => [vector.irq, vector]),
  );
  return machine.irqs.map((irq) => toReportIrq(irq, old.get(irq.irq)));
}

/** One interrupt as answers show it, with the vector that it holds where it was before. */
export function toReportIrq(state: IrqState, old: UnplacedVector | undefined): ReportIrq {
  const {
    irq,
    name,
    chip,
    device,
    driver,
    managed,
    managedBy,
    cpu,
    vector,
    affinity,
    phase,
    movePending,
    counts,
  } = state;
  let count: number | undefined;
  for (const n of counts?.values() ?? []) count = (count ?? 0) + n;
  return {
    irq,
    name,
    ...(chip === undefined ? {} : { chip }),
    ...(device === undefined ? {} : { device }),
    ...(driver === undefined ? {} : { driver }),
    ...(managed === undefined ? {} : { managed }),
    managedBy,
    ...(cpu === undefined ? {} : { cpu }),
    ...(vector === undefined ? {} : { vector }),
    ...(affinity === undefined ? {} : { affinity: affinity.toString() }),
    state: phase,
    movePending,
    ...(old === undefined ? {} : { oldVector: toOldVector(old) }),
    ...(count === undefined ? {} : { count }),
  };
}

function toOldVector({ cpus, held, vector }: UnplacedVector): NonNullable<ReportIrq['oldVector']> {
  return { cpus: cpus.toString(), certain: held.min === 1, ...(vector === undefined ? {} : { vector }) };
}
