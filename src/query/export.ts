/** The state of a machine, or a plan for it, in the words of other programs. */
import type { ExportAnswer } from '../format/export.ts';
import type { Plan } from '../format/plan.ts';
import type { MachineState } from '../model/machine-state.ts';
import { EXPORT_FORMATS } from './export/formats.ts';
import { environmentFile, policyScript } from './export/irqbalance.ts';
import { type Placements, placementsOfState } from './export/placement.ts';
import {
  planEnvironment,
  planMetrics,
  planPolicyScript,
  planProfile,
  refusing,
} from './export/plan-others.ts';
import { planScript, planUnit, writable } from './export/plan-script.ts';
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

const PLAN_WRITERS: Readonly<Record<ExportAnswer['format'], (plan: Plan) => string>> = {
  prometheus: planMetrics,
  script: planScript,
  tuned: planProfile,
  irqbalance: planEnvironment,
  'irqbalance-policy': planPolicyScript,
  systemd: planUnit,
};

function knownFormat(format: string): ExportAnswer['format'] {
  const known = EXPORT_FORMATS.find((name) => name === format);
  if (known === undefined) {
    throw new RequestError(
      `expected one of ${EXPORT_FORMATS.join(', ')}, found "${format.slice(0, 40)}"`,
      'export',
    );
  }
  return known;
}

/** @throws RequestError where there is no such format, or the plan has nothing to carry out */
export function exportOfPlan(plan: Plan, format: string): ExportAnswer {
  const known = knownFormat(format);
  if (plan.feasible !== true && known !== 'prometheus') {
    throw new RequestError('the plan is not feasible: there is nothing to carry out', 'export');
  }
  const { writes, notes } = writable(plan);
  return {
    kind: 'export',
    version: 1,
    source: plan.source,
    format: known,
    text: PLAN_WRITERS[known](plan),
    placed: writes.length,
    leftAlone: refusing(plan),
    notes,
  };
}

/** @throws RequestError where there is no such format */
export function exportOf(machine: MachineState, format: string): ExportAnswer {
  const known = knownFormat(format);
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
