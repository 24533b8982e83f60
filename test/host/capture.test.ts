import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capture, collectCapture } from '../../src/host/capture.ts';
import { CAPTURE_FILES, CAPTURE_LINKS } from '../../src/host/capture-list.ts';
import { openRoot } from '../../src/host/open-root.ts';
import { readTar, type TarMember } from '../../src/host/tar.ts';
import { gunzip } from '../../src/host/unpack.ts';
import { sharedPath } from '../shared.ts';
import { INTERRUPTS, makeMachine, rootErrorOf, tempDir, writeFiles } from './machine-fixture.ts';

const SCRIPT = resolve(import.meta.dirname, '../../tools/capture.sh');
const NOTE = 'irqspace-capture.json';

/** Shells to run the script under: the host's sh, and others that are here or named in IRQSPACE_BUSYBOX. */
const BUSYBOX = process.env.IRQSPACE_BUSYBOX ?? 'busybox';
const SHELLS: readonly (readonly string[])[] = [['sh'], [BUSYBOX, 'sh'], ['dash'], ['bash', '--posix']];
const here = SHELLS.filter(([tool = '', ...args]) => spawnSync(tool, [...args, '-c', 'exit 0']).status === 0);

function runScript(
  shell: readonly string[],
  ...args: readonly string[]
): { status: number | null; stderr: string } {
  const [tool = 'sh', ...first] = shell;
  const run = spawnSync(tool, [...first, SCRIPT, ...args], { encoding: 'utf8' });
  return { status: run.status, stderr: run.stderr };
}

function members(path: string): Map<string, TarMember> {
  const bytes = readFileSync(path);
  return readTar(path, path.endsWith('.tar') ? bytes : gunzip(path, bytes));
}

/** Members as comparable text; the note differs in `tool` alone. */
function picture(path: string): string[] {
  return [...members(path)]
    .map(([name, { kind, mode, bytes, linkName }]) => {
      const text =
        name === NOTE
          ? Buffer.from(bytes).toString().replace('capture.sh', 'irqspace')
          : Buffer.from(bytes).toString('hex');
      return `${name} ${kind} ${kind === 'symlink' ? linkName : mode.toString(8)} ${text}`;
    })
    .sort();
}

