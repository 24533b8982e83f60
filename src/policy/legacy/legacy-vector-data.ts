import { CpuSet } from '../../base/cpu-set.ts';
import { VectorData } from '../../model/irq-desc.ts';

const NO_CPUS = new CpuSet();

/**
 * What 4.14 keeps of an interrupt besides its vector: one vector number, but on several CPUs (specification 9.1). Of what
 * it inherits, `cpu` is the lowest CPU of the destination, and `prevVector` the vector that the CPUs of `oldDomain` still
 * hold. Masks are replaced, never changed.
 */
export class LegacyVectorData extends VectorData {
  /** The CPUs that have the vector, online or not. */
  domain: CpuSet = NO_CPUS;
  oldDomain: CpuSet = NO_CPUS;
  /** Where the hardware sends it. */
  destination: CpuSet = NO_CPUS;

  override clone(): LegacyVectorData {
    return Object.assign(new LegacyVectorData(), this);
  }
}
