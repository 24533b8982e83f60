import { parentPort, workerData } from 'node:worker_threads';
import type { AuditOptions } from '../../audit/audit-driver.ts';
import type { SourceDirectory } from '../../host/source-files.ts';
import { openCParser } from './grammar.ts';
import { answerFor } from './pool.ts';

/** Audits the directories that it is sent, one after the other. */
async function serve(): Promise<void> {
  const options: AuditOptions = workerData;
  const parser = await openCParser();
  parentPort?.on('message', (unit: SourceDirectory) => {
    parentPort?.postMessage(answerFor(unit, parser, options));
  });
}

await serve();
