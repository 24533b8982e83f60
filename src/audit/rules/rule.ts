import type { IrqDriver } from '../driver/irq-driver.ts';
import type { Finding, Severity } from '../finding.ts';

/** One clause of the contract between a driver and the interrupt core, and how its breach looks in C. */
export interface Rule {
  readonly id: string;
  /** One line. */
  readonly summary: string;
  /** What goes wrong, and where the kernel says so. */
  readonly why: string;
  readonly bad: string;
  readonly good: string;
  /** The most serious form in which it reports. */
  readonly severity: Severity;
  /** Reported only when asked for: possible, not probable. */
  readonly strict: boolean;
  check(driver: IrqDriver): Iterable<Finding>;
}
