/**
 * The kernel would have crashed here. Like `KernelBug` not an `InvariantError`: the model is in order, its caller asked
 * for what brings a kernel down.
 */
export class KernelFault extends Error {
  override readonly name = 'KernelFault';
  readonly fault: 'divide error' | 'bad pointer';
  /** The kernel function that crashes. */
  readonly where: string;

  constructor(fault: KernelFault['fault'], where: string, condition: string) {
    super(`kernel ${fault} in ${where}: ${condition}`);
    this.fault = fault;
    this.where = where;
  }
}
