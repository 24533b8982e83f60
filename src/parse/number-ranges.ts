/** `0-19,32,50` as the kernel prints a bitmap (`%*pbl`), ascending; undefined when it is none. Empty is []. */
export function parseNumberRanges(text: string, below: number): number[] | undefined {
  const numbers: number[] = [];
  if (text === '') return numbers;
  for (const part of text.split(',')) {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last >= below || first <= (numbers.at(-1) ?? -1)) return undefined;
    for (let n = first; n <= last; n++) numbers.push(n);
  }
  return numbers;
}
