import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for all tests of a `describe` block, gone after the last. */
export function lastingTempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'irqspace-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
