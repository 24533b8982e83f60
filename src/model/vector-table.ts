import { KernelBug } from './failures.ts';

/** `vector_irq[256]` of each CPU (specification 4.1): what an interrupt on a vector finds there. */
export type VectorSlot =
  | 'unused'
  /** Given back or never to arrive: what still comes is dropped without a word. */
  | 'shutdown'
  /** An interrupt number. */
  | number;

const VECTORS = 256;
const UNUSED = 0;
const SHUTDOWN = -1;

/** One table per CPU, made when the CPU first needs it; a copy reads the same ones until one of the two writes. */
export class VectorTable {
  readonly #cpus = new Map<number, Int32Array>();
  /** CPUs whose table nobody else reads. */
  #own = new Set<number>();

  at(cpu: number, vector: number): VectorSlot {
    const slot = this.#cpus.get(cpu)?.[vector] ?? UNUSED;
    if (slot === UNUSED) return 'unused';
    return slot === SHUTDOWN ? 'shutdown' : slot - 1;
  }

  /** Vectors of the CPU whose slot is not unused, ascending; a new array. */
  used(cpu: number): number[] {
    const used: number[] = [];
    const table = this.#cpus.get(cpu);
    if (table === undefined) return used;
    for (let vector = 0; vector < VECTORS; vector++) if (table[vector] !== UNUSED) used.push(vector);
    return used;
  }

  /** A slot that already holds a descriptor stops the kernel (`BUG_ON`). */
  store(cpu: number, vector: number, irq: number): void {
    const table = this.#of(cpu);
    const slot = table[vector] ?? UNUSED;
    if (slot > UNUSED) {
      throw new KernelBug('apic_update_vector', `vector ${vector} of CPU ${cpu} holds interrupt ${slot - 1}`);
    }
    table[vector] = irq + 1;
  }

  clear(cpu: number, vector: number, slot: 'unused' | 'shutdown'): void {
    this.#of(cpu)[vector] = slot === 'unused' ? UNUSED : SHUTDOWN;
  }

  /** A CPU comes up, or has gone down: every slot is unused (4.12, 8.1 step 7). */
  reset(cpu: number): void {
    if (this.#own.has(cpu)) this.#cpus.get(cpu)?.fill(UNUSED);
    else this.#cpus.delete(cpu);
  }

  clone(): VectorTable {
    const copy = new VectorTable();
    for (const [cpu, table] of this.#cpus) copy.#cpus.set(cpu, table);
    this.#own = new Set();
    return copy;
  }

  /** To be written. */
  #of(cpu: number): Int32Array {
    const known = this.#cpus.get(cpu);
    if (known !== undefined && this.#own.has(cpu)) return known;
    const table = known?.slice() ?? new Int32Array(VECTORS);
    this.#cpus.set(cpu, table);
    this.#own.add(cpu);
    return table;
  }
}
