import type { InterruptRemapping } from '../interrupt-remapping.ts';
import type { AffinityHost } from '../irq-affinity.ts';
import type { IrqDesc } from '../irq-desc.ts';
import type { IrqNumbers } from '../irq-numbers.ts';
import type { Topology } from '../spreading/topology.ts';
import type { VectorRequest } from '../vector-management.ts';

/** Where an enable can be made to fail: the steps of the pipeline that take something (specification 6.3). */
export type MsiStep =
  /** B: the MSI-X table is mapped. */
  | 'map table'
  /** D: the message's own record. */
  | 'message'
  /** E1: the interrupt's descriptor. */
  | 'descriptor'
  /** E2: the vector domain's record; real lack of room needs no help. */
  | 'vector'
  /** E3: the remapping entry. */
  | 'irte'
  /** 6.5 b: the message is programmed. */
  | 'activate'
  /** F: the device cannot address where the message goes. */
  | 'address';

/** A test's wish: 0, or the negative errno with which `step` of the n-th message is to fail. */
export type FaultHook = (step: MsiStep, message: number) => number;

/** What MSI needs of the machine around it. */
export interface MsiHost extends AffinityHost {
  readonly numbers: IrqNumbers;
  /** Undefined without remapping. */
  readonly remapping: InterruptRemapping | undefined;
  readonly topology: Topology;
  desc(irq: number): IrqDesc | undefined;
  addIrq(desc: IrqDesc, request?: VectorRequest): number;
  removeIrq(irq: number): void;
}
