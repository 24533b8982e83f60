import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The paths given on the command line cannot be used: one line, exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const LOG = /\.jsonl(\.gz)?$/;

/** Every log below the paths, in order of path; a file that is named itself is taken whatever its name. */
export function findLogs(paths: readonly string[]): string[] {
  if (paths.length === 0) throw new UsageError('usage: npm run conformance -- DIR...');
  const logs = new Set<string>();
  for (const path of paths) {
    const found = below(path);
    if (found.length === 0) throw new UsageError(`${path}: no *.jsonl or *.jsonl.gz below this directory`);
    for (const log of found) logs.add(log);
  }
  return [...logs];
}

function below(path: string): string[] {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    throw new UsageError(`${path}: ${reasonOf(error)}`);
  }
  return isDirectory ? walk(path, new Set()) : [path];
}

/** `entered` keeps a link that leads back up from going round for ever. */
function walk(directory: string, entered: Set<string>): string[] {
  const real = realpathSync(directory);
  if (entered.has(real)) return [];
  entered.add(real);
  const logs: string[] = [];
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory()) logs.push(...walk(path, entered));
    else if (status?.isFile() && LOG.test(name)) logs.push(path);
  }
  return logs;
}

export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file or directory';
  return error instanceof Error ? error.message : String(error);
}
