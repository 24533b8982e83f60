/** The machine that a scenario describes, as it boots. */
import { ensure } from '../base/assert.ts';
import { MAX_CPUS, parseCpuList, parseCpuSequence } from '../base/cpu-list.ts';
import { CpuSet } from '../base/cpu-set.ts';
import type { ScenarioMachine } from '../format/scenario.ts';
import type { BootMachine } from '../model/boot.ts';
import { type KernelProfile, PROFILE_NAMES, profileNamed } from '../model/kernel-profile.ts';
import {
  cpusOfShape,
  MAX_NODES,
  plainTopology,
  type Topology,
  topologyOfShape,
} from '../model/spreading/topology.ts';
import { ScenarioFault } from './scenario-fault.ts';

/** @throws ScenarioFault where fields contradict one another */
export function buildMachine(machine: ScenarioMachine, override?: KernelProfile): BootMachine {
  const profile = override ?? profileOf(machine.kernel);
  const topology = topologyOf(machine);
  const { possible, nodes } = topology;
  const online = within(machine, 'online', possible);
  if (online?.has(0) === false) throw new ScenarioFault(['machine', 'online'], 'expected CPU 0, which boots');
  const isolated = within(machine, 'isolcpus', possible);
  const housekeeping = isolated === undefined ? undefined : possible.andNot(isolated);
  if (housekeeping?.isEmpty === true) {
    throw new ScenarioFault(['machine', 'isolcpus'], 'expected at least one CPU that is not isolated');
  }
  if (machine.faultInterrupts > 0 && !machine.remapping) {
    throw new ScenarioFault(['machine', 'faultInterrupts'], 'expected "remapping": true with it');
  }
  const defaultAffinity = within(machine, 'irqaffinity', possible);
  return {
    profile,
    possible,
    nodes,
    topology,
    housekeeping,
    defaultAffinity,
    gsiTop: machine.ioApicInputs,
    pic: machine.pic,
    ia32Gate: machine.ia32Emulation,
    remapping: machine.remapping,
    faultInterrupts: machine.faultInterrupts,
    ...(online === undefined ? {} : { online }),
  };
}

function profileOf(name: string): KernelProfile {
  const profile = profileNamed(name);
  if (profile !== undefined) return profile;
  const known = `${PROFILE_NAMES[0]} to ${PROFILE_NAMES.at(-1)}, or newest`;
  throw new ScenarioFault(['machine', 'kernel'], `expected a kernel from ${known}, found "${name}"`);
}

function topologyOf(machine: ScenarioMachine): Topology {
  const plain = typeof machine.cpus === 'number' ? plainOf(machine.cpus) : shapedOf(machine.cpus);
  const { possible } = plain;
  const nodes = groups(machine, 'nodes', possible) ?? plain.nodes;
  const siblings = groups(machine, 'siblings', possible);
  const clusters = groups(machine, 'clusters', possible) ?? siblings;
  const missing = nodes.reduce((left, cpus) => left.andNot(cpus), possible);
  if (!missing.isEmpty) {
    throw new ScenarioFault(['machine', 'nodes'], `expected a node for every CPU, none has CPU ${missing}`);
  }
  return {
    ...plain,
    nodes,
    siblings: siblings ?? plain.siblings,
    clusters: clusters ?? plain.clusters,
  };
}

function plainOf(cpus: number): Topology {
  return plainTopology(CpuSet.span(0, cpus - 1), []);
}

function shapedOf(text: string): Topology {
  const [sockets = 0, cores = 0, threads = 1] = text.split('x').map(Number);
  const shape = { sockets, cores, threads };
  const cpus = cpusOfShape(shape);
  if (cpus === 0 || cpus > MAX_CPUS || sockets > MAX_NODES) {
    const limits = `1 to ${MAX_CPUS} CPUs on at most ${MAX_NODES} sockets`;
    throw new ScenarioFault(['machine', 'cpus'], `expected ${limits}, found ${text}`);
  }
  return topologyOfShape(shape);
}

/** CPU lists that the schema has accepted: they parse. */
export function cpusOf(text: string): CpuSet {
  const parsed = parseCpuList(text);
  return ensure(parsed.ok ? parsed.value : undefined, `CPU list ${text}`);
}

/** As {@link cpusOf}, in the order in which they were written. */
export function cpuSequenceOf(text: string): readonly number[] {
  const parsed = parseCpuSequence(text);
  return ensure(parsed.ok ? parsed.value : undefined, `CPU list ${text}`);
}

function within(
  machine: ScenarioMachine,
  field: 'online' | 'isolcpus' | 'irqaffinity',
  possible: CpuSet,
): CpuSet | undefined {
  const text = machine[field];
  if (text === undefined) return undefined;
  const cpus = cpusOf(text);
  mustBePossible(cpus, possible, ['machine', field]);
  return cpus;
}

/** @throws ScenarioFault where a CPU is none of the machine's */
export function mustBePossible(cpus: CpuSet, possible: CpuSet, path: readonly (string | number)[]): void {
  const foreign = cpus.andNot(possible);
  if (foreign.isEmpty) return;
  throw new ScenarioFault(path, `expected CPUs of ${possible}, found ${foreign}`);
}

function groups(
  machine: ScenarioMachine,
  field: 'nodes' | 'siblings' | 'clusters',
  possible: CpuSet,
): CpuSet[] | undefined {
  let seen = new CpuSet();
  return machine[field]?.map((text, at) => {
    const path = ['machine', field, at];
    const cpus = cpusOf(text);
    mustBePossible(cpus, possible, path);
    const twice = seen.and(cpus);
    if (!twice.isEmpty)
      throw new ScenarioFault(path, `expected every CPU in one list, CPU ${twice} is in two`);
    seen = seen.or(cpus);
    return cpus;
  });
}
