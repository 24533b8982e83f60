import { openRoot } from '../host/open-root.ts';
import { type KernelProfile, PROFILE_NAMES, profileNamed } from '../model/kernel-profile.ts';
import type { MachineState } from '../model/machine-state.ts';
import type { FileTree } from '../observe/file-tree.ts';
import { inferState } from '../observe/infer.ts';
import { observeTopology } from '../observe/observe-topology.ts';
import { observeTree } from '../observe/observe-tree.ts';
import { ParseError } from '../parse/parse-error.ts';
import { type MachineWorkload, workloadOfMachine } from '../query/compare/workload-of-machine.ts';
import { clip } from './render/text.ts';
import { UsageError } from './usage-error.ts';

/** What every reading command takes. */
export interface MachineOptions {
  readonly root: string;
  readonly kernel?: string;
}

/** Reads the machine that the options name. */
export function readMachine(options: MachineOptions): MachineState {
  // A bad profile name is told before a large archive is unpacked.
  const profile = kernelOption(options.kernel);
  return inferred(openRoot(options.root), profile);
}

/** The machine in a tree that is open. */
export function machineOf(tree: FileTree, kernel: string | undefined): MachineState {
  return inferred(tree, kernelOption(kernel));
}

function inferred(tree: FileTree, profile: KernelProfile | undefined): MachineState {
  return readingErrors(tree, () => inferState(observeTree(tree), profile));
}

/** The same as a workload for `compare`: its devices and CPUs. */
export function readWorkload(options: MachineOptions): MachineWorkload {
  const profile = kernelOption(options.kernel);
  const tree = openRoot(options.root);
  return readingErrors(tree, () => {
    const seen = observeTree(tree);
    return workloadOfMachine(seen, inferState(seen, profile));
  });
}

/** And with its threads and clusters: two files more for every CPU. */
export function readMachineWithTopology(options: MachineOptions): MachineState {
  const profile = kernelOption(options.kernel);
  const tree = openRoot(options.root);
  return readingErrors(tree, () => ({
    ...inferState(observeTree(tree), profile),
    topology: observeTopology(tree),
  }));
}

/** A parser names the kernel's file; the user also needs to know in which root. */
export function readingErrors<T>(tree: FileTree, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(`${tree.source}: ${error.message}`);
    throw error;
  }
}

export function kernelOption(name: string | undefined): KernelProfile | undefined {
  if (name === undefined) return undefined;
  const profile = profileNamed(name);
  if (profile !== undefined) return profile;
  const known = `${PROFILE_NAMES[0]} to ${PROFILE_NAMES.at(-1)}, or newest`;
  throw new UsageError(`--kernel: no profile "${clip(name, 40)}"; expected a version from ${known}`);
}