describe('capture', () => {
  test.each(['c.tar.gz', 'c.tgz', 'c.tar'])(
    'gives back the same texts, links and modes through openRoot (%s)',
    (name) => {
      const folder = tempDir();
      const root = join(folder, 'root');
      makeMachine(root);
      const out = join(folder, name);
      const result = capture(root, out);
      const before = openRoot(root);
      const after = openRoot(out);
      expect(result.skipped).toEqual([]);
      expect(result.bytes).toBe(readFileSync(out).length);
      expect(after.keepsModes).toBe(true);
      let files = 0;
      for (const [path, member] of members(out)) {
        if (path === NOTE || member.kind === 'directory') continue;
        files++;
        expect([path, after.readText(path)]).toEqual([path, before.readText(path)]);
        expect([path, after.linkTarget(path)]).toEqual([path, before.linkTarget(path)]);
        expect([path, after.mode(path)]).toEqual([path, before.mode(path)]);
      }
      expect(files).toBe(result.files);
      expect(after.readText('boot/config-6.1.0-18-amd64')).toBe('CONFIG_SMP=y\n');
      expect(after.linkTarget('sys/class/net/eth0/device')).toBe('virtio2');
      expect(after.linkTarget('sys/block/nvme0n1/device')).toBe('nvme0');
      for (const path of ['proc/meminfo', 'boot/config-5.10.0', 'proc/irq/notanumber/smp_affinity']) {
        expect(after.readText(path)).toBeUndefined();
      }
      expect(readdirSync(folder).sort()).toEqual([name, 'root']);
    },
  );

  test('is the same bytes each time, without names of users', () => {
    const folder = tempDir();
    makeMachine(join(folder, 'root'));
    const [a, b] = [join(folder, 'a.tar'), join(folder, 'b.tar')];
    capture(join(folder, 'root'), a);
    capture(join(folder, 'root'), b);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    const listing = execFileSync('tar', ['-tvf', a], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    for (const line of listing.trim().split('\n')) expect(line).toMatch(/^\S+ 0\/0 +\d+ 1970-01-01 00:00 /);
  });

  test('a capture of a capture is that capture; one of an sosreport does not claim the modes', () => {
    const folder = tempDir();
    makeMachine(join(folder, 'root'));
    const [a, b] = [join(folder, 'a.tar'), join(folder, 'b.tar')];
    capture(join(folder, 'root'), a);
    capture(a, b);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    writeFiles(join(folder, 'sos'), { 'proc/interrupts': INTERRUPTS });
    capture(join(folder, 'sos'), join(folder, 's.tar.gz'));
    expect(openRoot(join(folder, 's.tar.gz')).keepsModes).toBe(false);
  });

  test('leaves out and names what cannot be read', () => {
    const tree = {
      ...{ source: 't', live: true, keepsModes: true, denied: ['sys/kernel/debug/irq/irqs'] },
      readText: () => undefined,
      readBytes: (path: string) => (path === 'proc/stat' ? Buffer.from('cpu') : undefined),
      list: () => [],
      linkTarget: () => undefined,
      mode: (path: string) => (path === 'proc/stat' || path === 'proc/uptime' ? 0o444 : undefined),
    };
    const { entries, skipped } = collectCapture(tree);
    expect(entries.map(({ name }) => name)).toEqual([NOTE, 'proc/stat']);
    expect(skipped).toEqual(['proc/uptime', 'sys/kernel/debug/irq/irqs']);
  });

  test('refuses other names, an existing file, a folder that is not there; leaves nothing behind', () => {
    const folder = tempDir();
    makeMachine(join(folder, 'root'));
    const root = join(folder, 'root');
    const refusal = (name: string): string => rootErrorOf(() => capture(root, join(folder, name)));
    writeFileSync(join(folder, 'old.tar'), 'kept');
    symlinkSync('nowhere', join(folder, 'link.tar'));
    expect(refusal('c.zip')).toBe(`${folder}/c.zip: expected a name that ends in .tar.gz, .tgz or .tar`);
    expect(refusal('old.tar')).toBe(`${folder}/old.tar: exists already: not overwritten`);
    expect(refusal('link.tar')).toBe(`${folder}/link.tar: exists already: not overwritten`);
    expect(refusal('no/c.tar')).toBe(`${folder}/no/c.tar: cannot be written: no such directory`);
    expect(refusal(`${'n'.repeat(300)}.tar`)).toContain('cannot be written: the name is too long');
    expect(readFileSync(join(folder, 'old.tar'), 'utf8')).toBe('kept');
    expect(readdirSync(folder).sort()).toEqual(['link.tar', 'old.tar', 'root']);
  });
});

describe('tools/capture.sh', () => {
  test('carries the lines of the capture list', () => {
    const script = readFileSync(SCRIPT, 'utf8');
    const listOf = (name: string): string[] =>
      new RegExp(`^${name}='\\n([^']*)\\n'$`, 'm').exec(script)?.[1]?.split('\n') ?? [];
    expect(listOf('files')).toEqual(CAPTURE_FILES);
    expect(listOf('links')).toEqual(CAPTURE_LINKS);
  });

  describe.each(here.map((shell) => [shell.join(' '), shell] as const))('under %s', (_, shell) => {
    test.each(['c.tar.gz', 'c.tar'])('makes the same members as capture (%s)', (name) => {
      const folder = tempDir();
      const root = join(folder, 'root');
      makeMachine(root);
      // What leaves the root is read by neither.
      writeFiles(folder, { 'out/24/actions': 'secret\n', secret: 'x' });
      mkdirSync(join(root, 'sys/kernel/irq/25'));
      symlinkSync('../../../../secret', join(root, 'proc/stat'));
      symlinkSync(join(folder, 'out/24'), join(root, 'sys/kernel/irq/26'));
      capture(root, join(folder, `n-${name}`));
      const run = runScript(shell, '-r', root, join(folder, name));
      expect(run).toEqual({ status: 0, stderr: expect.stringMatching(/: \d+ files\n$/) });
      expect(picture(join(folder, name))).toEqual(picture(join(folder, `n-${name}`)));
      expect(readdirSync(folder).sort()).toEqual([name, `n-${name}`, 'out', 'root', 'secret'].sort());
    });

    test('knows the release without proc/version too', () => {
      const folder = tempDir();
      const root = join(folder, 'root');
      makeMachine(root);
      rmSync(join(root, 'proc/version'));
      writeFiles(root, { 'proc/sys/kernel/osrelease': '6.1.0-18-amd64\n' });
      capture(root, join(folder, 'n.tar'));
      expect(runScript(shell, '-r', root, join(folder, 's.tar')).status).toBe(0);
      expect(picture(join(folder, 's.tar'))).toEqual(picture(join(folder, 'n.tar')));
      expect(members(join(folder, 's.tar')).has('boot/config-6.1.0-18-amd64')).toBe(true);
    });

    test('sees the same of this machine', () => {
      const folder = tempDir();
      const [byNode, byScript] = [join(folder, 'n.tar.gz'), join(folder, 's.tar.gz')];
      capture('/', byNode);
      expect(runScript(shell, byScript).status).toBe(0);
      expect([...members(byScript).keys()].sort()).toEqual([...members(byNode).keys()].sort());
      expect(openRoot(byScript).keepsModes).toBe(true);
      const mode = (path: string): number | undefined => openRoot(path).mode('proc/irq/default_smp_affinity');
      expect(mode(byScript)).toBe(mode(byNode));
    });

    test('refuses with one line, exit code 2, nothing written', () => {
      const folder = tempDir();
      makeMachine(join(folder, 'root'));
      mkdirSync(join(folder, 'empty'));
      writeFileSync(join(folder, 'old.tar'), 'kept');
      const refusal = (...args: string[]): string => {
        const run = runScript(shell, ...args);
        expect(run.status).toBe(2);
        return run.stderr;
      };
      const root = join(folder, 'root');
      expect(refusal('-r', root, `${folder}/c.zip`)).toBe(
        `capture.sh: ${folder}/c.zip: expected a name that ends in .tar.gz, .tgz or .tar\n`,
      );
      expect(refusal('-r', root, `${folder}/old.tar`)).toBe(
        `capture.sh: ${folder}/old.tar: exists already: not overwritten\n`,
      );
      expect(refusal('-r', root, `${folder}/no/c.tar`)).toBe(
        `capture.sh: ${folder}/no/c.tar: cannot be written: no such directory\n`,
      );
      expect(refusal('-r', `${folder}/no`, `${folder}/c.tar`)).toMatch(
        /^capture\.sh: .*\/no: cannot be read: .*\n$/,
      );
      expect(refusal('-r', `${folder}/empty`, `${folder}/c.tar`)).toMatch(
        /: nothing of a machine in this directory; .*\n$/,
      );
      expect(refusal('a.tar', 'b.tar')).toMatch(/^usage: sh capture\.sh/);
      expect(readdirSync(folder).sort()).toEqual(['empty', 'old.tar', 'root']);
    });
  });

  const snapshot = sharedPath('captures/small-debugfs/snap/02-probed.tar.gz');
  test.skipIf(snapshot === undefined)('captures an extracted real kernel like capture does', () => {
    const folder = tempDir();
    const root = join(folder, 'root');
    mkdirSync(root);
    execFileSync('tar', ['-xzf', snapshot ?? '', '-C', root]);
    chmodSync(join(root, 'proc/interrupts'), 0o400);
    capture(root, join(folder, 'n.tar'));
    capture(snapshot ?? '', join(folder, 'a.tar'));
    expect(runScript(['sh'], '-r', root, join(folder, 's.tar')).status).toBe(0);
    expect(picture(join(folder, 's.tar'))).toEqual(picture(join(folder, 'n.tar')));
    expect([...members(join(folder, 'a.tar')).keys()]).toEqual([...members(join(folder, 'n.tar')).keys()]);
  });
});
