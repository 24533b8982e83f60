import { parentPort, workerData } from 'node:worker_threads';
import type { AuditOptions } from '../../audit/audit-driver.ts';
import type { SourceDirectory } from '../../host/source-files.ts';
import { openCParser } from './grammar.ts';
import type { WorkerAnswer } from './pool.ts';
import { auditDirectory } from './unit.ts';

/** Audits the directories that it is sent, one after the other. */
async function serve(): Promise<void> {
  const options: AuditOptions = workerData;
  const parser = await openCParser();
  parentPort?.on('message', (unit: SourceDirectory) => {
    let answer: WorkerAnswer;
    try {
      answer = { path: unit.path, audit: auditDirectory(unit, parser, options) };
    } catch (error) {
      answer = {
        path: unit.path,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    }
    parentPort?.postMessage(answer);
  });
}

await serve();
