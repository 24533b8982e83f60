/** Work that stops wherever another task may run in between, and ends with a result. */
export type Turns<T> = Generator<undefined, T, undefined>;

/** Without anything in between. */
export function allAtOnce<T>(turns: Turns<T>): T {
  for (;;) {
    const { done, value } = turns.next();
    if (done === true) return value;
  }
}
