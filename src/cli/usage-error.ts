import { LocatedError } from '../format/located-json.ts';

/** A mistake on the command line: one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function unknownCommandText(name: string): string {
  return `unknown command "${name}"; irqspace --help lists them`;
}

/** A mistake at a place of a file that the user named is one of the command line's. */
export function locating<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof LocatedError) throw new UsageError(error.message);
    throw error;
  }
}
