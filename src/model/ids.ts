import type { Brand } from '../base/brand.ts';

/** A logical CPU number, as in /sys/devices/system/cpu/cpuN. */
export type Cpu = Brand<number, 'Cpu'>;
/** An 8-bit index into a CPU's interrupt descriptor table, 0..255. */
export type Vector = Brand<number, 'Vector'>;
/** Linux's software interrupt number (virq), as in /proc/irq/N. */
export type Irq = Brand<number, 'Irq'>;
/** A NUMA node number. */
export type NodeId = Brand<number, 'NodeId'>;

export const asCpu = (n: number): Cpu => n as Cpu;
export const asVector = (n: number): Vector => n as Vector;
export const asIrq = (n: number): Irq => n as Irq;
export const asNodeId = (n: number): NodeId => n as NodeId;
