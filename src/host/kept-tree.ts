import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { FileTree } from '../observe/file-tree.ts';
import { DirTree } from './dir-tree.ts';

const FIRST_SIZE = 64 * 1024;
const SMALL = 4096;

/**
 * The running machine for one who looks at it ten times a second: /proc/interrupts stays open and is read into one
 * buffer, and a small file takes three system calls. Everything else is as {@link DirTree} has it.
 */
export class KeptTree implements FileTree {
  readonly #tree = DirTree.live();
  readonly #small = Buffer.alloc(SMALL);
  #interrupts: number | undefined;
  #buffer = Buffer.alloc(FIRST_SIZE);

  get source(): string {
    return this.#tree.source;
  }

  get live(): boolean {
    return true;
  }

  get keepsModes(): boolean {
    return this.#tree.keepsModes;
  }

  get denied(): readonly string[] {
    return this.#tree.denied;
  }

  /** Of /proc/interrupts: good until the next call. */
  readBytes(path: string): Uint8Array | undefined {
    return path === 'proc/interrupts' ? this.#readInterrupts() : this.#tree.readBytes(path);
  }

  readText(path: string): string | undefined {
    if (!path.startsWith('proc/irq/')) return this.#tree.readText(path);
    try {
      const fd = openSync(`/${path}`, constants.O_RDONLY);
      try {
        const got = readSync(fd, this.#small, 0, SMALL, null);
        return got < SMALL ? this.#small.toString('latin1', 0, got) : this.#tree.readText(path);
      } finally {
        closeSync(fd);
      }
    } catch {
      // Gone, or not to be read: as any other file.
      return this.#tree.readText(path);
    }
  }

  list(path: string): readonly string[] {
    return this.#tree.list(path);
  }

  linkTarget(path: string): string | undefined {
    return this.#tree.linkTarget(path);
  }

  mode(path: string): number | undefined {
    return this.#tree.mode(path);
  }

  /** The kernel writes it anew for whoever reads from its beginning. */
  #readInterrupts(): Uint8Array | undefined {
    try {
      this.#interrupts ??= openSync('/proc/interrupts', constants.O_RDONLY);
      for (let used = 0; ; ) {
        if (used === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer], used * 2);
        const got = readSync(this.#interrupts, this.#buffer, used, this.#buffer.length - used, used);
        if (got === 0) return this.#buffer.subarray(0, used);
        used += got;
      }
    } catch {
      return this.#tree.readBytes('proc/interrupts');
    }
  }
}
