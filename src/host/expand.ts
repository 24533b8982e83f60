import type { FileTree } from '../observe/file-tree.ts';
import { RELEASE } from './capture-list.ts';

/** Paths that match a pattern of the capture list, in directory order. The last part is not looked up when literal. */
export function expandPattern(tree: FileTree, pattern: string, release: string | undefined): string[] {
  let paths = [''];
  for (const part of withRelease(pattern, release)?.split('/') ?? ['']) {
    if (part === '') return [];
    const matches = globOf(part);
    paths = paths.flatMap((path) => {
      const below = path === '' ? '' : `${path}/`;
      const names = matches === undefined ? [part] : tree.list(path).filter((name) => matches.test(name));
      return names.map((name) => below + name);
    });
  }
  return paths;
}

/** The kernel's release; only of characters that are safe in a file name. */
export function releaseOf(tree: FileTree): string | undefined {
  const version =
    tree.readText('proc/version') ?? `Linux version ${tree.readText('proc/sys/kernel/osrelease') ?? ''}`;
  return /^Linux version ([A-Za-z0-9._+~-]+)\s/.exec(version)?.[1];
}

function withRelease(pattern: string, release: string | undefined): string | undefined {
  return pattern.includes(RELEASE) && release === undefined
    ? undefined
    : pattern.replace(RELEASE, () => release ?? '');
}

/** A shell pattern of `*` and `[0-9]` as an expression; undefined for a plain name. Hidden names never match. */
function globOf(part: string): RegExp | undefined {
  if (!part.includes('*') && !part.includes('[')) return undefined;
  const body = part.replace(/[.+?^${}()|\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^(?!\\.)${body}$`, 's');
}
