import type { FileTree } from '../src/observe/file-tree.ts';
import { decodeUtf8, encodeUtf8 } from '../src/parse/utf8.ts';

/** What a {@link MemoryTree} holds: path → content, and path → target of a symbolic link. */
export interface MemoryFiles {
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly links?: ReadonlyMap<string, string>;
  readonly modes?: ReadonlyMap<string, number>;
}

/** A file tree that is a test's own machine, in memory. */
export class MemoryTree implements FileTree {
  readonly source: string;
  readonly live = false;
  readonly keepsModes: boolean;
  readonly denied: readonly string[] = [];
  readonly #content: MemoryFiles;
  readonly #directories = new Map<string, Set<string>>();

  constructor(source: string, content: MemoryFiles) {
    this.source = source;
    this.#content = content;
    this.keepsModes = content.modes !== undefined;
    for (const path of content.files.keys()) this.#enter(path);
    for (const path of content.links?.keys() ?? []) this.#enter(path);
  }

  readText(path: string): string | undefined {
    const content = this.#content.files.get(path);
    return content instanceof Uint8Array ? decodeUtf8(content) : content;
  }

  readBytes(path: string): Uint8Array | undefined {
    const content = this.#content.files.get(path);
    return typeof content === 'string' ? encodeUtf8(content) : content;
  }

  list(path: string): readonly string[] {
    return [...(this.#directories.get(path) ?? [])].sort(
      (a, b) => Number(a) - Number(b) || (a < b ? -1 : a > b ? 1 : 0),
    );
  }

  linkTarget(path: string): string | undefined {
    return this.#content.links?.get(path)?.split('/').at(-1);
  }

  mode(path: string): number | undefined {
    return this.#content.files.has(path) ? (this.#content.modes?.get(path) ?? 0o644) : undefined;
  }

  /** Notes a path in each of its directories. */
  #enter(path: string): void {
    for (let slash = path.lastIndexOf('/'), end = path.length; slash >= 0; ) {
      const directory = path.slice(0, slash);
      const names = this.#directories.get(directory) ?? new Set<string>();
      this.#directories.set(directory, names);
      names.add(path.slice(slash + 1, end));
      end = slash;
      slash = path.lastIndexOf('/', slash - 1);
    }
  }
}
