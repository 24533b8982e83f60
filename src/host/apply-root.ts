import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileTree } from '../observe/file-tree.ts';
import { DirTree } from './dir-tree.ts';
import { isLiveRoot } from './open-root.ts';
import { RootError, reasonOf } from './root-error.ts';

export interface ApplyRoot {
  readonly path: string;
  readonly tree: FileTree;
  /** Where the journal is kept unless another place is named. */
  readonly journal: string;
  readonly boot: string | undefined;
}

/** This machine, or a directory that stands in for one: a copy of its /proc/irq. @throws RootError for all else */
export function openApplyRoot(path: string): ApplyRoot {
  const tree = isLiveRoot(path) ? DirTree.live() : directory(path);
  if (tree.list('proc/irq').length === 0) throw new RootError(path, 'has no proc/irq to write to');
  return {
    path,
    tree,
    journal: join(path, 'var', 'lib', 'irqspace', 'apply.journal'),
    boot: tree.readText('proc/sys/kernel/random/boot_id')?.trim(),
  };
}

function directory(path: string): FileTree {
  try {
    if (statSync(path).isDirectory()) return DirTree.below(path, path);
  } catch (error) {
    throw new RootError(path, `cannot be read: ${reasonOf(error)}`);
  }
  throw new RootError(path, 'is no directory: masks are written to this machine, or to a directory like it');
}
