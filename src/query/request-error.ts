/** The asker's mistake, not the machine's: the message is one line that says what, where and what was expected. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}
