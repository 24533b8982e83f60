import type { ExportAnswer } from '../../format/export.ts';

/** In a file of its own: help names them without loading what writes them. */
export const EXPORT_FORMATS: readonly ExportAnswer['format'][] = [
  'prometheus',
  'script',
  'tuned',
  'irqbalance',
  'irqbalance-policy',
  'systemd',
];
