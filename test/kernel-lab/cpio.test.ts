import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../host/machine-fixture.ts';
import { writeCpio } from './cpio.ts';

const ENTRIES = [
  { path: 'bin/sh', kind: 'file', bytes: Buffer.from('abcde'), executable: true },
  { path: 'lab/story', kind: 'file', bytes: Buffer.from('') },
  { path: 'bin/ash', kind: 'symlink', bytes: Buffer.from('sh') },
  { path: 'proc', kind: 'directory', bytes: new Uint8Array(0) },
] as const;

describe('the archive that a kernel unpacks at boot', () => {
  it('is newc: headers in hexadecimal, names and contents on multiples of four, folders before what they hold', () => {
    const bytes = Buffer.from(writeCpio(ENTRIES));
    const members: { name: string; mode: string; data: string }[] = [];
    for (let at = 0; ; ) {
      expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
      const field = (index: number): number =>
        Number.parseInt(bytes.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
      const [mode, size, length] = [field(1), field(6), field(11)];
      const name = bytes.toString('latin1', at + 110, at + 109 + length);
      if (name === 'TRAILER!!!') break;
      const start = (at + 110 + length + 3) & ~3;
      members.push({ name, mode: mode.toString(8), data: bytes.toString('latin1', start, start + size) });
      at = (start + size + 3) & ~3;
    }
    expect(members).toEqual([
      { name: 'bin', mode: '40755', data: '' },
      { name: 'lab', mode: '40755', data: '' },
      { name: 'bin/sh', mode: '100755', data: 'abcde' },
      { name: 'lab/story', mode: '100644', data: '' },
      { name: 'bin/ash', mode: '120755', data: 'sh' },
      { name: 'proc', mode: '40755', data: '' },
    ]);
  });

  it.skipIf(!existsSync('/usr/bin/cpio'))('is read by cpio, whatever follows it', () => {
    const folder = tempDir();
    const second = writeCpio([{ path: 'etc/b', kind: 'file', bytes: Buffer.from('two') }]);
    const input = Buffer.concat([writeCpio(ENTRIES), second]);
    const ran = spawnSync('cpio', ['-i', '-d', '--quiet'], { cwd: folder, input });
    expect(ran.stderr.toString()).toBe('');
    expect(readdirSync(folder).sort()).toEqual(['bin', 'lab', 'proc']);
    expect(readFileSync(join(folder, 'bin/sh'), 'utf8')).toBe('abcde');
    expect(statSync(join(folder, 'bin/sh')).mode & 0o111).toBe(0o111);
    expect(readlinkSync(join(folder, 'bin/ash'))).toBe('sh');
  });
});
