import { z } from 'zod';

const place = z.object({ file: z.string(), line: z.int(), column: z.int() });

/** `irqspace audit --format json`, version 1. Lines and columns count from 1, columns in bytes. */
export const auditAnswer = z.object({
  kind: z.literal('audit'),
  version: z.literal(1),
  /** C files and directories that were looked at. */
  files: z.int(),
  directories: z.int(),
  strict: z.boolean(),
  findings: z.array(
    place.extend({
      rule: z.string(),
      severity: z.enum(['warning', 'note']),
      function: z.string(),
      message: z.string(),
      /** The same for the same defect whatever lines were added above it. */
      fingerprint: z.string(),
      related: z.array(place.extend({ message: z.string() })),
    }),
  ),
  /** Findings that an allow file or a comment allows, and that the baseline knows: not among the findings. */
  allowed: z.int(),
  known: z.int(),
  /** What could not be read, and suppressions that meet nothing. */
  notes: z.array(z.string()),
});

export type AuditAnswer = z.infer<typeof auditAnswer>;

/** `irqspace audit --inventory --format json`, version 1. */
export const auditInventory = z.object({
  kind: z.literal('audit-inventory'),
  version: z.literal(1),
  drivers: z.array(
    z.object({
      driver: z.string(),
      requests: z.int(),
      api: z.enum(['legacy', 'vectors', 'both', 'line']),
      managed: z.boolean(),
      hints: z.enum(['none', 'old', 'new', 'both']),
      cpuCounts: z.array(z.string()),
      cpuCallbacks: z.boolean(),
      hotplug: z.string(),
    }),
  ),
  notes: z.array(z.string()),
});

export type AuditInventory = z.infer<typeof auditInventory>;
