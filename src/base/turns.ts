/**
 * Work that stops wherever another task may run in between, and ends with a result. Where it `sleeps` until its device
 * has answered another task does run, if one can; elsewhere only a task on another CPU comes in between.
 */
export type Turns<T> = Generator<'sleeps' | undefined, T, undefined>;

/** Without anything in between. */
export function allAtOnce<T>(turns: Turns<T>): T {
  for (;;) {
    const { done, value } = turns.next();
    if (done === true) return value;
  }
}
