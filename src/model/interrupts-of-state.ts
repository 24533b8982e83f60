/** The descriptors of a machine's interrupts, and the vectors they are to have, before a kernel is built of them. */
import { CpuSet } from '../base/cpu-set.ts';
import { isExact } from '../base/range.ts';
import { PIC_CHIP, TIMER_IRQ } from './boot.ts';
import { asIrq, type Irq } from './ids.ts';
import { type IrqChip, IrqDesc, VectorData } from './irq-desc.ts';
import type { Kernel } from './kernel.ts';
import type { CpuState, IrqState, MachineState, UnplacedVector } from './machine-state.ts';
import type { Holding, NominalMap } from './nominal-map.ts';
import { MANAGED_SHUTDOWN_VECTOR } from './vector-domain.ts';

/** The kernel keeps a table by number: what is beyond (no kernel has so many) is numbered anew. */
const NUMBERS = 2 ** 20;

/**
 * Whether interrupts of this chip move at once, and their old vectors with them: behind interrupt remapping. The others
 * wait for their next interrupt (specification 4.10, 5.5.2), also VT-d's own fault message, which nothing remaps: on
 * 6.1 and 7.2 a mask written to `dmar0` stays pending for as long as there is no fault.
 */
export function movesAtOnce(chip: string): boolean {
  return /^(IR-|IOMMU|AMD)/.test(chip);
}

/** VT-d's own message of a fault (`dmar0`): a sound machine never has one, and what waits for it waits for ever. */
export function isFaultMessage(chip: string): boolean {
  return chip.startsWith('DMAR');
}

interface Owned extends Holding {
  readonly desc: IrqDesc;
  /** What it left behind when it moved. */
  readonly old: boolean;
}

export class Interrupts {
  readonly perhapsManaged = new Set<number>();
  /** Per CPU. */
  readonly holdings: Owned[][] = [];
  readonly #descs: IrqDesc[] = [];
  readonly #chips = new Map<string, IrqChip>();
  readonly #possible: CpuSet;
  readonly #lowest: CpuSet;
  /** From here on numbers are ours. */
  readonly #ours: number;
  readonly #names = new Map<number, Irq>();
  #next: number;

  constructor(machine: MachineState, possible: CpuSet, online: CpuSet) {
    this.#possible = possible;
    this.#lowest = CpuSet.of(online.first ?? 0);
    for (const { cpu } of machine.cpus) this.holdings[cpu] = [];
    const irqs = [...machine.irqs].sort((a, b) => a.irq - b.irq);
    this.#ours = irqs.reduce((next, { irq }) => (irq < NUMBERS ? irq + 1 : next), 0);
    this.#next = this.#ours;
    const olds = new Map(machine.unplaced.filter(isCertainlyOld).map((vector) => [vector.irq, vector]));
    for (const irq of irqs) this.#add(irq, olds.get(irq.irq));
    this.#addStandIns(machine);
  }

  nameOf(irq: number): Irq | undefined {
    return irq < this.#ours ? asIrq(irq) : this.#names.get(irq);
  }

