import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DirTree } from './dir-tree.ts';
import { MAX_ROOT_DEPTH, ROOT_MARKERS } from './machine-root.ts';
import { RootError } from './root-error.ts';

/** Folders looked into before the search gives up: somebody named a home directory, not a capture. */
const MAX_FOLDERS = 4096;
const GAVE_UP = `the search for a machine's files gave up after ${MAX_FOLDERS} folders; name the folder they are in`;

/**
 * Folders at or below `top` that hold a machine's files, of these the shallowest, relative to `top`. Level by
 * level, links are not followed.
 * @throws RootError when there are too many folders to look into them all
 */
export function findRootsBelow(top: string): string[] {
  const tree = DirTree.below(top, top);
  let level = [''];
  let looked = 0;
  for (let depth = 0; level.length > 0; depth++) {
    const found = level.filter((folder) => ROOT_MARKERS.some((marker) => tree.has(join(folder, marker))));
    if (found.length > 0) return found;
    if (depth === MAX_ROOT_DEPTH) break;
    const below: string[] = [];
    for (const folder of level) {
      if (++looked > MAX_FOLDERS) throw new RootError(top, GAVE_UP);
      for (const entry of subfolders(join(top, folder))) below.push(join(folder, entry.name));
    }
    level = below;
  }
  return [];
}

function subfolders(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // A folder that may not be read holds nothing for us; the others may.
    return [];
  }
}
