import { describe, expect, it } from 'vitest';
import { Pacer } from './pacer.ts';
import { Screen } from './screen.ts';

describe('a screen', () => {
  it('sends only the lines that changed', () => {
    const screen = new Screen();
    expect(screen.draw(['a', 'b'])).toBe('\u001b[1;1H\u001b[Ka\u001b[2;1H\u001b[Kb');
    expect(screen.draw(['a', 'c'])).toBe('\u001b[2;1H\u001b[Kc');
    expect(screen.draw(['a', 'c'])).toBe('');
  });

  it('sends everything once it was cleared', () => {
    const screen = new Screen();
    screen.draw(['a']);
    expect(screen.clear()).toContain('\u001b[2J');
    expect(screen.draw(['a'])).toContain('a');
  });
});

describe('the pace', () => {
  it('is what was asked for while looking is cheap', () => {
    const pacer = new Pacer(100, 0, 20);
    pacer.sampled(3);
    expect(pacer.everyMs).toBe(100);
  });

  it('is slower where looking takes more than its share of a CPU', () => {
    const pacer = new Pacer(100, 0, 20);
    pacer.sampled(70);
    expect(pacer.everyMs).toBeCloseTo(1000);
    for (let n = 0; n < 50; n++) pacer.sampled(1);
    expect(pacer.everyMs).toBe(100);
  });

  it('reads everything every five seconds, sooner when something changed, rarely when that is costly', () => {
    const cheap = new Pacer(100, 0, 20);
    expect(cheap.refreshIsDue(4999, false)).toBe(false);
    expect(cheap.refreshIsDue(5000, false)).toBe(true);
    expect(cheap.refreshIsDue(1250, true)).toBe(true);
    cheap.refreshed(5000, 2000);
    expect(cheap.refreshIsDue(100_000, false)).toBe(false);
    expect(cheap.refreshIsDue(205_000, false)).toBe(true);
  });
});
