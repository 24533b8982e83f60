import type { Applied } from '../../format/apply.ts';
import { isRestored, ProcAffinity, restore } from '../../host/apply.ts';
import { openApplyRoot } from '../../host/apply-root.ts';
import { Journal, readJournal } from '../../host/journal.ts';
import { EXIT } from '../exit-codes.ts';
import { type Output, writeJson } from '../output.ts';
import { renderApplied } from '../render/applied.ts';
import { UsageError } from '../usage-error.ts';
import { isOfAnotherBoot } from './apply.ts';

export interface RollbackOptions {
  readonly root: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Restores every mask of the journal, whether its apply was finished or interrupted. */
export function runRollback(path: string | undefined, options: RollbackOptions, out: Output): number {
  const root = openApplyRoot(options.root);
  const journalPath = path ?? root.journal;
  const content = readJournal(journalPath);
  if (content === undefined)
    throw new UsageError(`${journalPath}: there is no journal, so nothing was applied`);
  const answer = { kind: 'rollback', version: 1, source: root.tree.source, journal: journalPath } as const;
  if (isOfAnotherBoot(content, root)) {
    const notes = ['the journal is of an earlier boot, and its masks went with it'];
    return tell({ ...answer, outcome: 'nothing-to-do', writes: [], notes }, options, out);
  }
  if (content.end === 'rolled-back' || content.intents.length === 0) {
    return tell({ ...answer, outcome: 'nothing-to-do', writes: [], notes: [] }, options, out);
  }
  const writes = restore(content.intents, new ProcAffinity(root.path), options.force === true);
  const whole = isRestored(writes);
  const journal = Journal.reopen(journalPath);
  try {
    journal.end(whole ? 'rolled-back' : 'not-restored');
  } finally {
    journal.close();
  }
  const foreign = writes.some(({ result }) => result === 'foreign');
  const notes = foreign
    ? ['masks that somebody else has changed since are left; --force restores them too']
    : [];
  return tell({ ...answer, outcome: whole ? 'restored' : 'not-restored', writes, notes }, options, out);
}

function tell(answer: Applied, { json }: RollbackOptions, out: Output): number {
  if (json === true) writeJson(out, answer);
  else out.write(renderApplied(answer, out));
  return answer.outcome === 'not-restored' ? EXIT.refused : EXIT.ok;
}
