/**
 * A second set of books of the matrix, kept from its tracepoints alone by the rules of specification 3.4 and sharing no
 * code with the model: each event's figures must be those of the event before, changed as that operation changes them.
 * The events of one vector's way (allocated, announced, switched to, programmed) must follow each other.
 */
import type { KernelEvent, MatrixEvent } from '../../src/model/events.ts';
import type { Kernel } from '../../src/model/kernel.ts';

interface CpuFigures {
  online: number;
  available: number;
  allocated: number;
  managed: number;
  initialized: boolean;
}

interface GlobalFigures {
  onlineMaps: number;
  globalAvailable: number;
  globalReserved: number;
  totalAllocated: number;
}

/** What the next event has to be. */
type Expectation =
  | {
      readonly name: 'vector_alloc';
      readonly vector: number;
      readonly cpu: number;
      readonly reserved: boolean;
    }
  | { readonly name: 'vector_alloc_managed'; readonly vector: number; readonly cpu: number }
  | { readonly name: 'vector_update'; readonly irq: number; readonly vector: number; readonly cpu: number }
  | { readonly name: 'vector_config'; readonly irq: number; readonly vector: number; readonly cpu: number };

export class EventLedger {
  readonly complaints: string[] = [];
  readonly #kernel: Kernel;
  readonly #cpus: CpuFigures[];
  #global: GlobalFigures;
  #expected: Expectation | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    const { matrix } = kernel;
    const { maps } = matrix;
    this.#cpus = Array.from({ length: matrix.shape.cpuCount }, (_, cpu) => ({
      online: maps.online[cpu] ?? 0,
      available: maps.available[cpu] ?? 0,
      allocated: maps.allocated[cpu] ?? 0,
      managed: maps.managed[cpu] ?? 0,
      initialized: maps.initialized[cpu] === 1,
    }));
    const { onlineMaps, globalAvailable, globalReserved, totalAllocated } = matrix;
    this.#global = { onlineMaps, globalAvailable, globalReserved, totalAllocated };
  }

  hear(event: KernelEvent): void {
    this.#follow(event);
    if (event.name.startsWith('irq_matrix_')) this.#book(event as MatrixEvent);
  }

  #book(event: MatrixEvent): void {
    const { matrix, profile } = this.#kernel;
    if (event.name === 'irq_matrix_assign_system') {
      this.complaints.push('a system vector after boot');
      return;
    }
    const global = this.#global;
    if (event.name === 'irq_matrix_reserve') global.globalReserved++;
    else if (event.name === 'irq_matrix_remove_reserved') global.globalReserved--;
    else {
      const cpu = this.#cpus[event.cpu];
      if (cpu === undefined) throw new Error(`no CPU ${event.cpu}`);
      /** A vector that anyone may have comes or goes. */
      const give = (amount: number): void => {
        cpu.available += amount;
        if (cpu.online === 1) global.globalAvailable += amount;
      };
      switch (event.name) {
        case 'irq_matrix_online':
          if (profile.onlineResetsMap) cpu.allocated = 0;
          if (profile.onlineResetsMap || !cpu.initialized) {
            cpu.available = matrix.allocSize - matrix.systembitsInalloc - cpu.managed;
            cpu.initialized = true;
          }
          cpu.online = 1;
          global.onlineMaps++;
          global.globalAvailable += cpu.available;
          break;
        case 'irq_matrix_offline':
          cpu.online = 0;
          global.onlineMaps--;
          global.globalAvailable -= cpu.available;
          break;
        case 'irq_matrix_reserve_managed':
        case 'irq_matrix_remove_managed': {
          const amount = event.name === 'irq_matrix_reserve_managed' ? 1 : -1;
          cpu.managed += amount;
          if (cpu.online === 1) give(-amount);
          break;
        }
        case 'irq_matrix_alloc_managed':
          cpu.allocated++;
          global.totalAllocated++;
          break;
        case 'irq_matrix_alloc':
        case 'irq_matrix_assign':
          cpu.allocated++;
          global.totalAllocated++;
          give(-1);
          // Whether it came out of a reservation is said by the next event.
          if (event.globalReserved === global.globalReserved - 1) global.globalReserved--;
          break;
        case 'irq_matrix_free':
          cpu.allocated--;
          if (cpu.online === 1) global.totalAllocated--;
          if (!matrix.isManaged(event.cpu, event.bit)) give(1);
          break;
      }
      if ('available' in event) {
        const { online, available, allocated, managed } = cpu;
        this.#compare(event, { online, available, allocated, managed });
      }
    }
    this.#compare(event, { ...global });
  }

  #compare(event: MatrixEvent, booked: Readonly<Record<string, number>>): void {
    for (const [field, value] of Object.entries(booked)) {
      const shown = (event as unknown as Record<string, number>)[field];
      if (shown !== value >>> 0) {
        this.complaints.push(`${event.name} shows ${field} ${shown}, not ${value >>> 0}`);
      }
    }
  }

  /** Specification 11.4, the expected sequences. */
  #follow(event: KernelEvent): void {
    const expected = this.#expected;
    // The old vector, of a CPU that has gone, is freed on the way.
    if (expected?.name === 'vector_config' && event.name === 'irq_matrix_free') return;
    this.#expected = undefined;
    if (expected !== undefined) {
      const heard = event as unknown as Record<string, unknown>;
      const same = Object.entries(expected).every(
        ([key, value]) => heard[key] === value || (key === 'cpu' && !('cpu' in event)),
      );
      if (!same) {
        this.complaints.push(`${JSON.stringify(event)} follows, not ${JSON.stringify(expected)}`);
        return;
      }
    }
    if (event.name === 'irq_matrix_alloc') {
      const reserved = event.globalReserved !== this.#global.globalReserved;
      this.#expected = { name: 'vector_alloc', vector: event.bit, cpu: event.cpu, reserved };
    } else if (event.name === 'irq_matrix_alloc_managed') {
      this.#expected = { name: 'vector_alloc_managed', vector: event.bit, cpu: event.cpu };
    } else if (expected?.name === 'vector_alloc' || expected?.name === 'vector_alloc_managed') {
      const { vector, cpu } = expected;
      if ('irq' in event) this.#expected = { name: 'vector_update', irq: event.irq, vector, cpu };
    } else if (expected?.name === 'vector_update') {
      const { irq, vector, cpu } = expected;
      this.#expected = { name: 'vector_config', irq, vector, cpu };
    }
  }
}
