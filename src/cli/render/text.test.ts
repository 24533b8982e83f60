import { describe, expect, it } from 'vitest';
import { plural } from '../../base/plural.ts';
import { clip, printableAnswer, shortenLists, shortList, wrap } from './text.ts';

const upTo = (n: number): number[] => [...Array(n).keys()];

describe('text for a terminal', () => {
  it('printableAnswer reaches every text and changes nothing else', () => {
    const answer = { a: 'x\u001b', list: [{ name: '\u0007', n: 3, no: null, yes: true }] };
    expect(printableAnswer(answer)).toEqual({ a: 'x·', list: [{ name: '·', n: 3, no: null, yes: true }] });
  });

  it('wrap breaks at blanks, hangs further lines and keeps the first one’s indent', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('  one two three', 8, '    ')).toEqual(['  one', '    two', '    three']);
    expect(wrap('a-word-that-is-too-long x', 8)).toEqual(['a-word-that-is-too-long', 'x']);
    expect(wrap('', 8)).toEqual(['']);
  });

  it('clip marks what it cut', () => {
    expect([clip('abcd', 4), clip('abcde', 4)]).toEqual(['abcd', 'abc…']);
  });

  it('plural counts one as one', () => {
    expect([plural(0, 'CPU'), plural(1, 'CPU'), plural(2, 'CPU')]).toEqual(['0 CPUs', '1 CPU', '2 CPUs']);
  });

  it('shortList keeps whole parts and says how many numbers there are', () => {
    expect(shortList([0, 1, 2, 8], 10)).toBe('0-2,8');
    const even = upTo(100).filter((n) => n % 2 === 0);
    expect(shortList(even, 16)).toBe('0,2,4,6,8,… (50)');
    // At least one part, however little room there is.
    expect(shortList(even, 3)).toBe('0,… (50)');
  });

  it('shortenLists cuts the lists in a sentence and nothing else', () => {
    const odd = upTo(200).filter((n) => n % 4 !== 0);
    const list = odd.filter((n) => n % 4 === 1).map((n) => `${n}-${n + 2}`);
    expect(shortenLists(`they wait: IRQ ${list.join(',')}; more`)).toBe(
      'they wait: IRQ 1-3,5-7,9-11,13-15,17-19,21-23,… (150); more',
    );
    const kernel = 'CPU 2 has 181 vectors, 96 available. Cannot disable CPU';
    expect(shortenLists(kernel)).toBe(kernel);
  });
});
