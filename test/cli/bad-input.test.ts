import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { writeTar } from '../../src/host/tar-write.ts';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { dumpFile, interruptsText, machineFolder, vectorDump } from './machines.ts';
import { complaintOf, irqspace, MAIN, run } from './run.ts';

function fileWith(name: string, content: string | Uint8Array): string {
  const path = join(tempDir(), name);
  writeFileSync(path, content);
  return path;
}

function tarWith(...names: readonly string[]): Uint8Array {
  const bytes = Buffer.from(interruptsText(2, ['eth0']));
  return writeTar(names.map((name) => ({ name, kind: 'file', mode: 0o644, bytes, linkName: '' })));
}

/** 300 KiB that unpack to 300 MiB: gzip members follow one another. */
function bomb(): Uint8Array {
  const member = gzipSync(new Uint8Array(1024 * 1024));
  return Buffer.concat(Array(300).fill(member));
}

/** Every complaint names the root and then says this. */
const ROOTS: readonly (readonly [title: string, make: () => string, expected: string | RegExp])[] = [
  ['a missing root', () => '/no/such/root', 'cannot be read: no such file or directory'],
  [
    'a root below a file',
    () => `${fileWith('x', 'x')}/y`,
    'cannot be read: a part of the path is not a directory',
  ],
  ['an empty file', () => fileWith('empty', ''), 'is empty'],
  ['an empty gzip file', () => fileWith('empty.gz', gzipSync('')), 'is empty when unpacked'],
  [
    'binary junk',
    () => fileWith('junk', Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251))),
    /^not recognized: /,
  ],
  ['a text of another kind', () => fileWith('notes', 'hello\nworld\n'), /^not recognized: /],
  [
    'a truncated tar.gz',
    () => fileWith('cut.tar.gz', gzipSync(tarWith('proc/interrupts')).subarray(0, -20)),
    'truncated: the gzip data ends early',
  ],
  ['a truncated tar', () => fileWith('cut.tar', tarWith('proc/interrupts').subarray(0, 600)), /truncated/],
  [
    'a tar with an absolute name',
    () => fileWith('abs.tar', tarWith('proc/interrupts', '/etc/passwd')),
    'member "/etc/passwd" is an absolute path, outside the archive; nothing was read',
  ],
  [
    'a tar with a name that climbs',
    () => fileWith('up.tar.gz', gzipSync(tarWith('proc/interrupts', 'a/../../x'))),
    'member "a/../../x" points outside the archive; nothing was read',
  ],
  [
    'a tar of something else',
    () => fileWith('other.tar', tarWith('src/main.c')),
    /^a tar archive with nothing of a machine in it; /,
  ],
  ['a gzip bomb', () => fileWith('bomb.gz', bomb()), /unpack to more than 256 MiB: not read/],
  ['an empty folder', () => tempDir(), /^an empty directory; looked for proc\/interrupts/],
  [
    'a folder of something else',
    () => {
      const folder = tempDir();
      mkdirSync(join(folder, 'src'));
      return folder;
    },
    /^nothing of a machine in this directory; /,
  ],
  [
    'a VECTOR dump cut in the middle of its rows',
    () => fileWith('VECTOR', vectorDump([10, 150, 120]).replace(/\n +1 [\s\S]*/, '\n')),
    /VECTOR:\d+:\d+: expected /,
  ],
  [
    'a VECTOR dump cut in the middle of a row',
    () => fileWith('VECTOR', vectorDump([10, 150, 120]).slice(0, -40)),
    /VECTOR:\d+:\d+: expected /,
  ],
  [
    'a VECTOR dump cut before its rows',
    () => fileWith('VECTOR', vectorDump([10]).replace(/\nSystem[\s\S]*/, '\n')),
    /VECTOR:\d+:\d+: expected /,
  ],
];

describe('a root that cannot be used', () => {
  it.each(ROOTS)('%s: one line that says what', (_title, make, expected) => {
    const root = make();
    const complaint = complaintOf(irqspace('report', '--root', root));
    expect(complaint.startsWith(`${root}: `)).toBe(true);
    const what = complaint.slice(root.length + 2);
    if (typeof expected === 'string') expect(what).toBe(expected);
    else expect(what).toMatch(expected);
  });

  it('is not the empty name either', () => {
    // In `/` the empty path resolves to the running machine.
    for (const command of ['report', 'serve', 'capture']) {
      const ran = run(process.execPath, [MAIN, command, '--root', ''], { cwd: '/' });
      expect(complaintOf(ran)).toBe('"": expected the path of a directory or a file');
    }
  });

  it('is complained about by every command that reads', () => {
    for (const args of [
      ['fits', '--hibernate'],
      ['explain', '1'],
      ['capture', join(tempDir(), 'x.tar')],
      ['serve', '--port', '0'],
    ]) {
      expect(complaintOf(irqspace(...args, '--root', '/no/such'))).toBe(
        '/no/such: cannot be read: no such file or directory',
      );
    }
  });
});

