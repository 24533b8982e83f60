import type { Explain } from '../format/explain.ts';
import type { ExplainMessage } from '../format/explain-message.ts';
import type { Fits } from '../format/fits.ts';
import type { Report } from '../format/report.ts';
import type { FitsChange } from '../query/fits.ts';

export interface FitsOptions {
  /** The largest number of devices that still fits is asked too. */
  readonly max?: boolean;
}

/**
 * What the server shows. The command line wires it to the live machine (read anew for every call) or to a
 * capture (read once); the server knows neither.
 */
export interface MachineSource {
  report(): Report | Promise<Report>;
  /** Throws `RequestError` (query/request-error.ts) where the change names what this machine does not have. */
  fits(changes: readonly FitsChange[], options?: FitsOptions): Fits | Promise<Fits>;
  /** Undefined: this machine has no such interrupt. */
  explain(irq: number): Explain | undefined | Promise<Explain | undefined>;
  /** What is known of the lines of a log. */
  explainMessages(text: string): ExplainMessage | Promise<ExplainMessage>;
}
