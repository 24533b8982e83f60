import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/host/limits.ts';
import { openBytes, openRoot } from '../../src/host/open-root.ts';
import { RootError } from '../../src/host/root-error.ts';
import { sharedPath } from '../shared.ts';
import {
  INTERRUPTS,
  makeMachine,
  rootErrorOf,
  tarOf,
  tempDir,
  VECTOR,
  writeFiles,
} from './machine-fixture.ts';

const LOOKED_FOR =
  'looked for proc/interrupts, sys/kernel/debug/irq/domains/VECTOR, proc/irq, sys/kernel/irq up to 4 folders deep';

function has(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`]);
    return true;
  } catch {
    return false;
  }
}

describe('openRoot of a directory or an archive', () => {
  test.each([
    ['plain', 'm.tar', []],
    ['gzip under a wrong name', 'm.bin', ['-z']],
    ['pax', 'm.tar', ['--format=pax']],
    ['v7', 'm.tar', ['--format=v7', '--exclude=*SB*']],
  ])('reads a %s tar of the system', (_, name, options) => {
    const folder = tempDir();
    makeMachine(join(folder, 'root'));
    const tree = openRoot(tarOf(join(folder, 'root'), join(folder, name), ...options));
    expect(tree.live).toBe(false);
    expect(tree.readText('proc/interrupts')).toBe(INTERRUPTS);
    expect(tree.readText('proc/config.gz')).toBe('CONFIG_IA32_EMULATION=y\n');
    expect(tree.list('proc/irq')).toEqual(['9', '24', 'default_smp_affinity', 'notanumber']);
    expect(tree.linkTarget('sys/bus/pci/devices/0000:00:01.0/driver')).toBe('nvme');
    expect(tree.keepsModes).toBe(true);
    expect(tree.mode('proc/irq/24/smp_affinity')).toBe(0o444);
  });

  describe.each(['xz', 'zstd', 'bzip2'])('of a tar packed with %s', (tool) => {
    test.skipIf(!has(tool))('reads it, and refuses it cut', () => {
      const folder = tempDir();
      makeMachine(join(folder, 'root'));
      const path = tarOf(join(folder, 'root'), join(folder, 'm.tar.p'), `--${tool}`);
      expect(openRoot(path).readText('proc/interrupts')).toBe(INTERRUPTS);
      const small = { ...LIMITS, maxBytes: 4096, trustedBytes: 4096 };
      expect(rootErrorOf(() => openRoot(path, small))).toContain('unpack to more than 4096 bytes: not read');
      truncateSync(path, 300);
      expect(rootErrorOf(() => openRoot(path))).toContain(
        `${path}: truncated or damaged: ${tool} -dc says "`,
      );
      const before = process.env.PATH;
      try {
        process.env.PATH = folder;
        expect(rootErrorOf(() => openRoot(path))).toBe(
          `${path}: is packed with ${tool}, which is not installed; unpack it elsewhere with "${tool} -d"`,
        );
      } finally {
        process.env.PATH = before;
      }
    });
  });

  test('finds an sosreport below its top folder, holes and links as they are, packed and extracted alike', () => {
    const folder = tempDir();
    const sos = join(folder, 'x/sosreport-host-2024-05-01-abcdefg');
    writeFiles(sos, {
      'proc/interrupts': INTERRUPTS,
      'proc/irq/24/smp_affinity_list': '0-1\n',
      'sos_commands/hardware/lspci': 'not ours\n',
      'sys/devices/pci0000:00/0000:00:03.0/net/eth0/operstate': 'up\n',
      'version.txt': 'sos\n',
    });
    mkdirSync(join(sos, 'sys/class/net'), { recursive: true });
    symlinkSync('../../devices/pci0000:00/0000:00:03.0/net/eth0', join(sos, 'sys/class/net/eth0'));
    symlinkSync('../../../0000:00:03.0', join(sos, 'sys/devices/pci0000:00/0000:00:03.0/net/eth0/device'));
    for (const root of [tarOf(join(folder, 'x'), join(folder, 's.tar.gz'), '-z'), join(folder, 'x'), sos]) {
      const tree = openRoot(root);
      expect(tree.source).toBe(root);
      expect(tree.keepsModes).toBe(false);
      expect(tree.readText('proc/interrupts')).toBe(INTERRUPTS);
      expect(tree.readText('proc/stat')).toBeUndefined();
      expect(tree.list('sys/kernel/irq')).toEqual([]);
      expect(tree.readText('sys/class/net/eth0/operstate')).toBe('up\n');
      expect(tree.linkTarget('sys/class/net/eth0/device')).toBe('0000:00:03.0');
      expect(tree.denied).toEqual([]);
    }
  });

  test('a directory root never reads what lies outside', () => {
    const folder = tempDir();
    const root = join(folder, 'root');
    writeFiles(folder, { secret: 's', 'out/inner': 's' });
    writeFiles(root, { 'proc/interrupts': INTERRUPTS });
    symlinkSync('../../secret', join(root, 'proc/stat'));
    symlinkSync(join(folder, 'out'), join(root, 'sys'));
    symlinkSync('nowhere', join(root, 'proc/uptime'));
    execFileSync('mkfifo', [join(root, 'proc/cmdline')]);
    const tree = openRoot(root);
    for (const path of [
      'proc/stat',
      'sys/inner',
      '../secret',
      'proc/../../secret',
      'proc/uptime',
      'proc/cmdline',
      'a\0b',
    ]) {
      expect(tree.readText(path)).toBeUndefined();
    }
    expect(tree.list('sys')).toEqual([]);
    expect(tree.mode('proc/stat')).toBeUndefined();
    expect(tree.linkTarget('proc/stat')).toBe('secret');
    expect(tree.linkTarget('proc/interrupts')).toBeUndefined();
  });

  test('a root whose proc is a link to the real one is no machine', () => {
    const folder = tempDir();
    symlinkSync('/proc', join(folder, 'proc'));
    expect(rootErrorOf(() => openRoot(folder))).toContain('nothing of a machine in this directory');
  });

  test.skipIf(process.getuid?.() !== 0)('remembers what may not be read', () => {
    const folder = tempDir();
    makeMachine(folder);
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'sys/kernel/debug'), 0o700);
    chmodSync(join(folder, 'proc/irq/9/smp_affinity'), 0o600);
    try {
      process.seteuid?.(65534);
      const tree = openRoot(folder);
      expect(tree.readText('proc/irq/9/smp_affinity')).toBeUndefined();
      expect(tree.list('sys/kernel/debug/irq/domains')).toEqual([]);
      expect(tree.list('sys/kernel/debug/irq/domains')).toEqual([]);
      expect(tree.denied).toEqual(['proc/irq/9/smp_affinity', 'sys/kernel/debug/irq/domains']);
    } finally {
      process.seteuid?.(0);
    }
    chmodSync(folder, 0o700);
    try {
      process.seteuid?.(65534);
      expect(rootErrorOf(() => openRoot(folder))).toBe(`${folder}: cannot be read: permission denied`);
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe('openRoot of a lone file', () => {
  test.each([
    ['proc/interrupts', INTERRUPTS],
    ['sys/kernel/debug/irq/domains/VECTOR', VECTOR],
  ])('puts it at %s, told by content, packed or not', (place, text) => {
    const folder = tempDir();
    writeFiles(folder, { a: text, b: gzipSync(text) });
    for (const name of ['a', 'b']) {
      const tree = openRoot(join(folder, name));
      expect(tree.readText(place)).toBe(text);
      expect(tree.list('')).toHaveLength(1);
      expect([tree.live, tree.keepsModes]).toEqual([false, false]);
    }
  });
});

describe('openRoot of a lone file out of a mail', () => {
  test.each([
    ['proc/interrupts', INTERRUPTS],
    ['sys/kernel/debug/irq/domains/VECTOR', VECTOR],
  ])('finds %s below text and quoted', (place, text) => {
    for (const mark of ['> ', '>> ', '> > ']) {
      const mail = `Hi,\n$ cat /${place}\n${text.replace(/^/gm, mark)}\n-- \nBob\n`;
      expect(openBytes('mail', Buffer.from(mail)).readText(place)).toBe(mail);
    }
  });
});

describe('openRoot of what cannot be used says so in one line', () => {
  const recognized =
    'not recognized: expected a tar archive (plain, gzip, xz, zstd, bzip2), a VECTOR dump, or /proc/interrupts';

  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'is empty'],
    ['a packed empty file', gzipSync(''), 'is empty when unpacked'],
    ['binary junk', Buffer.from([1, 2, 3, 0, 255]), recognized],
    ['other text', 'root:x:0:0\n', recognized],
    ['a gzip with junk in it', gzipSync('junk'), recognized],
    ['an empty tar', new Uint8Array(10240), `an empty tar archive; ${LOOKED_FOR}`],
  ])('%s', (_, content, message) => {
    const path = join(tempDir(), 'x');
    writeFileSync(path, content);
    expect(rootErrorOf(() => openRoot(path))).toBe(`${path}: ${message}`);
  });

  test('missing, empty and foreign directories, a tar of something else, a device', () => {
    const folder = tempDir();
    expect(rootErrorOf(() => openRoot(join(folder, 'no')))).toBe(
      `${join(folder, 'no')}: cannot be read: no such file or directory`,
    );
    expect(rootErrorOf(() => openRoot(''))).toBe('"": expected the path of a directory or a file');
    expect(rootErrorOf(() => openRoot(folder))).toBe(`${folder}: an empty directory; ${LOOKED_FOR}`);
    writeFiles(folder, { 'etc/passwd': 'x' });
    expect(rootErrorOf(() => openRoot(folder))).toBe(
      `${folder}: nothing of a machine in this directory; ${LOOKED_FOR}`,
    );
    const tar = tarOf(join(folder, 'etc'), join(folder, 'm.tar'));
    expect(rootErrorOf(() => openRoot(tar))).toBe(
      `${tar}: a tar archive with nothing of a machine in it; ${LOOKED_FOR}`,
    );
    expect(rootErrorOf(() => openRoot('/dev/null'))).toBe('/dev/null: is empty');
    writeFiles(folder, { 'a/proc/interrupts': '', 'b/proc/interrupts': '' });
    expect(rootErrorOf(() => openRoot(folder))).toBe(
      `${folder}: holds several machines ("a", "b"); name one of them`,
    );
  });

  test('a folder of too many folders: the search was not finished', () => {
    const folder = tempDir();
    for (let n = 0; n < 4096; n++) mkdirSync(join(folder, String(n)));
    expect(rootErrorOf(() => openRoot(folder))).toBe(
      `${folder}: the search for a machine's files gave up after 4096 folders; name the folder they are in`,
    );
  });

  test('many folders at the greatest depth: all were looked at', () => {
    const folder = tempDir();
    for (let n = 0; n < 4096; n++) mkdirSync(join(folder, 'a/b/c', String(n)), { recursive: true });
    expect(rootErrorOf(() => openRoot(folder))).toContain('nothing of a machine in this directory');
  });

  test('a truncated tar.gz and a truncated tar', () => {
    const folder = tempDir();
    makeMachine(join(folder, 'root'));
    const packed = tarOf(join(folder, 'root'), join(folder, 'm.tar.gz'), '-z');
    truncateSync(packed, 900);
    expect(rootErrorOf(() => openRoot(packed))).toBe(`${packed}: truncated: the gzip data ends early`);
    const plain = tarOf(join(folder, 'root'), join(folder, 'm.tar'));
    truncateSync(plain, 6000);
    expect(rootErrorOf(() => openRoot(plain))).toContain(`${plain}: truncated: `);
  });

  test.each(['../evil', '/tmp/evil'])('a tar with the member %s', (name) => {
    const folder = tempDir();
    writeFiles(folder, { 'proc/interrupts': INTERRUPTS });
    const tar = join(folder, 'm.tar');
    execFileSync('tar', ['-cPf', tar, '-C', folder, `--transform=s,^proc.*,${name},`, 'proc/interrupts']);
    expect(rootErrorOf(() => openRoot(tar))).toMatch(
      new RegExp(`^${tar}: member "${name}" .*outside the archive; nothing was read$`),
    );
  });

  test('random bytes, plain and packed, throw nothing but a RootError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), fc.nat(40), (bytes, packed, cut) => {
        const input = packed ? gzipSync(bytes) : bytes;
        const shown = input.subarray(0, Math.max(0, input.length - (cut > 20 ? cut - 20 : 0)));
        try {
          openBytes('/nonexistent/x', shown);
        } catch (error) {
          expect(error).toBeInstanceOf(RootError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('openRoot of this machine', () => {
  test.runIf(process.platform === 'linux')('is live and keeps modes', () => {
    for (const tree of [openRoot(), openRoot('/'), openRoot('/proc/..')]) {
      expect([tree.live, tree.keepsModes, tree.source]).toEqual([true, true, 'this machine']);
      expect(tree.readText('proc/version')).toMatch(/^Linux version /);
      expect(tree.readText('proc/nothing')).toBeUndefined();
      expect(tree.readText('proc')).toBeUndefined();
      expect(tree.mode('proc/version')).toBe(0o444);
    }
  });
});

describe('a snapshot of a real kernel', () => {
  const snapshot = sharedPath('captures/small-6.1/snap/02-probed.tar.gz');
  test.skipIf(snapshot === undefined)('opens as it is (skipped: no ../shared, see IRQSPACE_SHARED)', () => {
    const tree = openRoot(snapshot ?? '');
    expect(tree.readText('proc/interrupts')).toMatch(/^ +CPU0 +CPU1 +CPU2 +CPU3/);
    expect(tree.list('proc/irq').slice(0, 11).join()).toBe('0,1,2,3,4,5,6,7,8,9,10');
    expect(tree.linkTarget('sys/bus/pci/devices/0000:00:01.0/driver')).toBe('pcieport');
    expect(tree.keepsModes).toBe(false);
  });
});
