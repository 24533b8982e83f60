import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A kernel module, unpacked. */
export interface Module {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The drivers of every machine of the lab, in the order in which they are loaded: storage and virtio last, so
 * that what they need by name only (not by symbol) is there.
 */
const WANTED: readonly string[] = [
  ...['crc32c_generic', 'crc32c_intel', 'crct10dif_generic', 'crc64_rocksoft_generic', 'crc64'],
  ...['sd_mod', 'ahci', 'virtio_pci', 'virtio_net', 'virtio_blk', 'virtio_scsi', 'nvme', 'e1000e', 'vmxnet3'],
  ...['igb', 'igbvf'],
];

/** The modules of the unpacked kernel package that the machines need, each after those it depends on. */
export function wantedModules(kernelFolder: string): Module[] {
  const files = moduleFiles(kernelFolder);
  const ordered = new Map<string, Module>();
  const add = (name: string): void => {
    const file = files.get(name);
    // What a kernel has built in, or does not know, is no file.
    if (file === undefined || ordered.has(name)) return;
    const bytes = moduleBytes(file);
    for (const other of dependencies(bytes)) add(other);
    ordered.set(name, { name, bytes });
  };
  for (const name of WANTED) add(name);
  return [...ordered.values()];
}

function moduleFiles(kernelFolder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const base of ['lib/modules', 'usr/lib/modules']) {
    if (!existsSync(join(kernelFolder, base))) continue;
    const entries = readdirSync(join(kernelFolder, base), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const name = /^(.+)\.ko(?:\.xz)?$/.exec(entry.name)?.[1];
      if (name !== undefined) files.set(underscored(name), join(entry.parentPath, entry.name));
    }
  }
  return files;
}

/** A module's file may be called by either; the kernel knows one. */
function underscored(name: string): string {
  return name.replaceAll('-', '_');
}

/** busybox's insmod takes no packed module. */
function moduleBytes(file: string): Uint8Array {
  if (!file.endsWith('.xz')) return readFileSync(file);
  const { status, stdout, stderr } = spawnSync('xz', ['-dc', file], { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${file}: xz: ${stderr}`);
  return stdout;
}

/** `depends=a,b` of its .modinfo. */
function dependencies(bytes: Uint8Array): string[] {
  const list = /\0depends=([^\0]*)\0/.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? '';
  return list.split(',').filter(Boolean).map(underscored);
}
