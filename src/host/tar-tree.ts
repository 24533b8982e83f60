import type { FileTree } from '../observe/file-tree.ts';
import { LIMITS, type Limits } from './limits.ts';
import { CAPTURE_NOTE, noteKeepsModes, rootsAmong, theOneRoot } from './machine-root.ts';
import { compareNames, lastComponent } from './names.ts';
import { RootError } from './root-error.ts';
import { readTar, type TarMember } from './tar.ts';
import { gunzip } from './unpack.ts';

/** Linux's own limit of symbolic links in one look-up. */
const MAX_LINKS = 40;

/** A machine's files in memory: the members of an archive, or a single file at its usual place. */
export class TarTree implements FileTree {
  readonly source: string;
  readonly live = false;
  readonly keepsModes: boolean;
  readonly denied: readonly string[] = [];
  readonly #members: ReadonlyMap<string, TarMember>;
  /** Names in code unit order: a directory is a stretch of it, found by halving. */
  readonly #names: readonly string[];

  constructor(source: string, members: ReadonlyMap<string, TarMember>) {
    this.source = source;
    this.#members = members;
    this.#names = [...members.keys()].sort();
    this.keepsModes = noteKeepsModes(this.readText(CAPTURE_NOTE));
  }

  /** The tree of an archive; the machine may lie some folders below the archive's top. */
  static fromArchive(source: string, bytes: Uint8Array, limits: Limits = LIMITS): TarTree {
    const members = readTar(source, bytes, limits);
    const what =
      members.size === 0 ? 'an empty tar archive' : 'a tar archive with nothing of a machine in it';
    const root = theOneRoot(source, rootsAmong(members.keys()), what);
    if (root === '') return new TarTree(source, members);
    const below = new Map<string, TarMember>();
    for (const [name, member] of members) {
      if (name.startsWith(`${root}/`)) below.set(name.slice(root.length + 1), member);
    }
    return new TarTree(source, below);
  }

  readBytes(path: string): Uint8Array | undefined {
    const member = this.#find(path);
    return member?.kind === 'file' ? member.bytes : undefined;
  }

  readText(path: string): string | undefined {
    const bytes = this.readBytes(path);
    return bytes === undefined ? undefined : textOf(path, bytes);
  }

  list(path: string): readonly string[] {
    const directory = this.#resolve(path, true);
    if (directory === undefined) return [];
    const prefix = directory === '' ? '' : `${directory}/`;
    const found = new Set<string>();
    for (let at = this.#lowerBound(prefix); ; ) {
      const name = this.#names[at];
      if (name === undefined || !name.startsWith(prefix)) break;
      const slash = name.indexOf('/', prefix.length);
      const child = slash < 0 ? name.slice(prefix.length) : name.slice(prefix.length, slash);
      found.add(child);
      // Hop over all that lies below the child: '0' is the code unit after '/'.
      at = slash < 0 ? at + 1 : this.#lowerBound(`${prefix}${child}0`);
    }
    return [...found].sort(compareNames);
  }

  linkTarget(path: string): string | undefined {
    const place = this.#resolve(path, false);
    const member = place === undefined ? undefined : this.#members.get(place);
    if (member?.kind !== 'symlink') return undefined;
    return lastComponent(member.linkName.replace(/\/+$/, ''));
  }

  mode(path: string): number | undefined {
    const member = this.#find(path);
    return member?.kind === 'file' || member?.kind === 'hardlink' ? member.mode : undefined;
  }

  #find(path: string): TarMember | undefined {
    const place = this.#resolve(path, true);
    return place === undefined ? undefined : this.#members.get(place);
  }

  /**
   * Where a path leads inside this tree, through its own symbolic links: an sosreport keeps `sys/class/net/eth0`
   * as a link. Only names of this tree are ever looked up; a link that leaves it leads nowhere.
   */
  #resolve(path: string, throughLast: boolean): string | undefined {
    const pending = path.split('/').reverse();
    const place: string[] = [];
    for (let links = 0; ; ) {
      const part = pending.pop();
      if (part === undefined) return place.join('/');
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (place.pop() === undefined) return undefined;
        continue;
      }
      place.push(part);
      if (pending.length === 0 && !throughLast) return place.join('/');
      const member = this.#members.get(place.join('/'));
      if (member?.kind !== 'symlink') continue;
      if (++links > MAX_LINKS || member.linkName.startsWith('/')) return undefined;
      place.pop();
      pending.push(...member.linkName.split('/').reverse());
    }
  }

  #lowerBound(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A file's text, `.gz` unpacked; undefined when the packed data is damaged: a hole like any other. */
export function textOf(path: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder().decode(path.endsWith('.gz') ? gunzip(path, bytes) : bytes);
  } catch (error) {
    if (error instanceof RootError) return undefined;
    throw error;
  }
}
