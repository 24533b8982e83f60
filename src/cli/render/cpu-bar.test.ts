import { describe, expect, it } from 'vitest';
import { exactly, type Range, range } from '../../base/range.ts';
import { barLegend, cpuBar } from './cpu-bar.ts';

const bar = (available: Range, allocated: Range, managed = 0, managedAllocated = 0): string =>
  cpuBar(
    {
      cpu: 0,
      online: true,
      capacity: exactly(100),
      available,
      allocated,
      managed: exactly(managed),
      managedAllocated: exactly(managedAllocated),
    },
    10,
  );

describe('the bar of a CPU', () => {
  it('is drawn to scale: regular, managed in use, managed set aside, available', () => {
    expect(bar(exactly(50), exactly(30), 30, 10)).toBe('|##m--.....|');
    expect(bar(exactly(100), exactly(0))).toBe('|..........|');
    expect(bar(exactly(0), exactly(100))).toBe('|##########|');
  });

  it('shows a single vector, and is not full while one is left', () => {
    expect(bar(exactly(99), exactly(1))).toBe('|#.........|');
    expect(bar(exactly(98), exactly(2), 1, 1)).toBe('|#m........|');
    expect(bar(exactly(1), exactly(99))).toBe('|#########.|');
  });

  it('marks what is not certain', () => {
    expect(bar(range(40, 80), range(20, 60))).toBe('|##????....|');
    expect(bar(range(0, 100), range(0, 100))).toBe('|??????????|');
  });

  it('explains the marks that are there', () => {
    expect(barLegend(['|##..|', '|m...|'])).toBe('# in use, m in use by managed interrupts, . available');
    expect(barLegend([])).toBe('');
  });
});
