import { z } from 'zod';

export const driverParameter = z.object({
  name: z.string(),
  /** What the hardware or its firmware is, an option of the module, or what is set once the driver is bound. */
  is: z.enum(['device', 'module', 'setting']),
  meaning: z.string(),
  min: z.int(),
  max: z.int(),
  default: z.int(),
});

export const catalogueDriver = z.object({
  name: z.string(),
  /** How many vectors and from what, managed or not, when they are requested, what suspend does. */
  summary: z.string(),
  /** Its devices are this and a number where a scenario gives them no name: `nvme` for nvme0, nvme1, ... */
  instance: z.string(),
  parameters: z.array(driverParameter),
  /** What its devices have where neither parameters nor the description say anything else. */
  capabilities: z.object({
    /** Entries of the MSI-X table. */
    msix: z.int().optional(),
    msi: z.object({ messages: z.int(), maskable: z.boolean() }).optional(),
  }),
  /** Who drives its virtual functions, and how many there may be without a word of the description. */
  vf: z.object({ driver: z.string(), max: z.int() }).optional(),
  steps: z.object({
    /** It takes `link-up` and `link-down`. */
    link: z.boolean(),
    /** It takes `vfs`. */
    vfs: z.boolean(),
    /** Its own doing when a CPU comes or goes. */
    cpus: z.boolean(),
    /** Its interrupts change when the machine sleeps or wakes, stay as they are, or it does not let it sleep. */
    suspend: z.enum(['changes', 'keeps', 'refuses']),
  }),
  /** Where the entry was read. */
  sources: z.array(z.object({ file: z.string(), functions: z.array(z.string()), kernel: z.string() })),
});

/** `irqspace drivers --json`, version 1. */
export const drivers = z.object({
  kind: z.literal('drivers'),
  version: z.literal(1),
  /** By name; the one that was asked for, or all. */
  drivers: z.array(catalogueDriver),
});

export type Drivers = z.infer<typeof drivers>;
export type CatalogueDriver = z.infer<typeof catalogueDriver>;
