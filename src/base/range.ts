/** A figure that may be uncertain: the truth lies in [min, max]; equal ends mean it is known. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A figure that is known. */
export function exactly(value: number): Range {
  return { min: value, max: value };
}

export function range(min: number, max: number): Range {
  return { min, max };
}

export function isExact(r: Range): boolean {
  return r.min === r.max;
}

export function addRanges(a: Range, b: Range): Range {
  return { min: a.min + b.min, max: a.max + b.max };
}

/** Both ends no lower than 0. */
export function clampToZero(r: Range): Range {
  return { min: Math.max(0, r.min), max: Math.max(0, r.max) };
}

/** `7`, or `5..7` when it is not known exactly. */
export function formatRange(r: Range): string {
  return isExact(r) ? String(r.min) : `${r.min}..${r.max}`;
}
