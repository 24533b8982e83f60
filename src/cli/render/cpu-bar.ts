import type { ReportCpu } from '../../format/report.ts';

/** What the characters of a bar mean, in the order in which they stand. */
const MARKS = {
  '#': 'in use',
  m: 'in use by managed interrupts',
  '-': 'set aside for managed interrupts',
  '?': 'not certain',
  '.': 'available',
} as const;

type Mark = keyof typeof MARKS;

/** A CPU's capacity drawn to scale; whatever is there at all gets at least one character where there is room. */
export function cpuBar(cpu: ReportCpu, width: number): string {
  const capacity = Math.max(1, cpu.capacity.max);
  const inUse = cpu.managedAllocated.min;
  const regular = cpu.allocated.min - inUse;
  const parts: readonly (readonly [Mark, number])[] = [
    ['#', regular],
    ['m', inUse],
    ['-', cpu.managed.min - inUse],
    ['?', cpu.capacity.max - cpu.available.min - regular - cpu.managed.min],
  ];
  let text = '';
  let sum = 0;
  for (const [mark, amount] of parts) {
    if (amount <= 0) continue;
    sum += amount;
    text = text.padEnd(Math.max(Math.round((sum / capacity) * width), text.length + 1), mark);
  }
  // A full bar means that nothing is available.
  const end = cpu.available.max > 0 && sum < capacity ? width - 1 : width;
  return `|${text.slice(0, end).padEnd(width, '.')}|`;
}

/** The marks that these bars use, each with its meaning. */
export function barLegend(bars: readonly string[]): string {
  const used = Object.entries(MARKS).filter(([mark]) => bars.some((bar) => bar.includes(mark)));
  return used.map(([mark, meaning]) => `${mark} ${meaning}`).join(', ');
}
