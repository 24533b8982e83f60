/** The state of a machine in the words of other programs. */
import type { ExportAnswer } from '../format/export.ts';
import type { MachineState } from '../model/machine-state.ts';
import { EXPORT_FORMATS } from './export/formats.ts';
import { environmentFile, policyScript } from './export/irqbalance.ts';
import { type Placements, placementsOfState } from './export/placement.ts';
import { prometheusText } from './export/prometheus.ts';
import { shellScript, systemdUnit } from './export/script.ts';
import { tunedProfile } from './export/tuned.ts';
import { RequestError } from './request-error.ts';

type Writer = (placements: Placements, machine: MachineState) => string;

const WRITERS: Readonly<Record<ExportAnswer['format'], Writer>> = {
  prometheus: (_, machine) => prometheusText(machine),
  script: shellScript,
  tuned: tunedProfile,
  irqbalance: environmentFile,
  'irqbalance-policy': policyScript,
  systemd: systemdUnit,
};

/** @throws RequestError where there is no such format */
export function exportOf(machine: MachineState, format: string): ExportAnswer {
  const known = EXPORT_FORMATS.find((name) => name === format);
  if (known === undefined) {
    throw new RequestError(
      `expected one of ${EXPORT_FORMATS.join(', ')}, found "${format.slice(0, 40)}"`,
      'export',
    );
  }
  const placements = placementsOfState(machine);
  return {
    kind: 'export',
    version: 1,
    source: machine.source,
    format: known,
    text: WRITERS[known](placements, machine),
    placed: placements.placements.length,
    leftAlone: placements.unmovable.map(({ irq, why }) => ({ irq, why })),
    notes: [...placements.notes],
  };
}
