import { spawnSync } from 'node:child_process';
import { RootError } from './root-error.ts';

/**
 * `git diff -U0 RANGE` of the C files at the paths, with names relative to the directory in which git was asked.
 * @throws RootError with what git said
 */
export function gitDiff(range: string, paths: readonly string[]): string {
  if (range.startsWith('-')) throw new RootError('--diff', `"${range}" is no range of commits`);
  const args = [
    'diff',
    '-U0',
    '--no-color',
    '--no-ext-diff',
    '--relative',
    '--src-prefix=a/',
    '--dst-prefix=b/',
    range,
    '--',
  ];
  const { status, stdout, stderr, error } = spawnSync('git', [...args, ...paths], {
    encoding: 'latin1',
    maxBuffer: 1 << 30,
  });
  if (error !== undefined) throw new RootError('--diff', `git cannot be run: ${error.message}`);
  if (status !== 0)
    throw new RootError('--diff', (stderr.trim().split('\n')[0] ?? '') || `git ended with ${status}`);
  return stdout;
}
