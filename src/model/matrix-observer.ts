import type { MatrixEvent } from './events.ts';

/** A condition under which the kernel's matrix code warns (WARN_ON) and goes on (specification 3.4). */
export type MatrixWarning =
  | 'free: bit outside the window'
  | 'free: bit not allocated'
  | 'assign: bit outside the window'
  | 'assign: bit already allocated'
  | 'removeManaged: no managed bits'
  | 'removeManaged: all managed bits in use';

/**
 * Hears what the kernel would print. A WARN is heard each time its condition is met, although the kernel prints
 * only the first; a rollback does not unsay it.
 */
export interface MatrixObserver {
  /**
   * A tracepoint of the allocator is reached; the matrix holds the figures it prints. `bit` is -1 where it has none,
   * `cpu` where no CPU is concerned.
   */
  traced?(name: MatrixEvent['name'], cpu: number, bit: number): void;
  /** `bit` is -1 where the condition is not about one bit. */
  warn(warning: MatrixWarning, cpu: number, bit: number): void;
  /** "Interrupt reservation exceeds available resources" (failures.ts), before the counter goes up. */
  reservationExceedsAvailable(reserved: number, available: number): void;
}
