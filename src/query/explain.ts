import { formatRange } from '../base/range.ts';
import type { Explain } from '../format/explain.ts';
import type { IrqState, MachineState, UnplacedVector } from '../model/machine-state.ts';
import { WhatIf } from '../model/what-if.ts';
import { fitsOf } from './fits.ts';
import { toReportIrq } from './report.ts';

/** Who owns an interrupt, where it may go and why it is there; undefined when there is no such interrupt. */
export function explainOf(machine: MachineState, number: number): Explain | undefined {
  const irq = machine.irqs.find((candidate) => candidate.irq === number);
  if (irq === undefined) return undefined;
  const whenCpuGoes = afterItsCpu(machine, irq);
  const journey = journeyOf(machine, irq);
  const old = machine.unplaced.find((vector) => vector.irq === irq.irq && vector.why === 'old');
  return {
    kind: 'explain',
    version: 1,
    source: machine.source,
    irq: toReportIrq(irq, old),
    facts: [
      owner(irq),
      where(irq),
      placement(irq),
      choice(machine, irq),
      management(machine, irq),
      second(old),
    ].flatMap((fact) => fact ?? []),
    ...(whenCpuGoes === undefined ? {} : { whenCpuGoes }),
    ...(journey.length < 2 ? {} : { journey }),
  };
}

function owner(irq: IrqState): string {
  const nobody = irq.phase === 'unknown' ? 'it cannot be told who requested it' : 'nobody has requested it';
  const who = irq.name === '' ? nobody : `requested by ${irq.name}`;
  const device = irq.device === undefined ? '' : `, PCI device ${irq.device}`;
  const driver = irq.driver === undefined ? '' : ` (driver ${irq.driver})`;
  const chip = irq.chip === undefined ? '' : `, chip ${irq.chip}`;
  return `${who}${device}${driver}${chip}`;
}

function where(irq: IrqState): string {
  switch (irq.phase) {
    case 'active': {
      const vector =
        irq.vector === undefined ? 'one vector (its number is only in debugfs)' : `vector ${irq.vector}`;
      return irq.cpu === undefined
        ? `holds ${vector} on a CPU that is not shown`
        : `holds ${vector} on CPU ${irq.cpu}`;
    }
    case 'shutdown':
      return `shut down: no CPU of its mask ${irq.affinity} is online; it starts again when one comes up`;
    case 'reserved':
      return `holds no vector, only a reservation; it gets a vector at request_irq()`;
    case 'legacy-pic':
      return 'handled by the legacy PIC: its vector is set aside on every CPU';
    case 'other':
      return 'does not use an x86 vector of its own';
    case 'unknown':
      return 'what it holds cannot be told from what was readable';
  }
}

function placement(irq: IrqState): string | undefined {
  if (irq.affinity === undefined) return undefined;
  if (irq.movePending)
    return `smp_affinity asks for CPU ${irq.affinity}: the move waits for the next interrupt`;
  if (irq.phase === 'legacy-pic' || irq.irq === 0) return undefined;
  return `may go to CPU ${irq.affinity} (smp_affinity)`;
}

/** The rule that put it where it is, and what it would look at now. */
function choice(
  machine: MachineState,
  { cpu, affinity, phase, managed, movePending, irq }: IrqState,
): string | undefined {
  if (phase !== 'active' || cpu === undefined || affinity === undefined || movePending || irq === 0)
    return undefined;
  if (!affinity.has(cpu)) {
    return `CPU ${cpu} is not in its mask: there was no vector left in it when it was requested, or the mask was lost with a CPU`;
  }
  const choices = machine.cpus.filter((state) => state.online && affinity.has(state.cpu));
  if (choices.length < 2)
    return managed === undefined ? undefined : `CPU ${cpu} is the only online one of its mask`;
  if (managed === undefined) return undefined;
  if (!managed) {
    const most = choices.reduce((best, one) => (one.available.min > best.available.min ? one : best));
    return `it came to CPU ${cpu} because that had the most vectors left of those it could take when it was requested or last moved; now CPU ${most.cpu} has the most of its mask (${formatRange(most.available)})`;
  }
  const rule = {
    lowest: 'the lowest one of its mask that was online',
    'most-available': 'the one of its mask with the most vectors left',
    'fewest-managed': 'the one of its mask with the fewest managed vectors in use',
  }[machine.kernel.profile.managedCpuChoice];
  return `CPU ${cpu} was ${rule} when it was started`;
}

