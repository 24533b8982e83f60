/**
 * Where a machine's files come from: the live host, a directory, a tarball in memory. Paths are relative to
 * the machine's root and have no leading slash (`proc/interrupts`). Synchronous: the files are small, and the
 * kernel answers from memory.
 */
export interface FileTree {
  /** What the user named: `this machine`, a path. Used in messages. */
  readonly source: string;
  /** True for the running machine itself. */
  readonly live: boolean;
  /** File modes are the kernel's own (a live host, or a capture that says that it kept them). */
  readonly keepsModes: boolean;
  /** The file's text; undefined when it is absent or cannot be read. `.gz` files are unpacked. */
  readText(path: string): string | undefined;
  /** The file's bytes; undefined when it is absent or cannot be read. */
  readBytes(path: string): Uint8Array | undefined;
  /** Names in a directory, sorted numerically where they are numbers; empty when it is absent. */
  list(path: string): readonly string[];
  /** The last component of a symbolic link's target; undefined when the path is no link. Never followed. */
  linkTarget(path: string): string | undefined;
  /** Permission bits of a file, e.g. 0o444; undefined when it is absent. */
  mode(path: string): number | undefined;
  /** Paths that exist but could not be read (no permission): what running as root would add. */
  readonly denied: readonly string[];
}
