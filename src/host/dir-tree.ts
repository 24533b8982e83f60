import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileTree } from '../observe/file-tree.ts';
import { LIMITS } from './limits.ts';
import { CAPTURE_NOTE, noteKeepsModes } from './machine-root.ts';
import { compareNames, lastComponent } from './names.ts';
import { readFileBounded } from './read-file.ts';
import { errnoOf } from './root-error.ts';
import { textOf } from './tar-tree.ts';

/** The running machine, or a machine's files in a directory. Nothing outside a directory root is read. */
export class DirTree implements FileTree {
  readonly source: string;
  readonly live: boolean;
  readonly keepsModes: boolean;
  readonly #root: string;
  readonly #denied = new Set<string>();

  private constructor(source: string, root: string, live: boolean) {
    this.source = source;
    this.live = live;
    // Resolved once: links inside the directory are compared with where it really lies.
    this.#root = live ? root : realpathSync(root);
    this.keepsModes = live || noteKeepsModes(this.readText(CAPTURE_NOTE));
  }

  /** The machine this runs on. */
  static live(): DirTree {
    return new DirTree('this machine', '/', true);
  }

  /** A machine's files below `root`, named `source` in messages. */
  static below(source: string, root: string): DirTree {
    return new DirTree(source, root, false);
  }

  get denied(): readonly string[] {
    return [...this.#denied];
  }

  readBytes(path: string): Uint8Array | undefined {
    return this.#try(path, (place) => readFileBounded(place, LIMITS.maxBytes));
  }

  readText(path: string): string | undefined {
    const bytes = this.readBytes(path);
    return bytes === undefined ? undefined : textOf(path, bytes);
  }

  list(path: string): readonly string[] {
    return this.#try(path, (place) => readdirSync(place).sort(compareNames)) ?? [];
  }

  linkTarget(path: string): string | undefined {
    return this.#try(path, (place) => lastComponent(readlinkSync(place).replace(/\/+$/, '')), false);
  }

  mode(path: string): number | undefined {
    return this.#try(path, (place) => {
      const stat = statSync(place);
      return stat.isFile() ? stat.mode & 0o777 : undefined;
    });
  }

  /** True when the path is there and inside. */
  has(path: string): boolean {
    return this.#try(path, (place) => lstatSync(place)) !== undefined;
  }

  /**
   * The answer, or undefined where the file system refuses: absent (ENOENT, ENOTDIR), no file (EISDIR), or a
   * kernel file that exists but has nothing to say (EINVAL, EIO, ENODEV ...). Refused permission is remembered.
   */
  #try<T>(path: string, read: (place: string) => T | undefined, throughLast = true): T | undefined {
    // Parts of a path may come from a file's text (a kernel release): never let them climb.
    if (path.includes('\0') || path.split('/').includes('..')) return undefined;
    const place = join(this.#root, path);
    try {
      return this.live || this.#isInside(place, throughLast) ? read(place) : undefined;
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      if (code === 'EACCES' || code === 'EPERM') this.#denied.add(path);
      return undefined;
    }
  }

  /** A link in an extracted archive may point anywhere; what it names outside is not this machine's. */
  #isInside(place: string, throughLast: boolean): boolean {
    const real = realpathSync(throughLast ? place : join(place, '..'));
    return this.#root === '/' || real === this.#root || real.startsWith(`${this.#root}/`);
  }
}
