import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../../test/shared.ts';
import { parseDebugfsVector } from './debugfs-vector.ts';
import { ParseError } from './parse-error.ts';

const root = new URL('../../', import.meta.url);
const dumps = sharedPath('cases/vector-dumps');
const fixture = (name: string): string => readFileSync(new URL(`test/fixtures/parse/${name}`, root), 'utf8');
const MAC = fixture('vector-mac');

const ABOVE = "Hi all,\n\nit's broken, see: below!\n\nroot@h:~# cat /sys/kernel/debug/irq/domains/VECTOR\n";
const BELOW = '\n-- \nBob <bob@example.org>\n  4   194\n';
const quote = (text: string, mark: string): string => text.replace(/^/gm, mark);

/** The ways in which a dump arrives. */
const MAILS: readonly (readonly [title: string, mail: (dump: string) => string])[] = [
  ['quoted', (dump) => quote(dump, '> ')],
  ['quoted twice', (dump) => quote(dump, '> > ')],
  ['quoted without a blank', (dump) => quote(dump, '>>')],
  ['with text around it', (dump) => ABOVE + dump + BELOW],
  ['quoted, with quoted text around it', (dump) => quote(ABOVE + dump + BELOW, '> ')],
  ['quoted, with text around it', (dump) => ABOVE + quote(dump, '> ') + BELOW],
];

describe('parseDebugfsVector', () => {
  it('marks a dump whose figures are of different moments, and takes a counter that went below zero', () => {
    expect(parseDebugfsVector(fixture('vector-mac')).torn).toBe(false);
    expect(parseDebugfsVector(fixture('vector-mac').replace('588', '589')).torn).toBe(true);
    const head =
      'Online bitmaps: 1\nGlobal available: 202\nGlobal reserved: 0\nTotal allocated: 0\nSystem: 1: 50\n';
    const wrapped = `${head} | CPU | avl | man | mac | act | vectors\n     0   202     0     0 4294967295  \n`;
    expect(parseDebugfsVector(wrapped).cpus[0]?.allocated).toBe(4294967295);
  });

  it('reads the form with the mac column', () => {
    const dump = parseDebugfsVector(MAC);
    expect(dump).toMatchObject({
      mapped: 41,
      flags: 0x103,
      onlineBitmaps: 3,
      globalAvailable: 588,
      globalReserved: 13,
      totalAllocated: 23,
      excerpt: false,
    });
    expect(dump.system).toHaveLength(34);
    expect(dump.cpus[1]).toEqual({
      cpu: 2,
      available: 198,
      managed: 1,
      managedAllocated: 0,
      allocated: 3,
      vectors: [33, 34, 35],
    });
  });

  it('reads the form without it, and without indent', () => {
    const dump = parseDebugfsVector(fixture('vector-old'));
    expect(dump.cpus[1]).toEqual({
      cpu: 1,
      available: 200,
      managed: 0,
      managedAllocated: undefined,
      allocated: 1,
      vectors: [33],
    });
  });

  it('reads a dump that was indented in a mail, and a CPU without vectors', () => {
    const text = MAC.replace(' | CPU', '     | CPU').replace(
      '     3   194     2     2    9  33-40,99',
      '     3   194     2     0    0',
    );
    expect(parseDebugfsVector(text).cpus.at(-1)).toMatchObject({ allocated: 0, vectors: [] });
  });

  it('does not add up an excerpt', () => {
    const dump = parseDebugfsVector(MAC.replace(/ {5}2 .*\n/, '     ...\n'));
    expect(dump).toMatchObject({ excerpt: true, onlineBitmaps: 3 });
    expect(dump.cpus.map(({ cpu }) => cpu)).toEqual([0, 3]);
  });

  it('allows for Total allocated: it drifts by design', () => {
    expect(
      parseDebugfsVector(MAC.replace('Total allocated:      23', 'Total allocated:      29')).totalAllocated,
    ).toBe(29);
  });

  it('adds up modulo 2^32, as the kernel does when a counter has underflowed', () => {
    const text = MAC.replace('   198 ', ' 4294967295 ').replace('588', '389');
    expect(parseDebugfsVector(text).cpus[1]?.available).toBe(4294967295);
  });

  it('refuses a dump cut anywhere but at its last line end', () => {
    for (let length = 0; length < MAC.length - 1; length++) {
      expect(() => parseDebugfsVector(MAC.slice(0, length)), `cut at ${length}`).toThrow(ParseError);
    }
    expect(parseDebugfsVector(MAC.trimEnd()).cpus).toHaveLength(3);
  });

  it('refuses a row whose lone vector was cut inside its number', () => {
    const text = MAC.replace(/ {5}3 .*/, '     3   202     2     2    1  200');
    expect(parseDebugfsVector(text).cpus.at(-1)?.vectors).toEqual([200]);
    expect(() => parseDebugfsVector(text.trimEnd().slice(0, -1))).toThrow('a list of vectors from 32');
  });

  it.each([
    ['Online bitmaps:        3', 'Online bitmaps:        4', '4 CPUs (Online bitmaps), not 3'],
    ['System: 34', 'System: 35', 'a list of 35 system vectors'],
    ['33-40,99', '33-40', 'a list of 9 vectors'],
    ['33-40,99', '33-40,256', 'vectors below 256'],
    ['    3   194', '    2   194', 'a CPU number above 2'],
    ['Global reserved:      13', 'Global reserved:      xx', '"Global reserved:" and a number'],
    ['Global reserved:      13\n', '', '"Global reserved:"'],
    ['| mac ', '', 'a CPU, 3 figures'],
  ])('refuses %j as %j: %s', (from, to, expected) => {
    expect(() => parseDebugfsVector(MAC.replace(from, to))).toThrow(expected);
  });
});

