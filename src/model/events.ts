/**
 * What happened inside the kernel, in its own words: one member per tracepoint of `irq_matrix:*` and `irq_vectors:vector_*`
 * (include/trace/events/irq_matrix.h, arch/x86/include/asm/trace/irq_vectors.h; specification 11.4), and what it prints.
 * Figures are those after the operation.
 */

/** The matrix's global figures, on every `irq_matrix_*` event. */
export interface MatrixGlobals {
  readonly onlineMaps: number;
  readonly globalAvailable: number;
  readonly globalReserved: number;
  readonly totalAllocated: number;
}

export type GlobalEventName =
  | 'irq_matrix_online'
  | 'irq_matrix_offline'
  | 'irq_matrix_reserve'
  | 'irq_matrix_remove_reserved';

export type CpuEventName =
  | 'irq_matrix_reserve_managed'
  | 'irq_matrix_remove_managed'
  | 'irq_matrix_alloc_managed'
  | 'irq_matrix_assign'
  | 'irq_matrix_alloc'
  | 'irq_matrix_free';

/** Tracepoints of the allocator. `cpu` of online and offline is the CPU that executes them: the trace's CPU column. */
export type MatrixEvent =
  | ({ readonly name: GlobalEventName; readonly cpu: number } & MatrixGlobals)
  | ({ readonly name: 'irq_matrix_assign_system'; readonly bit: number } & MatrixGlobals)
  | ({
      readonly name: CpuEventName;
      readonly bit: number;
      readonly cpu: number;
      /** 0 or 1, of that CPU's map; so are the next three. */
      readonly online: number;
      readonly available: number;
      readonly allocated: number;
      readonly managed: number;
    } & MatrixGlobals);

/** Tracepoints of the x86 vector domain. `vector` 0 is none, 239 the vector of what must not arrive. */
export type VectorEvent =
  | {
      readonly name: 'vector_config';
      readonly irq: number;
      readonly vector: number;
      readonly cpu: number;
    }
  | {
      readonly name: 'vector_update' | 'vector_clear';
      readonly irq: number;
      readonly vector: number;
      readonly cpu: number;
      readonly prevVector: number;
      readonly prevCpu: number;
    }
  | {
      readonly name: 'vector_reserve' | 'vector_reserve_managed';
      readonly irq: number;
      readonly ret: number;
    }
  | {
      readonly name: 'vector_alloc';
      readonly irq: number;
      readonly vector: number;
      readonly reserved: boolean;
      readonly ret: number;
    }
  | {
      readonly name: 'vector_alloc_managed';
      readonly irq: number;
      readonly vector: number;
      readonly ret: number;
    }
  | {
      readonly name: 'vector_activate' | 'vector_deactivate';
      readonly irq: number;
      readonly isManaged: boolean;
      readonly canReserve: boolean;
      readonly reserve: boolean;
    }
  | {
      readonly name: 'vector_teardown';
      readonly irq: number;
      readonly isManaged: boolean;
      readonly hasReserved: boolean;
    }
  | {
      readonly name: 'vector_setup';
      readonly irq: number;
      readonly isLegacy: boolean;
      readonly ret: number;
    }
  | {
      readonly name: 'vector_free_moved';
      readonly irq: number;
      readonly cpu: number;
      readonly vector: number;
      readonly isManaged: boolean;
    };

export type TraceEvent = MatrixEvent | VectorEvent;
export type TraceEventName = TraceEvent['name'];

/** Kernel log levels as `dmesg -x` names them. */
export type LogLevel = 'emerg' | 'err' | 'warn' | 'info' | 'debug';

/** A line of the kernel log, or a `WARN_ON()` whose condition was met (each time, although the kernel prints the first). */
export type LogEvent =
  | { readonly name: 'printk'; readonly level: LogLevel; readonly text: string }
  | { readonly name: 'WARN'; readonly where: string };

export type KernelEvent = TraceEvent | LogEvent;

/** Hears everything, in the kernel's order. */
export type KernelListener = (event: KernelEvent) => void;

const GLOBAL_KEYS = {
  onlineMaps: 'online_maps',
  globalAvailable: 'global_avl',
  globalReserved: 'global_rsvd',
  totalAllocated: 'total_alloc',
} as const;

/** Our names and the printed ones, where a tracepoint prints another than the plain snake_case. */
const PRINTED: Readonly<Record<string, string>> = {
  ...GLOBAL_KEYS,
  available: 'avl',
  allocated: 'alloc',
  prevVector: 'prev_vector',
  prevCpu: 'prev_cpu',
  isManaged: 'is_managed',
  canReserve: 'can_reserve',
  hasReserved: 'has_reserved',
  isLegacy: 'is_legacy',
};

/** Tracepoints that have no `cpu=` of their own: it stands in the trace's CPU column. */
const CPU_IN_COLUMN: ReadonlySet<string> = new Set<GlobalEventName>([
  'irq_matrix_online',
  'irq_matrix_offline',
  'irq_matrix_reserve',
  'irq_matrix_remove_reserved',
]);

/** The `key=value` pairs that the tracepoint prints, in its order; `apicdest` is not modelled. */
export function printedFields(event: TraceEvent): [key: string, value: number][] {
  const fields: [string, number][] = [];
  for (const [key, value] of Object.entries(event)) {
    if (key === 'name' || (key === 'cpu' && CPU_IN_COLUMN.has(event.name))) continue;
    fields.push([PRINTED[key] ?? key, Number(value)]);
  }
  return fields;
}

/** The tracepoint's text: `irq_matrix_alloc: bit=33 cpu=1 online=1 avl=200 …`. */
export function printTraceEvent(event: TraceEvent): string {
  const pairs = printedFields(event).map(([key, value]) => {
    const comma = key === 'global_avl' || key === 'global_rsvd' ? ',' : '';
    return `${key}=${value}${comma}`;
  });
  return `${event.name}: ${pairs.join(' ')}`;
}
