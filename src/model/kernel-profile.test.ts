import { describe, expect, it } from 'vitest';
import { ensure } from '../base/assert.ts';
import {
  type KernelProfile,
  PROFILE_NAMES,
  parseVersion,
  profileDifferences,
  profileNamed,
  profileOf,
} from './kernel-profile.ts';

const named = (name: string): KernelProfile => ensure(profileNamed(name), name);

/**
 * Table 12.1 (and 3.3, 3.4) of the specification, a column per kernel. `-` is "no": written out by hand, so that a
 * row that slips in the code does not slip here too.
 */
const TABLE = `
                            4.15    4.16    4.20    5.4     5.10    6.1.20  6.1.192 6.5     6.6.1   6.8     6.12    6.18    7.2
firstSystemVector           238     237     236     236     236     236     236     236     236     236     235     235     235
cleanupByVector             yes     yes     yes     yes     yes     yes     yes     yes     -       -       -       -       -
onlineResetsMap             yes     -       -       -       -       -       -       -       -       -       -       -       -
freeIgnoresOffline          yes     -       -       -       -       -       -       -       -       -       -       -       -
managedCpuChoice            lowest  lowest  most-available fewest-managed fewest-managed fewest-managed fewest-managed fewest-managed fewest-managed fewest-managed fewest-managed fewest-managed fewest-managed
countsManagedAllocated      -       -       -       yes     yes     yes     yes     yes     yes     yes     yes     yes     yes
allocManagedRejectsEmptyMask -      -       yes     yes     yes     yes     yes     yes     yes     yes     yes     yes     yes
allocRejectsEmptyMask       -       -       -       -       yes     yes     yes     yes     yes     yes     yes     yes     yes
freeChecksBit               -       -       -       -       yes     yes     yes     yes     yes     yes     yes     yes     yes
allocatedExcludesManaged    -       -       -       -       yes     -       yes     -       -       yes     yes     yes     yes
isolatesManaged             -       -       -       -       yes     yes     yes     yes     yes     yes     yes     yes     yes
retriesOnlineMask           -       -       -       -       -       -       -       -       -       -       yes     yes     yes
freezesDescending           -       -       -       -       -       -       -       -       -       -       yes     yes     yes
affinityModeTellsManaged    -       -       -       -       -       -       -       -       -       -       yes     yes     yes
interruptsNeedAction        -       -       -       -       -       -       -       -       -       -       yes     yes     yes
`;

const [header = '', ...rows] = TABLE.trim().split('\n');
const kernels = header.trim().split(/\s+/);

function readCell(cell: string): string | number | boolean {
  if (cell === 'yes') return true;
  if (cell === '-') return false;
  return /^\d+$/.test(cell) ? Number(cell) : cell;
}

describe('kernel profiles', () => {
  it.each(kernels)('%s has every row of table 12.1', (kernel) => {
    const column = kernels.indexOf(kernel);
    const expected = Object.fromEntries(
      rows.map((line) => {
        const [feature = '', ...cells] = line.split(/\s+/);
        return [feature, readCell(ensure(cells[column], `${feature} of ${kernel}`))];
      }),
    );
    expect(named(kernel)).toMatchObject(expected);
  });

  it('a back-port holds from its stable release on, and only in its series', () => {
    const excludes = (name: string): boolean => named(name).allocatedExcludesManaged;
    expect([excludes('6.1.62'), excludes('6.1.63'), excludes('6.2.63')]).toEqual([false, true, false]);
    expect([excludes('6.6.1'), excludes('6.6.2'), excludes('6.7.0')]).toEqual([false, true, true]);
    expect([named('5.10.35').freeChecksBit, named('5.10.36').freeChecksBit]).toEqual([false, true]);
  });

  it('`profileNamed` takes a series as the tree that was read, and a release as itself', () => {
    expect(named('6.1').version).toEqual({ major: 6, minor: 1, patch: 192 });
    expect(named('6.1.20')).toMatchObject({ name: '6.1', version: { patch: 20 } });
    expect(named('newest')).toEqual(named('7.2'));
    const unknown = ['4.14', '2.6', '6', '6.x', '', '6.1-rc1', '6.99', '7.3', '99.9'];
    expect(unknown.map(profileNamed)).toEqual(unknown.map(() => undefined));
  });

  it('`profileOf` has no profile before the matrix, and the newest rules for a kernel to come', () => {
    expect(profileOf({ major: 4, minor: 14, patch: 999 })).toBeUndefined();
    const future = ensure(profileOf({ major: 9, minor: 1, patch: 0 }), 'a future kernel');
    expect(profileDifferences(future, named('newest'))).toEqual([]);
  });

  it('every name that `--kernel` takes is a profile of that name, oldest first', () => {
    expect(PROFILE_NAMES.map((name) => named(name).name)).toEqual(PROFILE_NAMES);
    expect([PROFILE_NAMES[0], PROFILE_NAMES.at(-1)]).toEqual(['4.15', '7.2']);
    const versions = PROFILE_NAMES.map((name) => named(name).version);
    const ascending = versions.toSorted((a, b) => a.major - b.major || a.minor - b.minor);
    expect(versions).toEqual(ascending);
  });

  it('`profileDifferences` names the features in which two kernels differ', () => {
    expect(profileDifferences(named('6.1.20'), named('6.1'))).toEqual([
      'allocatedExcludesManaged',
      'completesMovesFirst',
      'keepsCallerAffinity',
    ]);
    expect(profileDifferences(named('6.1'), named('6.1'))).toEqual([]);
    expect(profileDifferences(named('6.5'), named('6.6'))).toContain('cleanupByVector');
  });

  it('`parseVersion` takes two or three numbers and nothing else', () => {
    expect(parseVersion('6.1')).toEqual({ major: 6, minor: 1, patch: 0 });
    expect(parseVersion('6.1.192')).toEqual({ major: 6, minor: 1, patch: 192 });
    expect(['6', '6.1.2.3', 'v6.1', '6.1 ', '6.-1'].map(parseVersion)).toEqual(new Array(5).fill(undefined));
  });
});
