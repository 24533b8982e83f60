/** Control, format and unassigned characters, line separators: they could drive a terminal. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu;

/** Text from outside (file names, what files hold) with every character that is not for reading as `·`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '·');
}