  #add(irq: IrqState, old: UnplacedVector | undefined): void {
    const { phase, cpu } = irq;
    if (phase === 'legacy-pic') this.#desc(irq, PIC_CHIP).data = undefined;
    if (phase === 'shutdown' || phase === 'reserved') this.#wait(irq);
    if (phase !== 'active' || cpu === undefined || this.holdings[cpu] === undefined) return;
    const desc = this.#desc(irq, this.#chip(irq.chip));
    const { managed } = desc;
    if (irq.managed === undefined) this.perhapsManaged.add(desc.irq);
    desc.noBalancing = irq.irq === TIMER_IRQ;
    desc.movePending = irq.movePending;
    if (irq.movePending) desc.pendingMask = desc.affinity;
    this.holdings[cpu].push({ desc, managed, old: false, vector: irq.vector });
    const left = old?.cpus.first;
    if (left === undefined) return;
    this.holdings[left]?.push({ desc, managed, old: true, vector: old?.vector });
  }

  /** Shut down with the last CPU of its mask, or not requested yet: no vector. */
  #wait(irq: IrqState): void {
    const desc = this.#desc(irq, this.#chip(irq.chip));
    const { data } = desc;
    if (data === undefined) return;
    desc.actions = irq.phase === 'shutdown' ? 1 : 0;
    data.canReserve = !desc.managed;
    data.hasReserved = !desc.managed;
    desc.canReserve = !desc.managed;
    data.hwVector = MANAGED_SHUTDOWN_VECTOR;
    data.hwCpu = this.#lowest.first ?? 0;
    desc.effective = this.#lowest;
  }

  #desc({ irq, affinity, managed }: IrqState, chip: IrqChip): IrqDesc {
    const number = irq < NUMBERS ? irq : this.#next++;
    if (number !== irq) this.#names.set(number, irq);
    return this.#make(number, chip, affinity ?? this.#possible, managed === true);
  }

  #make(number: number, chip: IrqChip, affinity: CpuSet, managed: boolean): IrqDesc {
    const desc = new IrqDesc(number, chip, -1, affinity, managed, false);
    desc.data = new VectorData();
    desc.data.isManaged = managed;
    this.#descs.push(desc);
    return desc;
  }

  #chip(name = ''): IrqChip {
    const known = this.#chips.get(name);
    if (known !== undefined) return known;
    const chip = {
      name,
      settable: true,
      remapped: movesAtOnce(name),
      affinityBeforeStartup: name.includes('MSI'),
    };
    this.#chips.set(name, chip);
    return chip;
  }

  /** A vector of nobody known moves as one whose mask allows everything; a managed one is of its CPU alone. */
  #addStandIns(machine: MachineState): void {
    const states = new Map<number, CpuState>(machine.cpus.map((state) => [state.cpu, state]));
    for (const { cpu, regular, managed } of machine.anonymous) {
      const here = this.holdings[cpu];
      const state = states.get(cpu);
      if (here === undefined || state === undefined) continue;
      // Where managed vectors in use are not counted apart (up to 5.0), some of the unknown ones are.
      const { min, max } = state.managedAllocated;
      const known = here.filter(({ desc, old }) => !old && this.perhapsManaged.has(desc.irq)).length;
      for (let n = 0; n < regular; n++) {
        const desc = this.#make(this.#next++, this.#chip(), this.#possible, false);
        if (n < max - min - known) this.perhapsManaged.add(desc.irq);
        here.push({ desc, managed: false, old: false, vector: undefined });
      }
      const own = CpuSet.of(cpu);
      for (let n = 0; n < managed; n++) {
        const desc = this.#make(this.#next++, this.#chip(), own, true);
        here.push({ desc, managed: true, old: false, vector: undefined });
      }
    }
  }

  /** Every interrupt with a vector is running on it. */
  settleIn(kernel: Kernel, maps: ReadonlyMap<number, NominalMap>): void {
    const waiting = new Map<number, IrqDesc[]>();
    for (const [cpu, holdings] of this.holdings.entries()) {
      const effective = CpuSet.of(cpu);
      for (const [at, { desc, old }] of holdings?.entries() ?? []) {
        const vector = maps.get(cpu)?.vectors[at];
        const { data } = desc;
        if (vector === undefined || data === undefined) continue;
        kernel.vectors.table.store(cpu, vector, desc.irq);
        if (old) {
          data.prevVector = vector;
          data.prevCpu = cpu;
          data.moveInProgress = !desc.chip.remapped;
          data.cleanupPending = desc.chip.remapped;
          if (desc.chip.remapped) waiting.set(cpu, [...(waiting.get(cpu) ?? []), desc]);
        } else {
          data.vector = vector;
          data.cpu = cpu;
          data.hwVector = vector;
          data.hwCpu = cpu;
          data.canReserve = !desc.managed && !desc.noBalancing;
          run(desc, effective);
        }
      }
    }
    for (const desc of this.#descs) kernel.addIrq(desc);
    kernel.vectorDomain.adoptCleanups(waiting, (irq) => kernel.desc(irq));
  }
}

function run(desc: IrqDesc, effective: CpuSet): void {
  desc.effective = effective;
  desc.canReserve = desc.data?.canReserve === true;
  desc.activated = true;
  desc.started = true;
  desc.managedShutdown = false;
  desc.disabled = false;
  desc.masked = false;
  desc.depth = 0;
  desc.actions = 1;
}

/** Seen in debugfs, or the one thing that its counts allow. */
export function isCertainlyOld({ why, cpus, held }: UnplacedVector): boolean {
  return why === 'old' && cpus.size === 1 && isExact(held);
}