describe.each(MAILS)('a dump out of a mail, %s', (_, mail) => {
  it('is read', () => {
    expect(parseDebugfsVector(mail(MAC))).toEqual(parseDebugfsVector(MAC));
    expect(parseDebugfsVector(mail(MAC).replaceAll('\n', '\r\n'))).toEqual(parseDebugfsVector(MAC));
  });

  it('is refused when it was cut', () => {
    for (let length = 0; length < MAC.length - 1; length++) {
      const text = mail(`${MAC.slice(0, length)}\n`);
      expect(() => parseDebugfsVector(text), `cut at ${length}`).toThrow(ParseError);
    }
  });
});

describe('the end of the table in a mail', () => {
  it('needs no blank line when all CPUs are there', () => {
    expect(parseDebugfsVector(`${MAC}root@h:~# `)).toEqual(parseDebugfsVector(MAC));
    expect(parseDebugfsVector(`${quote(MAC.trimEnd(), '> ')}\nThanks!\n`)).toEqual(parseDebugfsVector(MAC));
  });

  it('is a blank line below an excerpt', () => {
    const text = `${MAC.replace(/ {5}2 .*\n/, '     ...\n')}\nThanks!\n`;
    expect(parseDebugfsVector(text)).toMatchObject({ excerpt: true, cpus: [{ cpu: 0 }, { cpu: 3 }] });
  });

  it('is no further row', () => {
    expect(() => parseDebugfsVector(`${MAC}     4   194     2     2    9  33-40\n`)).toThrow('9 vectors');
    expect(() => parseDebugfsVector(`${MAC}     4   194     2     2    1  33\n`)).toThrow('3 CPUs (Online');
  });
});

it('names places of the mail, not of the dump in it', () => {
  const above = ABOVE.split('\n').length - 1;
  const place = (dump: string): string => {
    try {
      parseDebugfsVector(ABOVE + quote(dump, '> ') + BELOW, 'F');
    } catch (error) {
      if (error instanceof ParseError) return /^F:\d+:\d+/.exec(error.message)?.[0] ?? error.message;
      throw error;
    }
    return 'read';
  };
  // A row's list; the end of the last row; a field's line.
  expect(place(MAC.replace('33-35\n', '33-3\n'))).toBe(`F:${above + 12}:34`);
  expect(place(MAC.replace(/ {5}3 .*\n/, ''))).toBe(`F:${above + 12}:39`);
  expect(place(MAC.replace('System: 34', 'System: 35'))).toBe(`F:${above + 9}:3`);
});

describe.skipIf(dumps === undefined)('parseDebugfsVector on public dumps (../shared)', () => {
  const names = dumps === undefined ? [] : readdirSync(dumps);
  it.each(names)('reads %s', (name) => {
    const dump = parseDebugfsVector(readFileSync(`${dumps}/${name}`, 'utf8'));
    expect(dump.excerpt).toBe(name.endsWith('-excerpt'));
    expect(dump.cpus.length).toBeGreaterThan(3);
  });
});
