import { DirTree } from '../../host/dir-tree.ts';
import { KeptTree } from '../../host/kept-tree.ts';
import { isLiveRoot, openRoot } from '../../host/open-root.ts';
import { TraceInstance } from '../../host/trace-instance.ts';
import type { WatchSource } from '../../query/watch/watcher.ts';
import { kernelOption, type MachineOptions, machineOf } from '../machine.ts';
import { UsageError } from '../usage-error.ts';

export interface WatchedMachine {
  readonly source: WatchSource;
  readonly live: boolean;
  /** Another look may show something else: not so of an archive. */
  readonly changes: boolean;
  /** Gives back what was taken of tracefs. @returns what could not be given back */
  close(): string | undefined;
}

const SEEN = 'moves: seen where masks differ, not when the kernel refuses';

/** Opens what is to be watched; `trace`: the user's word that tracefs may be written to. */
export function watchedMachine(options: MachineOptions & { readonly trace?: boolean }): WatchedMachine {
  const live = isLiveRoot(options.root);
  if (options.trace === true && !live) {
    throw new UsageError('--trace records on this machine: it does not go with --root');
  }
  kernelOption(options.kernel);
  const tree = live ? new KeptTree() : openRoot(options.root);
  const machine = (): ReturnType<typeof machineOf> => machineOf(tree, options.kernel);
  const plain = { tree, machine, trace: undefined };
  const kind = { live, changes: live || tree instanceof DirTree };
  if (options.trace !== true) {
    const tracing = live ? `${SEEN} (--trace shows each)` : SEEN;
    return { source: { ...plain, tracing }, ...kind, close: () => undefined };
  }
  const trace = TraceInstance.create();
  if (!(trace instanceof TraceInstance)) {
    return {
      source: { ...plain, tracing: `no tracing: ${trace.why}; ${SEEN}` },
      ...kind,
      close: () => undefined,
    };
  }
  const tracing = `moves and vectors not found: from tracefs, ${trace.name}`;
  return { source: { tree, machine, trace, tracing }, ...kind, close: () => trace.close() };
}
