import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from './limits.ts';
import { RootError } from './root-error.ts';
import { readTar } from './tar.ts';
import { BLOCK } from './tar-header.ts';
import { type TarEntry, writeTar } from './tar-write.ts';

function file(name: string, text: string): TarEntry {
  return { name, kind: 'file', mode: 0o644, bytes: Buffer.from(text), linkName: '' };
}

/** Changes a header in place and makes its checksum hold again. */
function patch(tar: Uint8Array, at: number, change: (header: Buffer) => void): Uint8Array {
  const copy = Buffer.from(tar);
  const header = copy.subarray(at, at + BLOCK);
  change(header);
  header.write(' '.repeat(8), 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

/** A member of any type with raw data: what no sound writer makes. */
function raw(type: string, name: string, data = '', size = Buffer.byteLength(data)): Uint8Array {
  const made = patch(writeTar([file(name, data)]), 0, (header) => {
    header.write(type, 156);
    header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  });
  return made.subarray(0, made.length - 2 * BLOCK);
}

const END = new Uint8Array(2 * BLOCK);
const join = (...parts: Uint8Array[]): Uint8Array => Buffer.concat([...parts, END]);
const pax = (record: string): string => {
  let length = record.length + 3;
  while (`${length} ${record}\n`.length !== length) length++;
  return `${length} ${record}\n`;
};

function textOf(tar: Uint8Array, name: string): string | undefined {
  const member = readTar('t', tar).get(name);
  return member === undefined ? undefined : Buffer.from(member.bytes).toString();
}

function refusal(tar: Uint8Array): string {
  try {
    readTar('t.tar', tar);
  } catch (error) {
    if (error instanceof RootError) return error.message;
    throw error;
  }
  return 'read';
}

describe('readTar', () => {
  test('gives back what writeTar wrote, long names and links too', () => {
    const long = `sys/${'d'.repeat(60)}/${'e'.repeat(80)}/name`;
    const link: TarEntry = {
      name: 'driver',
      kind: 'symlink',
      mode: 0o777,
      bytes: END.subarray(0, 0),
      linkName: 'x'.repeat(130),
    };
    const members = readTar('t', writeTar([file('a', 'one'), file(long, 'two'), link]));
    expect([...members.keys()]).toEqual(['a', long, 'driver']);
    expect(Buffer.from(members.get(long)?.bytes ?? []).toString()).toBe('two');
    expect(members.get('driver')).toMatchObject({ kind: 'symlink', linkName: 'x'.repeat(130) });
  });

  test('normalizes ./ and doubled slashes; of duplicates the last wins', () => {
    const tar = writeTar([file('./proc//interrupts', 'old'), file('proc/interrupts', 'new')]);
    expect([...readTar('t', tar).keys()]).toEqual(['proc/interrupts']);
    expect(textOf(tar, 'proc/interrupts')).toBe('new');
  });

  test('applies pax path, linkpath and size, and ignores a global comment', () => {
    const records = pax('path=proc/stat') + pax('size=4');
    const tar = join(raw('g', 'c', pax('comment=x')), raw('x', 'h', records), raw('0', 'short', 'cpu ', 0));
    expect(textOf(tar, 'proc/stat')).toBe('cpu ');
    const linked = join(raw('x', 'h', pax('linkpath=../nvme')), raw('2', 'driver'));
    expect(readTar('t', linked).get('driver')?.linkName).toBe('../nvme');
  });

  test('records hard links and devices without reading them', () => {
    const members = readTar('t', join(raw('1', 'hard'), raw('3', 'device'), raw('0', 'f', 'x')));
    expect([...members].map(([name, { kind }]) => [name, kind])).toEqual([
      ['hard', 'hardlink'],
      ['device', 'other'],
      ['f', 'file'],
    ]);
  });

  test('reads a v7 archive: no magic, a directory by its trailing slash', () => {
    const v7 = (type: string, name: string): Uint8Array =>
      patch(raw(type, name), 0, (header) => header.fill(0, 257, 265));
    const members = readTar('t', join(v7('\0', 'proc/'), v7('\0', 'proc/stat')));
    expect(members.get('proc')?.kind).toBe('directory');
    expect(members.get('proc/stat')?.kind).toBe('file');
  });

  test('reads the prefix of a POSIX header and a base-256 size', () => {
    const tar = patch(join(raw('0', 'interrupts', 'abc')), 0, (header) => {
      header.write('ustar\x0000', 257, 'latin1');
      header.write('host/proc', 345);
      header.fill(0, 124, 136);
      header[124] = 0x80;
      header[135] = 3;
    });
    expect(textOf(tar, 'host/proc/interrupts')).toBe('abc');
  });

  test.each([
    ['../etc/passwd', 'member "../etc/passwd" points outside the archive; nothing was read'],
    ['proc/../../x', 'member "proc/../../x" points outside the archive; nothing was read'],
    ['/etc/passwd', 'member "/etc/passwd" is an absolute path, outside the archive; nothing was read'],
    ['/a\nb', 'member "/a·b" is an absolute path, outside the archive; nothing was read'],
  ])('refuses the member %j', (name, message) => {
    expect(refusal(writeTar([file('proc/stat', ''), file(name, '')]))).toBe(`t.tar: ${message}`);
    expect(refusal(join(raw('x', 'h', pax(`path=${name}`)), raw('0', 'ok')))).toBe(`t.tar: ${message}`);
  });

  const sound = writeTar([file('proc/stat', 'x'.repeat(700)), file('proc/version', 'v')]);
  test.each<[string, Uint8Array, string]>([
    ['cut in the data', sound.subarray(0, 900), 'truncated: member "proc/stat" has 388 of 700 bytes'],
    ['cut in a header', sound.subarray(0, 1700), 'truncated: the tar archive ends without its end mark'],
    ['cut between members', sound.subarray(0, 1536), 'truncated: the tar archive ends without its end mark'],
    [
      'a flipped byte',
      Buffer.from(sound).fill('X', 3, 4),
      'bad header checksum at byte 0: damaged, or not a tar archive',
    ],
    [
      'a zeroed header',
      Buffer.from(sound).fill(0, 0, 512),
      "damaged: an empty header at byte 0 before the archive's end",
    ],
    [
      'a size beyond the end',
      join(raw('0', 'f', 'x', 0o777777)),
      'truncated: member "f" has 1536 of 262143 bytes',
    ],
    [
      'a size that is no number',
      patch(join(raw('0', 'f')), 0, (h) => h.write('9x', 124)),
      'bad size in the header at byte 0',
    ],
    [
      'a negative size',
      patch(join(raw('0', 'f')), 0, (h) => h.fill(0xff, 124, 136)),
      'bad size in the header at byte 0',
    ],
    [
      'a long name and no member',
      join(raw('L', 'l', 'name')),
      'truncated: the tar archive ends after a long-name header',
    ],
    [
      'a pax record without length',
      join(raw('x', 'h', 'path=x\n'), raw('0', 'f')),
      'damaged: a pax header record has no valid length',
    ],
    [
      'a pax size that is none',
      join(raw('x', 'h', pax('size=-1')), raw('0', 'f')),
      'pax header: bad size "-1"',
    ],
  ])('refuses %s', (_, tar, message) => {
    expect(refusal(tar)).toBe(`t.tar: ${message}`);
  });

  test('refuses more members than the limit', () => {
    const many = writeTar([file('a', ''), file('b', ''), file('c', '')]);
    expect(() => readTar('t', many, { ...LIMITS, maxMembers: 2 })).toThrow(
      't: more than 2 members: not read',
    );
  });

  test('a sparse file is skipped with its map blocks', () => {
    const map = new Uint8Array(BLOCK);
    const sparse = patch(raw('S', 'sparse'), 0, (header) => {
      header[482] = 1;
    });
    const members = readTar('t', join(sparse, map, raw('0', 'f', 'x')));
    expect([members.get('sparse')?.kind, members.get('f')?.kind]).toEqual(['other', 'file']);
  });

  test('mutated archives are read or refused with a RootError', () => {
    const seeds = [
      sound,
      join(
        raw('x', 'h', pax('path=proc/stat')),
        raw('0', 'short', 'cpu '),
        raw('L', 'l', 'n'.repeat(150)),
        raw('2', 's'),
      ),
    ];
    const edit = fc.tuple(fc.nat(3071), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(edit, { maxLength: 8 }),
        fc.nat(4096),
        fc.boolean(),
        (seed, edits, cut, mend) => {
          let tar = Buffer.from(seed).subarray(0, Math.max(1, seed.length - (cut > 3000 ? cut - 3000 : 0)));
          for (const [at, value] of edits) tar[at % tar.length] = value;
          // With the checksum mended the damage reaches what lies behind it.
          if (mend && tar.length >= BLOCK) tar = Buffer.from(patch(tar, 0, () => {}));
          expect(refusal(tar)).toMatch(/^(?:read|t\.tar: [^\n]+)$/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
