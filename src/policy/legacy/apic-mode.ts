/**
 * Where a vector is taken and where its interrupt goes, by the mode in which the local APICs are addressed: until 4.14 an
 * interrupt could have several CPUs (specification 9.1).
 */
import { CpuSet } from '../../base/cpu-set.ts';

export interface ApicMode {
  readonly name: 'flat' | 'physical' | 'cluster';
  /** `vector_allocation_domain()`: the CPUs on which a vector for `cpu` is taken, online or not. */
  domainOf(cpu: number, mask: CpuSet): CpuSet;
  /** `target_cpus()`: where an interrupt may go that nothing ties to a node or a mask. */
  targets(online: CpuSet): CpuSet;
  /** Of the CPUs that have the vector and are wanted, those that the hardware is told. */
  destination(cpus: CpuSet): CpuSet;
}

/** Eight CPUs in one logical mask: a vector is taken on all of them. */
const FLAT_CPUS = CpuSet.span(0, 7);
/** How many CPUs flat mode can address. */
export const MOST_FLAT_CPUS = FLAT_CPUS.size;

export const FLAT: ApicMode = {
  name: 'flat',
  domainOf: () => FLAT_CPUS,
  targets: (online) => online,
  destination: (cpus) => cpus,
};

/** Physical flat, x2APIC physical, bigsmp: one CPU. */
export const PHYSICAL: ApicMode = {
  name: 'physical',
  domainOf: (cpu) => CpuSet.of(cpu),
  targets: (online) => online,
  destination: (cpus) => CpuSet.from(cpus.first === undefined ? [] : [cpus.first]),
};

/** Logical ids of an x2APIC cluster. */
const CLUSTER_IDS = 16;

/**
 * x2APIC cluster mode on a machine whose APIC ids are its CPU numbers.
 * @param allCpus the default mask; it counts by identity, not by its CPUs
 * @param size CPUs in a cluster
 */
export function clusterMode(allCpus: CpuSet, size = CLUSTER_IDS): ApicMode {
  return {
    name: 'cluster',
    domainOf: (cpu, mask) => {
      if (mask === allCpus) return CpuSet.of(cpu);
      const first = cpu - (cpu % size);
      return mask.and(CpuSet.span(first, first + size - 1));
    },
    targets: () => allCpus,
    // The search takes one cluster at a time, so they are of one.
    destination: (cpus) => cpus,
  };
}
