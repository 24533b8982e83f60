import type { FileTree } from '../../src/observe/file-tree.ts';

/** The same machine with other texts in some files. */
export function changedTree(tree: FileTree, change: (path: string, text: string) => string): FileTree {
  return {
    source: tree.source,
    live: tree.live,
    keepsModes: tree.keepsModes,
    denied: tree.denied,
    readText: (path) => {
      const text = tree.readText(path);
      return text === undefined ? undefined : change(path, text);
    },
    readBytes: (path) => {
      const bytes = tree.readBytes(path);
      return bytes === undefined ? undefined : Buffer.from(change(path, Buffer.from(bytes).toString()));
    },
    list: (path) => tree.list(path),
    linkTarget: (path) => tree.linkTarget(path),
    mode: (path) => tree.mode(path),
  };
}
