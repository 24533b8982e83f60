/** Lines to what a terminal is sent: only lines that changed. Pure but for what it remembers. */

const ESC = '\u001b[';
/** The alternate screen, no cursor, no wrapping at the right edge, empty. */
export const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l${ESC}H${ESC}2J`;
export const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;

export class Screen {
  #shown: readonly string[] = [];

  /** @param lines one for each row of the terminal, none longer than it is wide */
  draw(lines: readonly string[]): string {
    let text = '';
    for (const [row, line] of lines.entries()) {
      // Erased first: behind a line as wide as the terminal the cursor still stands on its last character.
      if (line !== this.#shown[row]) text += `${ESC}${row + 1};1H${ESC}K${line}`;
    }
    this.#shown = lines;
    return text;
  }

  /** The terminal has another size, or other text in it: everything is drawn anew. */
  clear(): string {
    this.#shown = [];
    return `${ESC}H${ESC}2J`;
  }
}