function management(machine: MachineState, irq: IrqState): string | undefined {
  if (irq.phase === 'other') return undefined;
  const errno = machine.kernel.profile.managedWriteErrno;
  // IRQ 0 is not balanced, and the PIC's chip has no setter (specification 16 on 5.5.1).
  if (irq.phase === 'legacy-pic' || irq.irq === 0)
    return `user space cannot move it: a write to smp_affinity answers ${errno}`;
  if (irq.phase === 'reserved' && irq.managed === false) return `not managed (${irq.managedBy})`;
  if (irq.managed === undefined) return `cannot be told whether it is managed: ${irq.managedBy}`;
  if (!irq.managed) return `not managed (${irq.managedBy}): user space may move it`;
  return `managed (${irq.managedBy}): the kernel chose its mask, a write to smp_affinity answers ${errno}`;
}

function second(old: UnplacedVector | undefined): string | undefined {
  if (old === undefined) return undefined;
  const verb = old.held.min === 1 ? 'holds' : 'may hold';
  const which = old.vector === undefined ? 'a second vector' : `vector ${old.vector} too,`;
  return `${verb} ${which} on CPU ${old.cpus}, which it left, until its next interrupt`;
}

function afterItsCpu(machine: MachineState, irq: IrqState): string | undefined {
  if (irq.cpu === undefined || !machine.hasVectorDomain) return undefined;
  if (irq.cpu === 0) return 'CPU 0 never goes offline';
  const step = fitsOf(machine, [{ kind: 'offline', cpus: [irq.cpu] }]).steps[0];
  if (step === undefined) return undefined;
  if (step.fits === false)
    return `CPU ${irq.cpu} cannot go offline: ${step.message ?? 'its vectors do not fit elsewhere'}`;
  if (step.fits === null) return `whether CPU ${irq.cpu} can go offline cannot be decided`;
  if (step.shutdown.includes(irq.irq))
    return `when CPU ${irq.cpu} goes offline it is shut down, and restored when the CPU returns`;
  if (step.stuck.includes(irq.irq))
    return `when CPU ${irq.cpu} goes offline it finds no vector inside its mask and is lost`;
  const to = step.moves.find((move) => move.irq === irq.irq)?.to;
  if (to === undefined) return undefined;
  const lost = step.broken.includes(irq.irq) ? '; its mask is widened to all online CPUs' : '';
  return `when CPU ${irq.cpu} goes offline it moves to CPU ${to}${lost}`;
}

/** A wide mask is long to leave. */
const MOST_HOPS = 16;

function journeyOf(machine: MachineState, irq: IrqState): NonNullable<Explain['journey']> {
  const hops: NonNullable<Explain['journey']> = [];
  if (irq.cpu === undefined || irq.phase !== 'active' || !machine.hasVectorDomain) return hops;
  if (machine.uncountable !== undefined) return hops;
  const future = WhatIf.of(machine);
  for (let cpu: number = irq.cpu; hops.length < MOST_HOPS; ) {
    if (cpu === 0) return [...hops, { cpu, outcome: 'stays', to: 0 }];
    const { fits } = future.check(cpu);
    if (fits !== true) return [...hops, { cpu, outcome: fits === false ? 'refused' : 'undecided', to: cpu }];
    const { moves, broken, shutdown, stuck } = future.takeDown(cpu);
    if (shutdown.includes(irq.irq)) return [...hops, { cpu, outcome: 'shut-down', to: null }];
    if (stuck.includes(irq.irq)) return [...hops, { cpu, outcome: 'lost', to: null }];
    const to = moves.find((move) => move.irq === irq.irq)?.to;
    // Not certain enough to tell.
    if (to === undefined) return [...hops, { cpu, outcome: 'undecided', to: null }];
    if (broken.includes(irq.irq)) return [...hops, { cpu, outcome: 'mask-lost', to }];
    hops.push({ cpu, outcome: 'moves', to });
    cpu = to;
  }
  return hops;
}
