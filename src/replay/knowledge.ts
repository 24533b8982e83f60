/** How much of the allocator's state is known: all of it where the trace begins at boot. */
import type { CpuSet } from '../base/cpu-set.ts';
import type { Kernel } from '../model/kernel.ts';

/** Above every vector: the whole map is known. */
const ALL = 256;

/**
 * A procfs snapshot shows no vector numbers, VECTOR no managed bits that are not in use, lost events leave nothing
 * known. The trace fills it in: each event shows the counters of its CPU, and an allocation takes the lowest free bit,
 * so every bit below is in use.
 */
export class Knowledge {
  /** Nothing is missing. */
  full = true;
  readonly #counters = new Set<number>();
  /** Per CPU: below this bit the map is known. */
  readonly #frontier = new Map<number, number>();
  /** Per CPU: managed bits whose position is not known. */
  readonly #hiddenManaged = new Map<number, number>();

  /** Forgets everything: events were lost. */
  forget(): void {
    this.full = false;
    this.#counters.clear();
    this.#frontier.clear();
    this.#hiddenManaged.clear();
  }

  knowCounters(cpu: number): void {
    this.#counters.add(cpu);
  }

  knowMap(cpu: number, below = ALL): void {
    this.#frontier.set(cpu, Math.max(below, this.frontier(cpu)));
  }

  hideManaged(cpu: number, count: number): void {
    this.#hiddenManaged.set(cpu, count);
  }

  frontier(cpu: number): number {
    return this.full ? ALL : (this.#frontier.get(cpu) ?? 0);
  }

  hiddenManaged(cpu: number): number {
    return this.full ? 0 : (this.#hiddenManaged.get(cpu) ?? 1);
  }

  /** A choice among `online`, and the lowest free bit there, can be told for certain. */
  isCertain(online: CpuSet, cpu: number, bit: number, managed: boolean): boolean {
    if (this.full) return true;
    if (managed) return this.hiddenManaged(cpu) === 0;
    for (const each of online) if (!this.#counters.has(each)) return false;
    return bit < this.frontier(cpu);
  }
}

/** Every bit of `cpu` below `bit` is in use: an allocation took this one as the lowest free. */
export function learnFromAllocation(kernel: Kernel, knowledge: Knowledge, cpu: number, bit: number): void {
  const { matrix } = kernel;
  for (let below = Math.max(matrix.shape.allocStart, knowledge.frontier(cpu)); below < bit; below++) {
    if (matrix.isSystem(below) || matrix.isManaged(cpu, below)) continue;
    matrix.adoptBit(cpu, below, 'allocated', true);
  }
  knowledge.knowMap(cpu, bit + 1);
}
