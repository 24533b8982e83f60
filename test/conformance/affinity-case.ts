import { CpuSet } from '../../src/base/cpu-set.ts';
import { formatNumberList } from '../../src/base/number-list.ts';
import { createAffinityMasks, KernelFault, type Topology } from '../../src/model/spreading/spreading.ts';
import { compare, profileOfLog } from './call.ts';
import { listOf } from './cpu-lists.ts';
import { type Difference, integerOf, LogLine, MalformedLine, textOf } from './log-line.ts';
import { compareMasks, type SpreadOutcome, spreadOutcome } from './spreading-outcome.ts';

/** A case with `trace:"affinity"` (golden/oracle/README.md): one machine, one request. */
export function judgeAffinityCase(line: LogLine): Difference[] {
  // Which CPUs are online has no part in it.
  line.ignore('trace', 'case', 'online');
  const version = line.integer('v');
  if (version !== 1) throw new MalformedLine(`version ${version} of the format is not known`);
  const rules = profileOfLog(line);
  const topology = topologyOf(line);
  const sets = setsOf(line);
  const outcome = spreadOutcome(() =>
    createAffinityMasks(
      rules,
      topology,
      line.integer('nvecs'),
      {
        preVectors: line.integer('pre_vectors'),
        postVectors: line.integer('post_vectors'),
        calcSets: sets === undefined ? undefined : () => sets,
      },
      listOf(line.text('default_affinity'), 'default_affinity'),
    ),
  );
  const differences: Difference[] = [];
  compareResult(differences, line.get('result'), outcome);
  const warned = outcome instanceof KernelFault ? 0 : outcome.warnings.length;
  compare(differences, 'warn', line.count('warn'), warned);
  differences.push(...line.unknownFields());
  return differences;
}

function compareResult(differences: Difference[], result: unknown, outcome: SpreadOutcome): void {
  if (result === null || typeof result === 'string') {
    compareMasks(differences, 'result', result, outcome);
    return;
  }
  if (typeof result !== 'object') throw new MalformedLine('result is missing, or neither masks nor a word');
  const made = new LogLine(result as Record<string, unknown>);
  const masks = made.array('masks').map((mask, at) => textOf(mask, `masks[${at}]`));
  compareMasks(differences, 'masks', masks, outcome);
  const managed = made.text('managed');
  const descriptors = outcome instanceof KernelFault ? undefined : outcome.descriptors;
  const numbers = descriptors?.flatMap(({ isManaged }, at) => (isManaged ? [at] : [])) ?? [];
  const got = formatNumberList(numbers);
  if (got !== managed) differences.push({ field: 'managed', expected: `"${managed}"`, got: `"${got}"` });
  differences.push(...made.unknownFields());
}

function setsOf(line: LogLine): readonly number[] | undefined {
  if (line.peek('sets') === null) {
    line.ignore('sets');
    return undefined;
  }
  return line.array('sets').map((size, at) => integerOf(size, `sets[${at}]`));
}

function topologyOf(line: LogLine): Topology {
  const possible = listOf(line.text('possible'), 'possible');
  const cpus = (possible.last ?? -1) + 1;
  const named = line.integer('nr_cpu_ids');
  if (cpus !== named) throw new MalformedLine(`nr_cpu_ids is ${named}, the possible CPUs end at ${cpus - 1}`);
  return {
    possible,
    present: listOf(line.text('present'), 'present'),
    nodes: nodesOf(line),
    siblings: groupsOf(line, 'siblings'),
    clusters: groupsOf(line, 'clusters'),
  };
}

function nodesOf(line: LogLine): CpuSet[] {
  const given = line.get('nodes');
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new MalformedLine('nodes is missing, or not an object');
  }
  const nodes = Array.from({ length: line.integer('nr_node_ids') }, () => new CpuSet());
  const possible = listOf(line.text('possible_nodes'), 'possible_nodes');
  if (formatNumberList(Object.keys(given).map(Number)) !== possible.toString()) {
    throw new MalformedLine('nodes are not the possible nodes');
  }
  for (const [key, list] of Object.entries(given)) {
    const node = Number(key);
    if (nodes[node] === undefined) throw new MalformedLine(`node ${key} of ${nodes.length}`);
    nodes[node] = listOf(textOf(list, `nodes.${key}`), `nodes.${key}`);
  }
  return nodes;
}

function groupsOf(line: LogLine, key: string): CpuSet[] {
  return line.array(key).map((list, at) => listOf(textOf(list, `${key}[${at}]`), key));
}
