import { CpuSet } from '../../base/cpu-set.ts';
import { openRoot } from '../../host/open-root.ts';
import type { Topology } from '../../model/spreading/topology.ts';
import { inferState } from '../../observe/infer.ts';
import { observeTopology } from '../../observe/observe-topology.ts';
import { observeTree } from '../../observe/observe-tree.ts';
import {
  parseSets,
  parseTopology,
  type SpreadRequest,
  spreadKernelNamed,
  spreadKernelOf,
  spreadOf,
} from '../../query/spread.ts';
import { EXIT } from '../exit-codes.ts';
import { readingErrors } from '../machine.ts';
import { type Output, writeJson } from '../output.ts';
import { renderSpread } from '../render/spread.ts';
import { clip } from '../render/text.ts';
import { UsageError } from '../usage-error.ts';

export interface SpreadOptions {
  readonly root: string;
  readonly kernel?: string;
  readonly topology?: string;
  readonly vectors?: string;
  readonly min?: string;
  readonly pre?: string;
  readonly post?: string;
  readonly sets?: string;
  readonly json?: boolean;
}

/** A described topology names no kernel: the newest is assumed. */
const NEWEST = 'newest';

export function runSpread(options: SpreadOptions, out: Output): number {
  if (options.vectors === undefined)
    throw new UsageError('spread: --vectors N is needed: how many messages to spread');
  const min = numberOption('--min', options.min);
  const asked = {
    nvecs: numberOption('--vectors', options.vectors) ?? 0,
    ...(min === undefined ? {} : { minVectors: min }),
    preVectors: numberOption('--pre', options.pre) ?? 0,
    postVectors: numberOption('--post', options.post) ?? 0,
    ...(options.sets === undefined ? {} : { sets: parseSets(options.sets) }),
  };
  const answer = spreadOf({ ...asked, ...machineOf(options) });
  if (options.json === true) writeJson(out, answer);
  else out.write(renderSpread(answer, out));
  return answer.failure === undefined ? EXIT.ok : EXIT.no;
}

function machineOf(options: SpreadOptions): Pick<SpreadRequest, 'kernel' | 'topology' | 'defaultAffinity'> {
  if (options.topology !== undefined && options.root !== '/') {
    throw new UsageError('spread: --topology and --root are two machines: give one of them');
  }
  const kernel = options.kernel === undefined ? undefined : spreadKernelNamed(options.kernel);
  if (options.topology !== undefined) {
    return { kernel: kernel ?? spreadKernelNamed(NEWEST), topology: parseTopology(options.topology) };
  }
  const tree = openRoot(options.root);
  return readingErrors(tree, () => {
    const observation = observeTree(tree);
    const topology = observeTopology(tree);
    if (topology === undefined) {
      throw new UsageError(
        `${tree.source}: its CPUs are not listed (sys/devices/system/cpu/present); give --topology`,
      );
    }
    return {
      kernel: kernel ?? spreadKernelOf(inferState(observation).kernel),
      topology: { name: tree.source, topology, doubt: topologyDoubt(topology) },
      ...(observation.defaultAffinity === undefined ? {} : { defaultAffinity: observation.defaultAffinity }),
    };
  });
}

/** Without its topology folder a CPU counts as one without siblings, which changes masks and their order. */
function topologyDoubt(topology: Topology): string | undefined {
  const grouped = topology.siblings.reduce((all, group) => all.or(group), new CpuSet());
  const open = topology.present.andNot(grouped);
  if (open.isEmpty) return undefined;
  return `the SMT siblings and clusters of CPUs ${open} are not known (topology files missing): masks and their order may differ`;
}

function numberOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text))
    throw new UsageError(`${name}: expected a number of messages, found "${clip(text, 40)}"`);
  return Number(text);
}
