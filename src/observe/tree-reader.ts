import { ParseError } from '../parse/parse-error.ts';
import type { FileTree } from './file-tree.ts';

/** A parser of one file's text. */
export type TextParser<T> = (text: string, file: string) => T;

/** How often a file of the live machine is read again when it did not hold together. */
const ATTEMPTS = 3;

/** Reads and parses a file; undefined when it is absent or empty. Garbage throws its ParseError. */
export function readParsed<T>(tree: FileTree, path: string, parse: TextParser<T>): T | undefined {
  const text = tree.readText(path);
  return text === undefined || text.trim() === '' ? undefined : parse(text, path);
}

/**
 * Like {@link readParsed} for files that the kernel writes without a lock (the per-CPU figures of VECTOR, the
 * columns of /proc/interrupts while a CPU comes or goes): on the live machine a torn one is read again.
 * @param isTorn what was read does not hold together, though every part of it makes sense
 */
export function readSettled<T>(
  tree: FileTree,
  read: () => T,
  isTorn: (value: T) => boolean = () => false,
): T {
  for (let attempt = 1; ; attempt++) {
    const isLast = !tree.live || attempt === ATTEMPTS;
    try {
      const value = read();
      if (isLast || !isTorn(value)) return value;
    } catch (error) {
      if (isLast || !(error instanceof ParseError)) throw error;
    }
  }
}

/** Names in a directory that are numbers, ascending. */
export function listNumbers(tree: FileTree, path: string): number[] {
  return tree
    .list(path)
    .filter((name) => /^\d{1,9}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}
