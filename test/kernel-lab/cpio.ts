/** One member of an initramfs. */
export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** A link's target, or what the file holds. */
  readonly bytes: Uint8Array;
  readonly executable?: boolean;
}

const TYPE = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;
const TRAILER = 'TRAILER!!!';

/**
 * An archive in the "newc" form that the kernel unpacks at boot (its Documentation/driver-api/early-userspace/
 * buffer-format.rst), with the folders that the members need. Archives may follow each other in one file.
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) folders.add(path.slice(0, at));
  }
  for (const { path, kind } of entries) if (kind === 'directory') folders.delete(path);
  const made = [...folders].map((path): CpioEntry => ({ path, kind: 'directory', bytes: new Uint8Array(0) }));
  const all = [...made, ...entries];
  const blocks = all.flatMap((entry, at) => member(entry, at + 1));
  return Buffer.concat([...blocks, ...member({ path: TRAILER, kind: 'file', bytes: new Uint8Array(0) }, 0)]);
}

function member({ path, kind, bytes, executable = false }: CpioEntry, inode: number): Uint8Array[] {
  const permissions = kind === 'file' && !executable ? 0o644 : 0o755;
  const mode = inode === 0 ? 0 : TYPE[kind] | permissions;
  const name = Buffer.from(`${path}\0`);
  // Inode, mode, owner, group, links, time, size, device (2), special device (2), name, checksum.
  const fields = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(header), name])), padded(bytes)];
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = -bytes.length & 3;
  return missing === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(missing)]);
}
