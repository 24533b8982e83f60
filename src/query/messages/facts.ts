/** What of a machine matters to a message, as sentences. */
import { CpuSet } from '../../base/cpu-set.ts';
import { addRanges, exactly, formatRange } from '../../base/range.ts';
import { errnoName } from '../../model/failures.ts';
import type { IrqState, MachineState } from '../../model/machine-state.ts';
import { FIRST_EXTERNAL_VECTOR, FIRST_LEGACY_VECTOR, LEGACY_IRQS } from '../../model/system-vectors.ts';
import { explainOf } from '../explain.ts';
import { fitsOf } from '../fits.ts';

/** Who owns it, where it is, whether it may move. */
export function ofIrq(machine: MachineState, irq: number): string[] {
  const answer = explainOf(machine, irq);
  if (answer === undefined) return [`there is no IRQ ${irq} here (now)`];
  const { facts, whenCpuGoes } = answer;
  return [`IRQ ${irq} here: ${[...facts, ...(whenCpuGoes === undefined ? [] : [whenCpuGoes])].join('; ')}`];
}

/** Whether its mask has room. */
export function ofItsMask(machine: MachineState, irq: number): string[] {
  const state = machine.irqs.find((candidate) => candidate.irq === irq);
  return state?.affinity === undefined
    ? []
    : ofCpus(machine, state.affinity, `of its mask ${state.affinity}`);
}

/** How many vectors are left on the online ones among these. */
export function ofCpus({ cpus }: MachineState, among: CpuSet, which: string): string[] {
  const online = cpus.filter(({ cpu, online: up }) => up && among.has(cpu));
  if (online.length === 0) return [`no CPU ${which} is online`];
  const left = online.reduce((sum, { available }) => addRanges(sum, available), exactly(0));
  const full = online.filter(({ available }) => available.max === 0).map(({ cpu }) => cpu);
  const detail =
    online.length > 8
      ? ''
      : ` (${online.map(({ cpu, available }) => `CPU ${cpu}: ${formatRange(available)}`).join(', ')})`;
  const none = full.length === 0 ? '' : `; full: CPU ${CpuSet.from(full)}`;
  return [`vectors left on the online CPUs ${which}: ${formatRange(left)}${detail}${none}`];
}

export function ofMachine(machine: MachineState): string[] {
  const all = CpuSet.from(machine.cpus.map(({ cpu }) => cpu));
  const { reserved } = machine.global;
  return [...ofCpus(machine, all, 'here'), `reserved without a vector: ${formatRange(reserved)}`];
}

/** What would happen if it went now. */
export function ofCpuGoing(machine: MachineState, cpu: number): string[] {
  const state = machine.cpus.find((candidate) => candidate.cpu === cpu);
  if (state === undefined) return [`there is no CPU ${cpu} here`];
  if (!state.online) return [`CPU ${cpu} is offline now`];
  if (cpu === 0 || !machine.hasVectorDomain) return [];
  const step = fitsOf(machine, [{ kind: 'offline', cpus: [cpu] }]).steps[0];
  if (step === undefined) return [];
  const verdict = step.fits === null ? 'cannot be decided' : step.fits ? 'it could go' : 'it could not go';
  return [
    `CPU ${cpu} now: ${formatRange(step.needed)} vectors would have to move, ${formatRange(step.available)} are available on the others: ${verdict}`,
  ];
}

/** Who has a vector on a CPU. */
export function ofVector(machine: MachineState, cpu: number, vector: number): string[] {
  const state = machine.cpus.find((candidate) => candidate.cpu === cpu);
  if (state === undefined) return [`there is no CPU ${cpu} here`];
  const known = machine.irqs.filter((irq) => irq.vector === vector && irq.cpu === cpu);
  const old = machine.unplaced.filter((one) => one.vector === vector && one.cpus.has(cpu));
  const lines = [
    ...known.map((irq) => `vector ${vector} on CPU ${cpu} is that of IRQ ${nameOf(irq)} now`),
    ...old.map(
      ({ irq }) =>
        `vector ${vector} on CPU ${cpu} is an old one of IRQ ${irq}, which moved and has not had an interrupt since`,
    ),
  ];
  const legacy = vector - FIRST_LEGACY_VECTOR;
  if (legacy >= 0 && legacy < LEGACY_IRQS) {
    const spurious =
      legacy === 7 || legacy === 15
        ? ', the one on which a PIC (8259) signals what it cannot tell: spurious, and harmless'
        : '';
    lines.push(`vector ${vector} is where the legacy PIC delivers ISA interrupt ${legacy}${spurious}`);
  }
  if (vector < FIRST_EXTERNAL_VECTOR)
    lines.push(`vector ${vector} is an exception's: no device is given one below 32`);
  if (machine.systemVectors?.includes(vector) === true)
    lines.push(`vector ${vector} is a system vector here`);
  if (known.length + old.length > 0) return lines;
  const here = machine.irqs.filter((irq) => irq.cpu === cpu && irq.phase === 'active');
  const seen = state.allocMap !== undefined || here.some((irq) => irq.vector !== undefined);
  if (seen)
    return [
      ...lines,
      `nothing has vector ${vector} on CPU ${cpu} now: whatever had it moved away or was freed`,
    ];
  return [
    ...lines,
    `which interrupt has vector ${vector} is only in debugfs, which was not readable; CPU ${cpu} now has ${here.length === 0 ? 'no interrupt' : `IRQ ${here.slice(0, 8).map(nameOf).join(', ')}${here.length > 8 ? ` and ${here.length - 8} more` : ''}`}`,
  ];
}

function nameOf({ irq, name }: IrqState): string {
  return name === '' ? String(irq) : `${irq} (${name})`;
}

/** `ENOSPC: no vector` for -28. */
export function ofErrno(ret: number): string[] {
  const meaning: Readonly<Record<string, string>> = {
    ENOSPC: 'no vector left where it was looked for',
    EBUSY: 'something is still in progress: an earlier move, or a wakeup that is pending',
    EINVAL: 'no online CPU in the mask',
    EIO: 'the interrupt cannot be moved by user space',
    EPERM: 'the interrupt cannot be moved by user space',
    ERANGE: 'a CPU number beyond the last one (or, up to 4.14, no vectors)',
  };
  const name = errnoName(ret);
  const text = meaning[name];
  return text === undefined ? [`${ret} is ${name}`] : [`${ret} is ${name}: ${text}`];
}

export function ofManaged({ irqs, kernel }: MachineState): string[] {
  const managed = irqs.filter((irq) => irq.managed === true);
  const drivers = [...new Set(managed.flatMap(({ driver }) => driver ?? []))].sort();
  const whose = drivers.length === 0 ? '' : `, of ${drivers.join(', ')}`;
  return [
    `managed here: ${managed.length} of ${irqs.length} interrupts${whose}; a write to them answers ${kernel.profile.managedWriteErrno}`,
  ];
}

export function ofIsolation({ housekeeping, kernel, irqs, cpus }: MachineState): string[] {
  if (housekeeping === undefined) return ['isolcpus=managed_irq is not given here'];
  const isolated = CpuSet.from(cpus.map(({ cpu }) => cpu)).andNot(housekeeping);
  const there = irqs.filter(
    (irq) => irq.cpu !== undefined && isolated.has(irq.cpu) && irq.phase === 'active',
  );
  const effect = kernel.profile.isolatesManaged ? '' : ' (this kernel is too old for it: 5.6)';
  return [
    `isolcpus=managed_irq isolates CPU ${isolated} here${effect}; ${there.length} interrupts are on these CPUs now`,
  ];
}