describe('fits --offline', () => {
  const complaint = (list: string): string =>
    complaintOf(irqspace('fits', `--offline=${list}`, '--root', dumpFile(tempDir())));

  it.each([
    ['3-1', '--offline: expected a range whose end is not below its start, found "3-1"'],
    ['9000', '--offline: expected CPU numbers below 8192, found "9000"'],
    ['99999999999', '--offline: expected a CPU number or a range like 0-3, found "99999999999"'],
    ['a', '--offline: expected a CPU number or a range like 0-3, found "a"'],
    ['', '--offline: expected a CPU list like 3,2,1 or 4-7'],
    [' ', '--offline: expected a CPU list like 3,2,1 or 4-7'],
    ['1,,2', '--offline: expected a CPU number or a range like 0-3'],
    ['1,', '--offline: expected a CPU number or a range like 0-3'],
    ['-1', '--offline: expected a CPU number or a range like 0-3, found "-1"'],
    ['1,1', '--offline: CPU 1 is listed twice'],
    ['1-2,2', '--offline: CPU 2 is listed twice'],
    ['5000', '--offline: there is no CPU 5000 here (CPUs 0-2)'],
    ['3', '--offline: there is no CPU 3 here (CPUs 0-2)'],
    ['0', '--offline: CPU 0 cannot go offline on x86'],
    ['1,0', '--offline: CPU 0 cannot go offline on x86'],
    [
      Array(2000).fill('0-8191').join(','),
      '--offline: expected no more than 8192 CPUs in all, found "0-8191"',
    ],
    ['x'.repeat(5000), `--offline: expected a CPU number or a range like 0-3, found "${'x'.repeat(39)}…"`],
  ])('refuses the list "%s"', (list, expected) => {
    expect(complaint(list)).toBe(expected);
  });

  it('refuses a CPU that is offline, or that an earlier change took', () => {
    const folder = machineFolder(tempDir());
    writeFiles(folder, {
      'proc/interrupts': interruptsText(1, ['nvme0q0', 'nvme0q1']),
      'sys/devices/system/cpu/online': '0\n',
    });
    expect(complaintOf(irqspace('fits', '--offline', '1', '--root', folder))).toBe(
      '--offline: CPU 1 is offline already',
    );
    const twice = irqspace('fits', '--offline', '2', '--offline', '2', '--root', dumpFile(tempDir()));
    expect(complaintOf(twice)).toBe('--offline: CPU 2 is offline already');
  });
});

describe('bad usage', () => {
  const dump = (): string => dumpFile(tempDir());

  it.each([
    [['frobnicate'], 'unknown command "frobnicate"; irqspace --help lists them'],
    [[''], 'unknown command ""; irqspace --help lists them'],
    [['help', 'plan-b'], 'unknown command "plan-b"; irqspace --help lists them'],
    [['--frobnicate'], "unknown option '--frobnicate'"],
    [['report', '--hibernate'], "unknown option '--hibernate'"],
    [['report', 'x'], /^too many arguments for 'report'/],
    [['report', '--root'], "option '--root <path>' argument missing"],
    [['fits', '--offline'], "option '--offline <list>' argument missing"],
    [
      ['fits'],
      'say what should fit: --hibernate, --suspend, --offline LIST, --add DRIVER=N, ... (fits --help has all)',
    ],
    [['--json', 'fits', '--hibernate'], 'the command comes first: irqspace fits --json ...'],
    [['--topology', 'fits', 'spread'], 'the command comes first: irqspace spread --topology ...'],
    [['report', '--kernel', '6.x'], /^--kernel: no profile "6\.x"; expected a version from \d/],
    [['report', '--kernel', ''], /^--kernel: no profile ""; /],
    [['report', '--kernel', 'x'.repeat(3000)], /^--kernel: no profile "x{39}…"; /],
    [['serve', 'x'], /^too many arguments for 'serve'/],
  ] as const)('%j: one line', (args, expected) => {
    const complaint = complaintOf(irqspace(...args));
    if (typeof expected === 'string') expect(complaint).toBe(expected);
    else expect(complaint).toMatch(expected);
  });

  it('takes a root that is named like a command', () => {
    const folder = machineFolder(join(tempDir(), 'fits'));
    const ran = run(process.execPath, [MAIN, '--root', 'fits'], { cwd: join(folder, '..') });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('fits: Linux 6.1.0-18-amd64');
  });

  it('tells a wrong kernel before it reads the root', () => {
    expect(complaintOf(irqspace('--kernel', 'x', '--root', '/no/such'))).toContain('--kernel: ');
  });

  it('says nothing about vectors where there are none', () => {
    const text = interruptsText(2, ['eth0'])
      .replace(/.*timer\n/, '')
      .replaceAll('PCI-MSIX-0000:00:01.0', 'GICv3');
    const root = fileWith('interrupts', text);
    expect(irqspace('report', '--root', root).stdout).toMatch(/^note: no x86 interrupt vectors here/);
    expect(complaintOf(irqspace('fits', '--hibernate', '--root', root))).toContain(
      'no x86 interrupt vectors here',
    );
  });

  it('is answered before anything is read of the machine', () => {
    expect(complaintOf(irqspace('fits', '--offline', 'a', '--root', dump(), '--root', '/no/such'))).toContain(
      '--offline',
    );
  });
});
