import { CpuSet } from '../../src/base/cpu-set.ts';
import { Matrix } from '../../src/model/matrix.ts';
import {
  FIRST_EXTERNAL_VECTOR,
  FIRST_LEGACY_VECTOR,
  IA32_SYSCALL_VECTOR,
  LEGACY_IRQS,
} from '../../src/model/system-vectors.ts';
import { VectorTable } from '../../src/model/vector-table.ts';
import { type ApicMode, clusterMode, FLAT, PHYSICAL } from '../../src/policy/legacy/apic-mode.ts';
import { lowestCpu } from '../../src/policy/legacy/cpu-choice.ts';
import { KERNEL_4_14 } from '../../src/policy/legacy/kernel-4-14.ts';
import { LegacyAllocator } from '../../src/policy/legacy/legacy-allocator.ts';
import { LegacyVectorData } from '../../src/policy/legacy/legacy-vector-data.ts';
import { compare } from './call.ts';
import { maskOf } from './cpu-lists.ts';
import type { LogRun } from './kinds.ts';
import { type Difference, integerOf, type LogLine, MalformedLine } from './log-line.ts';

/** A log that begins with `op:"init"` and `mode`: the allocator of 4.14 (golden/trees/README.md). */
export class LegacyTreeRun implements LogRun {
  readonly first: readonly Difference[];
  readonly #allocator: LegacyAllocator;
  readonly #cpus: number;
  /** The default mask, which counts by identity in cluster mode. */
  readonly #all: CpuSet;
  readonly #holdings = new Map<number, LegacyVectorData>();

  constructor(init: LogLine) {
    init.ignore('op');
    this.#cpus = init.integer('ncpu');
    this.#all = CpuSet.span(0, this.#cpus - 1);
    const online = maskOf(init.integer('online'), 'online');
    const matrix = Matrix.forKernel(KERNEL_4_14, this.#cpus);
    for (const vector of [FIRST_EXTERNAL_VECTOR, IA32_SYSCALL_VECTOR]) matrix.assignSystem(0, vector, false);
    for (const cpu of online) matrix.online(cpu);
    if (init.flag('isa_cpu0')) {
      for (let irq = 0; irq < LEGACY_IRQS; irq++) matrix.assign(0, FIRST_LEGACY_VECTOR + irq);
    }
    const mode = modeOf(init, this.#all);
    this.#allocator = new LegacyAllocator(matrix, new VectorTable(), mode, lowestCpu, online);
    this.first = init.unknownFields();
  }

  step(line: LogLine): Difference[] {
    const differences: Difference[] = [];
    const op = line.text('op');
    switch (op) {
      case 'alloc':
      case 'set_affinity':
        this.#assign(line, op, differences);
        break;
      case 'cleanup':
        this.#allocator.cleanUpAll(this.#holding(line));
        break;
      case 'free':
        this.#allocator.free(this.#holding(line));
        this.#holdings.delete(line.integer('irq'));
        break;
      case 'final':
        for (const [cpu, used] of line.integers('slots_used', this.#cpus).entries()) {
          compare(differences, `slots_used[${cpu}]`, used, this.#allocator.matrix.maps.allocated[cpu] ?? 0);
        }
        break;
      default:
        throw new MalformedLine(`unknown op "${op}"`);
    }
    return [...differences, ...line.unknownFields()];
  }

  #assign(line: LogLine, op: 'alloc' | 'set_affinity', differences: Difference[]): void {
    const irq = line.integer('irq');
    if (op === 'alloc') this.#holdings.set(irq, new LegacyVectorData());
    const data = this.#holding(line);
    const ret = this.#allocator.assign(irq, data, this.#mask(line));
    compare(differences, 'ret', line.integer('ret'), ret);
    // The log has -1 for none.
    compare(differences, 'vector', line.integer('vector'), data.vector === 0 ? -1 : data.vector);
    compareMask(differences, line, 'domain', data.domain);
    if (line.has('dest')) compareMask(differences, line, 'dest', data.destination);
    if (op === 'alloc') return;
    compareMask(differences, line, 'old_domain', data.oldDomain);
    compare(differences, 'move', line.integer('move'), data.moveInProgress ? 1 : 0);
  }

  #holding(line: LogLine): LegacyVectorData {
    const irq = line.integer('irq');
    const data = this.#holdings.get(irq);
    if (data === undefined) throw new MalformedLine(`no line above allocates interrupt ${irq}`);
    return data;
  }

  #mask(line: LogLine): CpuSet {
    const mask = line.get('mask');
    return typeof mask === 'string' && mask.startsWith('all:')
      ? this.#all
      : maskOf(integerOf(mask, 'mask'), 'mask');
  }
}

function modeOf(init: LogLine, all: CpuSet): ApicMode {
  const size = init.integer('cluster_size');
  const name = init.text('mode');
  const modes: Readonly<Record<string, ApicMode>> = {
    flat: FLAT,
    physical: PHYSICAL,
    cluster: clusterMode(all, size),
  };
  const mode = modes[name];
  if (mode === undefined) throw new MalformedLine(`mode "${name}" is not one the model knows`);
  return mode;
}

function compareMask(differences: Difference[], line: LogLine, field: string, got: CpuSet): void {
  const expected = maskOf(line.integer(field), field);
  if (!expected.equals(got)) differences.push({ field, expected: `${expected}`, got: `${got}` });
}
