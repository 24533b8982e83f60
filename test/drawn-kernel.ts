/**
 * What a kernel does with a drawn machine whose every fact is known, straight from chapters 8.2 and 8.3 of the
 * specification and sharing no code with the model: a judge for property tests. One vector at a time, no bounds.
 */
import type { CpuSet } from '../src/base/cpu-set.ts';
import type { KernelProfile } from '../src/model/kernel-profile.ts';
import type { DrawnMachine } from './draw-machine.ts';

interface LiveIrq {
  readonly irq: number;
  on: number | undefined;
  mask: number[] | undefined;
  readonly managed: boolean;
  old: number | undefined;
}

export interface KernelAnswer {
  readonly cpu: number;
  readonly fits: boolean;
  readonly needed: number;
  readonly available: number;
  readonly moves: { irq: number; from: number; to: number }[];
  readonly broken: number[];
  readonly shutdown: number[];
  readonly stuck: number[];
}

export class DrawnKernel {
  readonly #profile: KernelProfile;
  readonly #housekeeping: CpuSet | undefined;
  readonly #online = new Set<number>();
  readonly #available = new Map<number, number>();
  readonly #irqs: LiveIrq[];

  constructor(drawn: DrawnMachine, profile: KernelProfile) {
    this.#profile = profile;
    this.#housekeeping = profile.isolatesManaged ? drawn.housekeeping : undefined;
    for (const cpu of drawn.cpus) {
      if (cpu.online) this.#online.add(cpu.cpu);
      this.#available.set(cpu.cpu, cpu.capacity.min - cpu.managed + cpu.drift.min);
    }
    this.#irqs = drawn.irqs
      .map(({ irq, on, mask, managed, old }) => ({
        irq,
        on,
        mask: mask === undefined ? undefined : [...mask],
        managed: managed === true,
        old: old?.cpus.first,
      }))
      .sort((a, b) => a.irq - b.irq);
    for (const irq of this.#irqs) {
      if (irq.managed) for (const cpu of irq.mask ?? []) this.#give(cpu, -1);
      else if (irq.on !== undefined) this.#give(irq.on, -1);
      if (!irq.managed && irq.old !== undefined) this.#give(irq.old, -1);
    }
  }

  isOnline(cpu: number): boolean {
    return this.#online.has(cpu);
  }

  available(cpu: number): number {
    return this.#available.get(cpu) ?? 0;
  }

  /** `echo 0 > cpuN/online` */
  offline(cpu: number): KernelAnswer {
    const needed = this.#toMove(cpu);
    let available = 0;
    for (const other of this.#online) if (other !== cpu) available += this.available(other);
    const answer: KernelAnswer = {
      cpu,
      fits: available >= needed,
      needed,
      available,
      moves: [],
      broken: [],
      shutdown: [],
      stuck: [],
    };
    if (!answer.fits) return answer;
    this.#online.delete(cpu);
    for (const irq of this.#irqs) this.#migrate(irq, cpu, answer);
    return answer;
  }

  #toMove(cpu: number): number {
    let regular = 0;
    let managed = 0;
    for (const irq of this.#irqs) {
      const held = (irq.on === cpu ? 1 : 0) + (irq.old === cpu ? 1 : 0);
      if (irq.managed) managed += held;
      else regular += held;
    }
    return this.#profile.allocatedExcludesManaged ? regular : regular + managed;
  }

  #migrate(irq: LiveIrq, cpu: number, answer: KernelAnswer): void {
    if (irq.old !== undefined && (irq.old === cpu || irq.on === cpu)) {
      if (!irq.managed) this.#give(irq.old, 1);
      irq.old = undefined;
    }
    const from = irq.on;
    // Nor is one delivered that was stuck on a CPU before: it is tried again.
    if (from === undefined || this.#online.has(from)) return;
    let target = irq.mask?.filter((c) => this.#online.has(c)) ?? [...this.#online];
    let broken = false;
    if (target.length === 0) {
      if (irq.managed) {
        irq.on = undefined;
        answer.shutdown.push(irq.irq);
        return;
      }
      target = [...this.#online];
      broken = true;
    }
    let to = irq.managed ? this.#chooseManaged(target) : this.#mostAvailable(target);
    if (to === undefined && !irq.managed && !broken && this.#profile.retriesOnlineMask) {
      broken = true;
      to = this.#mostAvailable([...this.#online]);
    }
    if (to === undefined) {
      if (from === cpu) answer.stuck.push(irq.irq);
      return;
    }
    answer.moves.push({ irq: irq.irq, from, to });
    if (broken) {
      answer.broken.push(irq.irq);
      irq.mask = [...this.#online];
    }
    if (!irq.managed) {
      this.#give(from, 1);
      this.#give(to, -1);
    }
    irq.on = to;
  }

  #mostAvailable(target: readonly number[]): number | undefined {
    let best: number | undefined;
    for (const cpu of [...target].sort((a, b) => a - b)) {
      if (this.available(cpu) > (best === undefined ? 0 : this.available(best))) best = cpu;
    }
    return best;
  }

  #chooseManaged(target: readonly number[]): number | undefined {
    const kept = this.#housekeeping;
    const preferred = kept === undefined ? [] : target.filter((cpu) => kept.has(cpu));
    const search = (preferred.length > 0 ? preferred : [...target]).sort((a, b) => a - b);
    if (this.#profile.managedCpuChoice === 'lowest') return search[0];
    if (this.#profile.managedCpuChoice === 'most-available') return this.#mostAvailable(search);
    const inUse = (cpu: number): number =>
      this.#irqs
        .filter((i) => i.managed)
        .reduce((n, i) => n + (i.on === cpu ? 1 : 0) + (i.old === cpu ? 1 : 0), 0);
    return search.reduce<number | undefined>(
      (best, cpu) => (best === undefined || inUse(cpu) <= inUse(best) ? cpu : best),
      undefined,
    );
  }

  #give(cpu: number, amount: number): void {
    this.#available.set(cpu, this.available(cpu) + amount);
  }
}
