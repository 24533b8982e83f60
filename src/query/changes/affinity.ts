/** Interrupts are given another affinity: one by one as a user writes it, or all of them as isolation wants it. */
import type { CpuSet } from '../../base/cpu-set.ts';
import { errnoName } from '../../model/failures.ts';
import { isFaultMessage } from '../../model/interrupts-of-state.ts';
import type { IrqDesc } from '../../model/irq-desc.ts';
import type { Kernel } from '../../model/kernel.ts';
import { type Outcome, printing, type Stay } from './outcome.ts';

/**
 * `echo CPUS > /proc/irq/N/smp_affinity_list` for each, then their next interrupts.
 * @param unsure interrupts that may answer otherwise than this kernel's, and why
 */
export function pin(
  kernel: Kernel,
  all: readonly number[],
  cpus: CpuSet,
  unsure: ReadonlyMap<number, string>,
): Outcome {
  const irqs = all.filter((irq) => !unsure.has(irq));
  return printing(kernel, () => {
    const refused = irqs.flatMap((irq) => {
      const ret = kernel.writeSmpAffinityList(irq, cpus.toString());
      return ret < 0 ? [`IRQ ${irq}: the write answers ${errnoName(ret)}${hintFor(kernel, irq, cpus)}`] : [];
    });
    const waiting = new Set(irqs.filter((irq) => isWaitingForFault(kernel, irq)));
    const arriving = irqs.filter((irq) => !waiting.has(irq));
    for (const irq of arriving) arrives(kernel, irq);
    kernel.tick();
    for (const irq of arriving) {
      const data = kernel.desc(irq)?.data;
      // Without remapping the write is accepted, and the move that follows fails without a word (specification 5.5.6).
      if (data !== undefined && data.vector !== 0 && !cpus.has(data.cpu) && !isRefused(refused, irq)) {
        refused.push(`IRQ ${irq}: the write is accepted, but it stays on CPU ${data.cpu}: ${full(cpus)}`);
      }
    }
    const onTheirWay = [...waiting].map((irq) => ({ irq, mask: cpus.and(kernel.online) }));
    return { refused, open: questions(unsure), stays: [], onTheirWay };
  });
}

/** A write to VT-d's fault message is taken, and nothing follows. */
function isWaitingForFault(kernel: Kernel, irq: number): boolean {
  const desc = kernel.desc(irq);
  return desc?.movePending === true && isFaultMessage(desc.chip.name);
}

function questions(unsure: ReadonlyMap<number, string>): string[] {
  return [...unsure].map(([irq, why]) => `IRQ ${irq}: ${why}`);
}

/** It has had its next interrupt, and the one after it, which ends the move. */
function arrives(kernel: Kernel, irq: number): void {
  kernel.interruptArrives(irq);
  kernel.interruptArrives(irq);
}

function isRefused(refused: readonly string[], irq: number): boolean {
  return refused.some((text) => text.startsWith(`IRQ ${irq}:`));
}

function full(cpus: CpuSet): string {
  return cpus.size === 1 ? `CPU ${cpus} has no vector left` : `no CPU of ${cpus} has a vector left`;
}

function hintFor(kernel: Kernel, irq: number, cpus: CpuSet): string {
  const desc = kernel.desc(irq);
  if (desc?.managed === true) return ' (managed: the kernel places it)';
  if (desc?.settable === false) return ' (not to be moved)';
  if (!cpus.intersects(kernel.online)) return ' (none of these CPUs is online)';
  return ` (${full(cpus)})`;
}

/**
 * As after a boot with `isolcpus=managed_irq,CPUS irqaffinity=REST`: the default affinity and the CPUs for managed
 * interrupts are narrowed, and what is on the isolated CPUs leaves them as far as the kernel lets it.
 * @param unsure interrupts that may be there and go otherwise than this kernel's, and why
 */
export function isolate(kernel: Kernel, isolated: CpuSet, unsure: ReadonlyMap<number, string>): Outcome {
  const rest = kernel.possible.andNot(isolated);
  kernel.housekeeping = rest.and(kernel.housekeeping ?? kernel.possible);
  const defaults = kernel.defaultAffinity.and(rest);
  kernel.defaultAffinity = defaults.isEmpty ? rest : defaults;
  return printing(kernel, () => {
    const here = kernel
      .descs()
      .filter(
        ({ irq, data }) =>
          data !== undefined && data.vector !== 0 && isolated.has(data.cpu) && !unsure.has(irq),
      );
    const errors = new Map(here.map((desc) => [desc.irq, leave(kernel, desc, rest)]));
    for (const { irq } of here) if (!isWaitingForFault(kernel, irq)) arrives(kernel, irq);
    kernel.tick();
    const stays: Stay[] = [];
    const refused: string[] = [];
    for (const desc of here) {
      const { irq, data } = desc;
      if (data === undefined || data.vector === 0 || !isolated.has(data.cpu)) continue;
      const why = whyItStays(kernel, desc, rest);
      if (why === undefined) {
        const ret = errors.get(irq) ?? 0;
        refused.push(
          `IRQ ${irq} stays on CPU ${data.cpu}: ${full(rest.and(kernel.online))}${ret < 0 ? ` (${errnoName(ret)})` : ''}`,
        );
      }
      stays.push({ irq, cpu: data.cpu, why: why ?? 'no vector left on the other CPUs' });
    }
    return { refused, open: questions(unsure), stays };
  });
}

function leave(kernel: Kernel, desc: IrqDesc, rest: CpuSet): number {
  if (desc.managed) return kernel.setAffinity(desc.irq, desc.affinity);
  const left = desc.affinity.and(rest);
  return kernel.writeSmpAffinityList(desc.irq, (left.intersects(kernel.online) ? left : rest).toString());
}

/** Undefined: it may go, and found no place. */
function whyItStays(kernel: Kernel, desc: IrqDesc, rest: CpuSet): string | undefined {
  if (desc.managed) {
    const left = desc.affinity.and(rest);
    if (left.isEmpty) {
      return `managed, and its whole mask is isolated: it stays for the queue of these CPUs, and is silent while they do no I/O; fewer queues of the device would end it`;
    }
    if (!kernel.profile.isolatesManaged) {
      return 'managed, and this kernel is older than isolcpus=managed_irq (5.6)';
    }
    if (!left.intersects(kernel.online)) {
      return `managed, and of its mask only CPU ${left} is not isolated, which is offline: it leaves when that comes up`;
    }
    return undefined;
  }
  if (desc.noBalancing || !desc.settable) return 'user space cannot move it';
  if (isWaitingForFault(kernel, desc.irq)) return 'it reports faults of VT-d, and goes with the next one';
  return undefined;
}
