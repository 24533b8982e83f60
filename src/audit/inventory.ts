import type { SourceFile } from './driver/source-file.ts';

/** How one driver gets its interrupts. */
export interface InventoryRow {
  /** The directory, or the file where a directory holds several drivers. */
  readonly driver: string;
  /** Calls of `request_irq()` and its relatives. */
  readonly requests: number;
  /** Deprecated calls, the present ones, both, or interrupt lines only. */
  readonly api: 'legacy' | 'vectors' | 'both' | 'line';
  /** PCI_IRQ_AFFINITY or a struct irq_affinity: the kernel places and keeps the masks. */
  readonly managed: boolean;
  /** `old` is irq_set_affinity_hint(), deprecated. */
  readonly hints: 'none' | 'old' | 'new' | 'both';
  /** What the driver counts CPUs with, such as `online`. */
  readonly cpuCounts: readonly string[];
  /** Whether it has a callback for CPUs that come and go. */
  readonly cpuCallbacks: boolean;
  /** What the kernel does with its interrupts when a CPU goes. */
  readonly hotplug: string;
}

const REGISTERS = /\b(?:module_(?:init|\w*driver)|builtin_\w*driver)\s*\(|_initcall\s*\(/;
const REQUEST = /\b(?:devm_|pci_)?request_(?:threaded_|any_context_)?irq\s*\(/g;
const LEGACY = /\bpci_(?:enable_msix_range|enable_msix_exact|enable_msi)\s*\(/;
const VECTORS = /\bpci_alloc_irq_vectors(?:_affinity)?\s*\(/;
const MANAGED = /\bPCI_IRQ_AFFINITY\b|\bstruct\s+irq_affinity\b(?!_)/;
const OLD_HINT = /\birq_set_affinity_hint\s*\(/;
const NEW_HINT = /\birq_(?:update_affinity_hint|set_affinity_and_hint)\s*\(/;
const CPU_COUNT = /\bnum_(online|possible|present|active)_cpus\s*\(/g;
const CPU_CALLBACKS = /\bcpuhp_(?:setup_state|state_add_instance)\w*\s*\(/;

/** A row per driver that requests interrupts: a directory is one driver unless several of its files register one. */
export function inventoryOf(directory: string, files: readonly SourceFile[]): InventoryRow[] {
  const texts = files.map(({ path, text }) => ({ path, text: withoutComments(text) }));
  const registering = texts.filter(({ text }) => REGISTERS.test(text));
  if (registering.length <= 1) return rowOf(directory, texts.map(({ text }) => text).join('\n'));
  return texts.flatMap(({ path, text }) => rowOf(path, text));
}

function rowOf(driver: string, text: string): InventoryRow[] {
  const requests = [...text.matchAll(REQUEST)].length;
  if (requests === 0) return [];
  const legacy = LEGACY.test(text);
  const vectors = VECTORS.test(text);
  const managed = MANAGED.test(text);
  const api = legacy && vectors ? 'both' : legacy ? 'legacy' : vectors ? 'vectors' : 'line';
  const old = OLD_HINT.test(text);
  const present = NEW_HINT.test(text);
  const cpuCounts = [...new Set([...text.matchAll(CPU_COUNT)].map(([, which = '']) => which))].sort();
  const hints = old && present ? 'both' : old ? 'old' : present ? 'new' : 'none';
  return [
    {
      driver,
      requests,
      api,
      managed,
      hints,
      cpuCounts,
      cpuCallbacks: CPU_CALLBACKS.test(text),
      hotplug: fateOf(managed, api),
    },
  ];
}

/** Chapter 8 of the specification: managed interrupts are shut down with their last CPU, all others are moved. */
function fateOf(managed: boolean, api: InventoryRow['api']): string {
  if (managed) return 'queues are shut down with their last CPU and come back with it';
  if (api === 'line') return 'moved to another CPU';
  return 'moved to other CPUs, which need free vectors; the affinity is broken';
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ');
}
