/** The public model of irqspace. */

export { parseCpuList, parseCpuMask } from './base/cpu-list.ts';
export { CpuSet } from './base/cpu-set.ts';
export type { Range } from './base/range.ts';
export { type KernelProfile, PROFILE_NAMES, profileNamed } from './model/kernel-profile.ts';
export type { MachineState } from './model/machine-state.ts';
