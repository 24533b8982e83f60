/** What was given does not make a replay: one line for the user, exit code 2. */
export class ReplayInputError extends Error {
  override readonly name = 'ReplayInputError';
}
