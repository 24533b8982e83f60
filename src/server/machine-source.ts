import type { Explain } from '../format/explain.ts';
import type { Fits } from '../format/fits.ts';
import type { Report } from '../format/report.ts';
import type { FitsChange } from '../query/fits.ts';

/** One change to ask about; exactly one of the three is set. */
export interface FitsRequest {
  readonly hibernate?: true;
  readonly suspend?: true;
  /** CPU numbers in the order in which they are to go offline. */
  readonly offline?: readonly number[];
}

/**
 * What the server shows. The command line wires it to the live machine (read anew for every call) or to a
 * capture (read once); the server knows neither.
 */
export interface MachineSource {
  report(): Report | Promise<Report>;
  /** Throws `RequestError` (query/request-error.ts) where the request names what this machine does not have. */
  fits(request: FitsRequest): Fits | Promise<Fits>;
  /** Undefined: this machine has no such interrupt. */
  explain(irq: number): Explain | undefined | Promise<Explain | undefined>;
}

/** The request as the query takes it. */
export function changeOf(request: FitsRequest): FitsChange {
  if (request.offline !== undefined) return { kind: 'offline', cpus: request.offline };
  return { kind: request.suspend === true ? 'suspend' : 'hibernate' };
}
