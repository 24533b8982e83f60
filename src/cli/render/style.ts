/** Colours of the terminal's own palette; plain text where there is none. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

function wrap(on: boolean, code: number): (text: string) => string {
  return (text) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
}

export function styleFor(color: boolean): Style {
  return {
    bold: wrap(color, 1),
    dim: wrap(color, 2),
    good: wrap(color, 32),
    bad: wrap(color, 31),
    warn: wrap(color, 33),
  };
}
