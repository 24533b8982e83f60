import { formatNumberList } from '../base/number-list.ts';
import { formatRange, isExact } from '../base/range.ts';
import type { Finding } from '../format/report.ts';
import { type CpuState, hasWrapped, type MachineState } from '../model/machine-state.ts';
import { fitsOf } from './fits.ts';

/** A CPU with less than this share of its vectors left is worth a word. */
const LOW_SHARE = 0.1;
/** What is wrong, or about to be; most severe first. */
export function findingsOf(machine: MachineState, foretell = true): Finding[] {
  if (!machine.hasVectorDomain) {
    const text = 'no x86 interrupt vectors here: interrupts are listed, vectors are not';
    return [{ severity: 'note', code: 'no-vector-domain', text }];
  }
  const found: Finding[] = [
    ...assumed(machine),
    ...hibernation(machine, foretell),
    ...fullCpus(machine),
    ...wrappedCounters(machine),
    ...reservations(machine),
    ...irqFindings(machine),
  ];
  const rank = { error: 0, warning: 1, note: 2 } as const;
  return found.sort((a, b) => rank[a.severity] - rank[b.severity]);
}

function assumed(machine: MachineState): Finding[] {
  const text = machine.kernel.assumption;
  return text === undefined ? [] : [{ severity: 'note', code: 'kernel-assumed', text }];
}

function hibernation(machine: MachineState, foretell: boolean): Finding[] {
  if (machine.cpus.filter((cpu) => cpu.online).length < 2) return [];
  if (!foretell) {
    const text =
      'whether hibernation and suspend succeed is not foretold under this policy: a step can try it';
    return [{ severity: 'note', code: 'hibernate-undecided', text }];
  }
  const verdict = fitsOf(machine, [{ kind: 'hibernate' }]);
  const last = verdict.steps.at(-1);
  if (verdict.fits === true || last === undefined) return [];
  if (machine.uncountable !== undefined) {
    const text = `it cannot be told whether hibernation and suspend succeed: ${machine.uncountable}`;
    return [{ severity: 'note', code: 'hibernate-undecided', text }];
  }
  const short = last.spare.max < 0 && !isExact(last.spare) ? `, at least ${-last.spare.max} too few` : '';
  const figures = `${formatRange(last.needed)} vectors have to move, ${formatRange(last.available)} are available${short}`;
  if (verdict.fits === null) {
    const text = `it cannot be told whether hibernation and suspend succeed: at CPU ${last.cpu} ${figures}`;
    return [{ severity: 'note', code: 'hibernate-undecided', text }];
  }
  const text = `hibernation and suspend will be refused at CPU ${last.cpu}: ${figures}`;
  return [{ severity: 'warning', code: 'hibernate-refused', text }];
}

function fullCpus(machine: MachineState): Finding[] {
  const found: Finding[] = [];
  const list = (cpus: readonly CpuState[]): string => formatNumberList(cpus.map(({ cpu }) => cpu));
  const online = machine.cpus.filter((cpu) => cpu.online && cpu.capacity.max > 0);
  const full = online.filter((cpu) => cpu.available.max === 0);
  if (full.length > 0) {
    const text = `CPU ${list(full)}: every vector is taken; no further interrupt can move there`;
    found.push({ severity: 'error', code: 'cpu-full', text });
  }
  const low = online.filter(
    (cpu) => cpu.available.max > 0 && cpu.available.max < cpu.capacity.min * LOW_SHARE,
  );
  if (low.length > 0) {
    const text = `CPU ${list(low)}: less than a tenth of the vectors is left`;
    found.push({ severity: 'warning', code: 'cpu-low', text });
  }
  return found;
}

/** "CPU 0 has 4294967295 vectors" (the IRQ 2 bug of 2021): a counter below zero. */
function wrappedCounters(machine: MachineState): Finding[] {
  return machine.cpus.filter(hasWrapped).map(({ cpu }) => ({
    severity: 'error',
    code: 'counter-wrapped',
    text: `CPU ${cpu}: a vector counter has wrapped below zero; the kernel's accounting is broken`,
  }));
}

function reservations(machine: MachineState): Finding[] {
  const { reserved, available } = machine.global;
  if (reserved.min <= available.max) return [];
  const text = `${formatRange(reserved)} interrupts are reserved, ${formatRange(available)} vectors are available: request_irq() may fail`;
  return [{ severity: 'warning', code: 'reserved-exceeds-available', text }];
}

function irqFindings(machine: MachineState): Finding[] {
  const found: Finding[] = [];
  const add = (severity: Finding['severity'], code: string, irqs: readonly number[], text: string): void => {
    if (irqs.length > 0) found.push({ severity, code, text: `${text}: IRQ ${formatNumberList(irqs)}` });
  };
  const numbers = (test: (irq: MachineState['irqs'][number]) => boolean): number[] =>
    machine.irqs.filter(test).map(({ irq }) => irq);
  add(
    'note',
    'managed-shutdown',
    numbers((irq) => irq.phase === 'shutdown'),
    'shut down until a CPU of their mask is online again',
  );
  add(
    'note',
    'move-pending',
    numbers((irq) => irq.movePending),
    'an affinity write waits for the next interrupt',
  );
  const held = machine.unplaced.filter((v) => v.why === 'old' && isExact(v.held));
  add(
    'note',
    'old-vectors',
    held.map((v) => v.irq),
    'hold a second vector on the CPU they left, until their next interrupt',
  );
  const unexplained = unexplainedVectors(machine);
  if (unexplained > 0) {
    const text = `${unexplained} vectors in use belong to no interrupt that can be seen: perhaps leaked (CVE-2024-31076)`;
    found.push({ severity: 'warning', code: 'vectors-unexplained', text });
  }
  return found;
}

/** Regular vectors of VECTOR that neither an interrupt on that CPU nor one whose CPU is not known can own. */
function unexplainedVectors(machine: MachineState): number {
  if (machine.irqs.length === 0) return 0;
  const vectors = machine.anonymous.reduce((sum, { regular }) => sum + regular, 0);
  const elsewhere = machine.unplaced.filter(({ cpus, held }) => cpus.size > 1 || !isExact(held)).length;
  const unknown = machine.irqs.filter((irq) => irq.phase === 'unknown').length;
  return vectors - elsewhere - unknown;
}
