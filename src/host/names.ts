const NUMBER = /^[0-9]+$/;

/** Directory order: numbers first and by value, then the rest by code unit. `2` before `10`, `cpu0` after both. */
export function compareNames(a: string, b: string): number {
  const aIsNumber = NUMBER.test(a);
  if (aIsNumber !== NUMBER.test(b)) return aIsNumber ? -1 : 1;
  const byValue = aIsNumber ? Number(a) - Number(b) : 0;
  return byValue !== 0 ? byValue : a < b ? -1 : a > b ? 1 : 0;
}

/** Last component of a path. */
export function lastComponent(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
