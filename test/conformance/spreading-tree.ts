import { CpuSet } from '../../src/base/cpu-set.ts';
import { formatNumberList } from '../../src/base/number-list.ts';
import { spreadingRulesNamed } from '../../src/model/kernel-profile.ts';
import {
  createAffinityMasks,
  type SpreadingRules,
  type Topology,
} from '../../src/model/spreading/spreading.ts';
import { arrayOf, type Difference, integerOf, type LogLine, MalformedLine } from './log-line.ts';
import { compareMasks, spreadOutcome } from './spreading-outcome.ts';

const POSSIBLE = 1;
const PRESENT = 2;

/** A case of golden/trees/spread.jsonl.gz: `nvecs` without `trace` and `case`. */
export function judgeSpreadingTree(line: LogLine): Difference[] {
  const rules = rulesOf(line);
  const topology = topologyOf(line);
  const outcome = spreadOutcome(() =>
    createAffinityMasks(
      rules,
      topology,
      line.integer('nvecs'),
      { preVectors: line.integer('pre'), postVectors: line.integer('post') },
      topology.possible,
    ),
  );
  const masks = line.get('masks');
  const expected =
    masks === null ? null : arrayOf(masks, 'masks').map((cpus, at) => cpuText(cpus, `masks[${at}]`));
  const differences: Difference[] = [];
  compareMasks(differences, 'masks', expected, outcome);
  differences.push(...line.unknownFields());
  return differences;
}

/** A profile, or 4.14. */
function rulesOf(line: LogLine): SpreadingRules {
  const name = line.text('kernel');
  const rules = spreadingRulesNamed(name);
  if (rules === undefined) throw new MalformedLine(`kernel "${name}" is not one the model knows`);
  return rules;
}

function cpuText(value: unknown, what: string): string {
  return formatNumberList(arrayOf(value, what).map((cpu) => integerOf(cpu, what)));
}

/** CPUs by number: state, node, core and cluster of each. */
function topologyOf(line: LogLine): Topology {
  const states = figures(line, 'cpu_state');
  const nodeOf = figures(line, 'cpu_node');
  const coreOf = figures(line, 'cpu_core');
  const clusterOf = figures(line, 'cpu_cluster');
  for (const [key, values] of Object.entries({
    cpu_node: nodeOf,
    cpu_core: coreOf,
    cpu_cluster: clusterOf,
  })) {
    if (values.length !== states.length) {
      throw new MalformedLine(`${key} has ${values.length} CPUs, cpu_state ${states.length}`);
    }
  }
  for (const state of states) {
    if (state !== POSSIBLE && state !== PRESENT) throw new MalformedLine(`cpu_state ${state} is not known`);
  }
  const nodes = Array.from({ length: line.integer('nr_node_ids') }, () => new CpuSet());
  for (const [cpu, node] of nodeOf.entries()) {
    const cpus = nodes[node];
    if (cpus === undefined) throw new MalformedLine(`CPU ${cpu} is on node ${node} of ${nodes.length}`);
    cpus.add(cpu);
  }
  const isPresent = (cpu: number): boolean => states[cpu] === PRESENT;
  return {
    possible: CpuSet.from(states.keys()),
    present: CpuSet.from([...states.keys()].filter(isPresent)),
    nodes,
    // Only CPUs that are up have siblings and clusters; -1 stands for an empty cluster mask.
    siblings: groups(coreOf, isPresent),
    clusters: groups(clusterOf, (cpu) => isPresent(cpu) && (clusterOf[cpu] ?? -1) >= 0),
  };
}

function groups(keys: readonly number[], takes: (cpu: number) => boolean): CpuSet[] {
  const found = new Map<number, CpuSet>();
  for (const [cpu, key] of keys.entries()) {
    if (takes(cpu)) found.set(key, (found.get(key) ?? new CpuSet()).add(cpu));
  }
  return [...found.values()];
}

function figures(line: LogLine, key: string): number[] {
  return line.array(key).map((value, at) => integerOf(value, `${key}[${at}]`));
}
