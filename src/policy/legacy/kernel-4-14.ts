import { FIRST_KERNEL } from '../../model/kernel-features.ts';
import type { KernelProfile } from '../../model/kernel-profile.ts';
import { SPREADING_4_14 } from '../../model/spreading/spreading-rules.ts';

/**
 * The last kernel before the matrix allocator, as far as it is not the allocator: everything but vectors is as in 4.15.0
 * (specification 12.1). Not one of the profiles, for there is no matrix to profile.
 */
export const KERNEL_4_14: KernelProfile = {
  ...FIRST_KERNEL,
  ...SPREADING_4_14,
  name: '4.14',
  version: { major: 4, minor: 14, patch: 74 },
  firstSystemVector: 0xef,
  cascadeIsSystemVector: false,
  i40eSleepsWithoutVectors: false,
  // What the matrix records here stays until the allocator takes it back.
  onlineResetsMap: false,
  freeIgnoresOffline: false,
};
