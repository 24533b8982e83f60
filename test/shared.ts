import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The captures, golden data and cases that stand beside the repository, in CI too; undefined elsewhere. */
export function sharedDirectory(): string | undefined {
  const path = process.env.IRQSPACE_SHARED ?? join(root, '..', 'shared');
  return existsSync(join(path, 'captures')) ? path : undefined;
}
