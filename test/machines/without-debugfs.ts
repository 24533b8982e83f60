import type { FileTree } from '../../src/observe/file-tree.ts';

const HIDDEN = 'sys/kernel/debug';

/** The same machine as a kernel without CONFIG_GENERIC_IRQ_DEBUGFS shows it. */
export function withoutDebugfs(tree: FileTree): FileTree {
  const shown = (path: string): boolean => !path.startsWith(HIDDEN);
  return {
    source: tree.source,
    live: tree.live,
    keepsModes: tree.keepsModes,
    denied: tree.denied,
    readText: (path) => (shown(path) ? tree.readText(path) : undefined),
    readBytes: (path) => (shown(path) ? tree.readBytes(path) : undefined),
    list: (path) => (shown(path) ? tree.list(path) : []),
    linkTarget: (path) => (shown(path) ? tree.linkTarget(path) : undefined),
    mode: (path) => (shown(path) ? tree.mode(path) : undefined),
  };
}
