import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseDebugfsVector } from './debugfs-vector.ts';
import { ParseError } from './parse-error.ts';

const root = new URL('../../', import.meta.url);
const shared = process.env.IRQSPACE_SHARED ?? fileURLToPath(new URL('../shared', root));
const fixture = (name: string): string => readFileSync(new URL(`test/fixtures/parse/${name}`, root), 'utf8');
const MAC = fixture('vector-mac');

describe('parseDebugfsVector', () => {
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

  it.each([
    ['Online bitmaps:        3', 'Online bitmaps:        4', '4 CPUs (Online bitmaps), not 3'],
    ['588', '589', 'add up to 589 (Global available), not 588'],
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

describe.skipIf(!existsSync(`${shared}/cases/vector-dumps`))(
  'parseDebugfsVector on public dumps (../shared)',
  () => {
    const folder = `${shared}/cases/vector-dumps`;
    const names = existsSync(folder) ? readdirSync(folder) : [];
    it.each(names)('reads %s', (name) => {
      const dump = parseDebugfsVector(readFileSync(`${folder}/${name}`, 'utf8'));
      expect(dump.excerpt).toBe(name.endsWith('-excerpt'));
      expect(dump.cpus.length).toBeGreaterThan(3);
    });
  },
);
