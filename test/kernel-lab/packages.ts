import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Series } from './machines.ts';

/** The Debian release whose kernel is of that series. */
const SUITE: Readonly<Record<Series, string>> = {
  '5.10': 'bullseye',
  '6.1': 'bookworm',
  '6.12': 'trixie',
  '7.2': 'forky',
};

/** One line for people. */
export class LabError extends Error {}

/** The lab's packages cannot be had here: nothing is wrong with irqspace. */
export class NoLab extends LabError {}

/** An unpacked kernel package. Fetched once, never installed. */
export function kernelFolder(cache: string, series: Series): string {
  const folder = join(cache, 'kernels', series);
  if (existsSync(folder)) return folder;
  const apt = new Apt(cache, SUITE[series]);
  // linux-image-amd64 is empty; it depends on the newest. Later releases split that into binary and modules.
  const name = /linux-image-[0-9][^ ,]*-amd64/.exec(apt.show('linux-image-amd64'))?.[0];
  if (name === undefined) throw new NoLab(`Debian ${SUITE[series]}: no kernel of linux-image-amd64`);
  const parts = ['image', 'binary', 'modules'].map((part) => name.replace('image', part));
  apt.unpack(
    parts.filter((part) => part === name || apt.show(part) !== ''),
    folder,
  );
  return folder;
}

/** QEMU with x2APIC and igb in emulation: the release's backports. Returns its command and first arguments. */
export function newerQemu(cache: string): string[] {
  const folder = join(cache, 'qemu');
  if (!existsSync(folder)) {
    new Apt(cache, 'bookworm-backports', ['bookworm']).unpack(
      ['qemu-system-x86', 'qemu-system-data', 'qemu-system-common', 'seabios'],
      folder,
    );
  }
  const libraries = join(folder, 'usr/lib/x86_64-linux-gnu');
  const shares = ['qemu', 'seabios'].flatMap((name) => ['-L', join(folder, 'usr/share', name)]);
  return [
    ...['env', `LD_LIBRARY_PATH=${libraries}`, `QEMU_MODULE_DIR=${join(libraries, 'qemu')}`],
    ...[join(folder, 'usr/bin/qemu-system-x86_64'), ...shares],
  ];
}

/** A program of the stable release with the libraries that it needs beside libc, unpacked. */
export function programFolder(cache: string, name: string): string {
  const folder = join(cache, 'programs', name);
  if (existsSync(folder)) return folder;
  const apt = new Apt(cache, SUITE['6.1']);
  // What the package's scripts need, and what the guest has.
  const needed = apt.needs(name).filter((other) => /^lib(?!c6|.*perl|elogind)/.test(other));
  apt.unpack([name, ...needed], folder);
  return folder;
}

export function kernelImage(folder: string): string {
  const boot = join(folder, 'boot');
  const image = existsSync(boot) ? readdirSync(boot).find((name) => name.startsWith('vmlinuz-')) : undefined;
  if (image !== undefined) return join(boot, image);
  const modules = join(folder, 'usr/lib/modules');
  const release = existsSync(modules) ? readdirSync(modules)[0] : undefined;
  if (release !== undefined) return join(modules, release, 'vmlinuz');
  throw new LabError(`${folder}: holds no kernel image; remove it and run the lab again`);
}

/** apt with lists of its own, on the mirror that this machine is set up with: its own sources stay as they are. */
class Apt {
  private readonly options: readonly string[];
  private readonly suite: string;

  constructor(cache: string, suite: string, also: readonly string[] = []) {
    this.suite = suite;
    const folder = join(cache, 'apt', suite);
    mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
    mkdirSync(join(folder, 'archives', 'partial'), { recursive: true });
    const mirror = debianMirror();
    writeFileSync(
      join(folder, 'sources.list'),
      [suite, ...also].map((name) => `deb ${mirror} ${name} main\n`).join(''),
    );
    // What is installed here does not matter: a version of elsewhere could not be fetched.
    const none = join(folder, 'status');
    writeFileSync(none, '');
    this.options = [
      ...[
        '-o',
        `Dir::Etc::sourcelist=${join(folder, 'sources.list')}`,
        '-o',
        'Dir::Etc::sourceparts=/dev/null',
      ],
      ...[
        '-o',
        `Dir::State::Lists=${join(folder, 'lists')}`,
        '-o',
        `Dir::State::status=${none}`,
        '-o',
        `Dir::Cache=${folder}`,
      ],
      ...['-o', 'Acquire::Retries=3', '-o', 'APT::Sandbox::User=root'],
    ];
    this.run('apt-get', ['update', '-qq'], folder);
  }

  /** The package's record, empty where the release does not have it. */
  show(name: string): string {
    const args = [...this.options, 'show', name];
    return spawnSync('apt-cache', args, { encoding: 'utf8' }).stdout ?? '';
  }

  /** All that it depends on, however deep. */
  needs(name: string): string[] {
    const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
    const args = [...this.options, 'depends', '--recurse', ...kinds.map((kind) => `--no-${kind}`), name];
    const { stdout } = spawnSync('apt-cache', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
    return [...(stdout ?? '').matchAll(/^[a-z0-9][^\s:]*$/gm)].map(([found]) => found);
  }

  /** Unpacks the packages into a folder that is whole or not there. */
  unpack(names: readonly string[], folder: string): void {
    mkdirSync(join(folder, '..'), { recursive: true });
    const packages = mkdtempSync(`${folder}.debs-`);
    const half = mkdtempSync(`${folder}.half-`);
    this.run('apt-get', ['-t', this.suite, 'download', ...names], packages);
    for (const file of readdirSync(packages)) {
      const { status, stderr } = spawnSync('dpkg', ['-x', join(packages, file), half], { encoding: 'utf8' });
      if (status !== 0) throw new LabError(`dpkg -x ${file}: ${stderr.trim()}`);
    }
    rmSync(packages, { recursive: true });
    renameSync(half, folder);
  }

  private run(command: string, args: readonly string[], cwd: string): void {
    const { status, stderr, error } = spawnSync(command, [...this.options, ...args], {
      cwd,
      encoding: 'utf8',
    });
    if (status === 0) return;
    const reason = error?.message ?? stderr.trim().split('\n').at(-1);
    throw new NoLab(`Debian ${this.suite}: ${command} ${args.join(' ')}: ${reason}`);
  }
}

/** The first mirror of Debian itself in the machine's own sources, in either form. */
function debianMirror(): string {
  const folder = '/etc/apt/sources.list.d';
  const lists = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  for (const file of ['/etc/apt/sources.list', ...lists]) {
    if (!/\.(?:list|sources)$/.test(file) || !existsSync(file)) continue;
    const mirror = mirrorIn(readFileSync(file, 'utf8'));
    if (mirror !== undefined) return mirror;
  }
  throw new NoLab('no Debian mirror in the sources of apt: the lab fetches its kernels with apt');
}

/** Of one file of sources, of either form: the first whose path is Debian's own, not that of its security fixes. */
export function mirrorIn(sources: string): string | undefined {
  for (const [, uri] of sources.matchAll(/^(?:URIs:|deb(?: \[[^\]]*\])?)[ \t]+(\S+)/gm)) {
    if (uri !== undefined && /\/debian\/?$/.test(uri)) return uri;
  }
  return undefined;
}
