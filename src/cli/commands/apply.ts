import type { Applied } from '../../format/apply.ts';
import type { Plan } from '../../format/plan.ts';
import { applyWrites, type Patience, ProcAffinity } from '../../host/apply.ts';
import { type ApplyRoot, openApplyRoot } from '../../host/apply-root.ts';
import { Journal, type JournalContent, readJournal } from '../../host/journal.ts';
import { differenceOf, factsOf } from '../../plan/facts.ts';
import { EXIT } from '../exit-codes.ts';
import { machineOf } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { readPlanFile } from '../plan-file.ts';
import { renderApplied } from '../render/applied.ts';
import { clip } from '../render/text.ts';
import { UsageError } from '../usage-error.ts';

export interface ApplyOptions {
  readonly root: string;
  readonly yes?: boolean;
  readonly journal?: string;
  readonly wait: string;
  readonly json?: boolean;
}

const LOOK_EVERY_MS = 10;
const LONGEST_WAIT_S = 3600;

/** A dry run unless `--yes` is given: everything is checked, nothing is written. */
export function runApply(path: string, options: ApplyOptions, out: Output): number {
  const patience = patienceOf(options.wait);
  const plan = feasiblePlan(path);
  const root = openApplyRoot(options.root);
  const journalPath = options.journal ?? root.journal;
  refuseUnfinished(journalPath, root);
  refuseChanged(plan, root);
  const answer = { kind: 'apply', version: 1, source: root.tree.source } as const;
  if (plan.writes.length === 0) {
    return tell({ ...answer, outcome: 'nothing-to-do', writes: [], notes: [] }, options, out);
  }
  if (options.yes !== true) {
    const writes = plan.writes.map(({ irq, from, to }) => ({ irq, from, to, result: 'planned' as const }));
    return tell({ ...answer, outcome: 'dry-run', writes, notes: [] }, options, out);
  }
  const { boot } = root;
  const header = { journal: 'irqspace apply', version: 1, plan: plan.state.digest, boot } as const;
  const journal = Journal.create(journalPath, header);
  try {
    const done = applyWrites(plan.writes, new ProcAffinity(root.path), journal, patience);
    return tell(
      { ...answer, ...done, writes: [...done.writes], notes: [...done.notes], journal: journalPath },
      options,
      out,
    );
  } finally {
    journal.close();
  }
}

function tell(answer: Applied, { json }: ApplyOptions, out: Output): number {
  if (json === true) writeJson(out, answer);
  else out.write(renderApplied(answer, out));
  return answer.outcome === 'refused' || answer.outcome === 'not-restored' ? EXIT.refused : EXIT.ok;
}

function feasiblePlan(path: string): Plan {
  const { file, plan } = readPlanFile(path);
  if (plan.feasible !== true) throw new UsageError(`${file}: the plan is not feasible: nothing to apply`);
  return plan;
}

/** The facts are read by the rules that the plan was made by. */
function refuseChanged(plan: Plan, { tree }: ApplyRoot): void {
  const machine = machineOf(tree, plan.kernel.profile);
  const difference = differenceOf(plan.state, factsOf(machine));
  if (difference === undefined) return;
  throw new UsageError(`${tree.source} is not what the plan was made for: ${difference}; plan again`);
}

function refuseUnfinished(path: string, root: ApplyRoot): void {
  const journal = readJournal(path);
  if (journal === undefined || isOfAnotherBoot(journal, root) || isFinished(journal)) return;
  const what = journal.end === undefined ? 'was interrupted' : 'could not be undone as a whole';
  throw new UsageError(`${path}: an earlier apply ${what}: irqspace rollback first`);
}

function isFinished({ end, intents }: JournalContent): boolean {
  return intents.length === 0 || (end !== undefined && end !== 'not-restored');
}

/** A boot begins with masks of its own: nothing of an earlier one is left to restore. */
export function isOfAnotherBoot({ header }: JournalContent, { boot }: ApplyRoot): boolean {
  return header.boot !== undefined && boot !== undefined && header.boot !== boot;
}

function patienceOf(text: string): Patience {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > LONGEST_WAIT_S) {
    throw new UsageError(`--wait: expected seconds up to ${LONGEST_WAIT_S}, found "${clip(text, 40)}"`);
  }
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return {
    looks: 1 + Math.ceil((seconds * 1000) / LOOK_EVERY_MS),
    pause: () => void Atomics.wait(cell, 0, 0, LOOK_EVERY_MS),
  };
}
