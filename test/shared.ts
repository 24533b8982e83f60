import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, also for a tool that run-ts.mjs bundled into .build. */
function repository(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== '/') folder = dirname(folder);
  return folder;
}

/** The captures, golden data and cases that stand beside the repository, in CI too; undefined elsewhere. */
export function sharedDirectory(): string | undefined {
  const path = process.env.IRQSPACE_SHARED ?? join(repository(), '..', 'shared');
  return existsSync(join(path, 'captures')) ? path : undefined;
}

/** A file or folder in it, by its path there; undefined where that is not here. */
export function sharedPath(path: string): string | undefined {
  const shared = sharedDirectory();
  const full = shared === undefined ? undefined : join(shared, path);
  return full !== undefined && existsSync(full) ? full : undefined;
}
