import { existsSync, lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RootError, reasonOf } from './root-error.ts';

/** What the user named is to be a new file in a folder that is there. @throws RootError where it is not */
export function refuseExisting(outPath: string): void {
  if (outPath === '') throw new RootError('""', 'expected the name of a file');
  if (!existsSync(dirname(outPath))) throw new RootError(outPath, 'cannot be written: no such directory');
  if (isThere(outPath)) throw new RootError(outPath, 'exists already: not overwritten');
}

/** True for a dangling link too: writing through it would surprise. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new RootError(path, `cannot be written: ${reasonOf(error)}`);
  }
}

/** Under another name first: whoever sees the final name sees the whole file. */
export function writeWhole(outPath: string, bytes: Uint8Array): void {
  const temporary = join(dirname(outPath), `.${basename(outPath)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, bytes, { flag: 'wx' });
    renameSync(temporary, outPath);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new RootError(outPath, `cannot be written: ${reasonOf(error)}`);
  }
}
