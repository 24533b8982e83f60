/** Ascending numbers as the kernel prints sets (`%*pbl`): `0-3,8`; the empty string when there are none. */
export function formatNumberList(numbers: Iterable<number>): string {
  const parts: string[] = [];
  let first = -1;
  let last = -1;
  const flush = (): void => {
    if (first >= 0) parts.push(first === last ? `${first}` : `${first}-${last}`);
  };
  for (const n of numbers) {
    if (first >= 0 && n === last + 1) {
      last = n;
      continue;
    }
    flush();
    first = n;
    last = n;
  }
  flush();
  return parts.join(',');
}
