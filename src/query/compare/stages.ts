/** A scenario's stages: what is compared is the state after each of them. */
import type { ComparedStage } from '../../format/compare.ts';
import type { ScenarioStep } from '../../format/scenario.ts';

/** Consecutive steps of one kind are one stage; snapshots change nothing and belong to the stage before. */
export function stagesOf(steps: readonly Pick<ScenarioStep, 'do'>[]): ComparedStage[] {
  const stages: ComparedStage[] = [];
  for (const [at, step] of steps.entries()) {
    const last = stages.at(-1);
    const same = last !== undefined && (last.name === step.do || step.do === 'snapshot');
    if (same) last.lastStep = at;
    else stages.push({ name: step.do, firstStep: at, lastStep: at });
  }
  return stages;
}
