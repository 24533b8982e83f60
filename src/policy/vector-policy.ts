import type { KernelMachine } from '../model/kernel.ts';

/** A way to manage vectors: what the mail debates, as something that the same drivers and steps can run under. */
export interface VectorPolicy {
  /** As it is named on the command line and in answers. */
  readonly name: string;
  /** What it is, in one line. */
  readonly title: string;
  readonly promise: DriverPromise;
  /** The machine as this policy runs it: its kernel, and who gives out its vectors. */
  under<M extends KernelMachine>(machine: M): M;
  /** Why it cannot run that machine; undefined where it can. */
  refuses(machine: Pick<KernelMachine, 'possible'>): string | undefined;
}

/** What a driver, and who takes a CPU down, can count on; undefined where nothing fails for want of vectors. */
export interface DriverPromise {
  /** When an interrupt comes by its vector. */
  readonly vectorAt: 'enable' | 'request';
  readonly enable: PolicyFailure | undefined;
  readonly request: PolicyFailure | undefined;
  readonly cpuDown: PolicyFailure | undefined;
  /** A managed interrupt is shut down with the last CPU of its mask and comes back with it; else it moves, for good. */
  readonly restoresManaged: boolean;
}

export interface PolicyFailure {
  /** `ENOSPC`. */
  readonly errno: string;
  readonly when: string;
}

/** For policies that can run every machine. */
export const REFUSES_NONE = (): undefined => undefined;
