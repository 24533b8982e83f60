import type { MachineState } from '../../model/machine-state.ts';

/** What a message quotes, by the names of its pattern's groups. */
export type Quoted = Readonly<Record<string, string | undefined>>;

export type MessageSource = 'kernel' | 'driver' | 'irqbalance' | 'tuned' | 'tool';

/** One message that users meet: how it reads, what it means, what to do, and what of this machine matters to it. */
export interface MessageEntry {
  /** Stable word for scripts: `cannot-disable-cpu`. */
  readonly name: string;
  readonly from: MessageSource;
  /** Found anywhere in a line: what loggers put before it is not of interest. */
  readonly pattern: RegExp;
  readonly means: string;
  readonly todo: readonly string[];
  /** Sentences. */
  readonly facts?: (quoted: Quoted, machine: MachineState) => readonly string[];
}

/** A number that a message quotes. */
export function numberIn(quoted: Quoted, name: string): number {
  return Number(quoted[name] ?? Number.NaN);
}
