import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type CpioEntry, writeCpio } from './cpio.ts';
import { wantedModules } from './modules.ts';
import { LabError } from './packages.ts';

/** What of the repository goes into the guest. */
export interface Payload {
  /** The repository: its dist, package.json and packages. */
  readonly root: string;
  /** The bundled guest/main.ts. */
  readonly guest: string;
  /** Files of test/kernel-lab/guest that go as they are. */
  readonly files: string;
  /** What the guest plays: its script's name. */
  readonly script: string;
  /** Unpacked programs (packages.ts) by the folder that they get in the guest. */
  readonly programs: Readonly<Record<string, string>>;
}

/** What `irqspace`'s commands load; the server's packages stay at home. */
const PACKAGES: readonly string[] = ['commander', 'fzstd', 'jsonc-parser', 'zod'];

const BUSYBOX = '/bin/busybox';

/** Writes the guest's file system: the part that every boot of this kernel has, and this boot's. */
export function writeInitramfs(cache: string, kernelFolder: string, payload: Payload, out: string): void {
  writeFileSync(out, Buffer.concat([commonPart(cache, kernelFolder), writeCpio(payloadEntries(payload))]));
}

/** Node with its libraries, busybox, the kernel's modules; kept, because nothing in it changes between boots. */
function commonPart(cache: string, kernelFolder: string): Uint8Array {
  const file = join(cache, 'initramfs', `${basename(kernelFolder)}-node${process.versions.node}.cpio`);
  if (existsSync(file)) return readFileSync(file);
  const modules = wantedModules(kernelFolder);
  if (modules.length === 0) throw new LabError(`${kernelFolder}: holds no modules; remove it and run again`);
  const folders = ['dev', 'proc', 'sys', 'run', 'tmp', 'out', 'root', 'var'];
  const bytes = writeCpio([
    ...folders.map((path): CpioEntry => ({ path, kind: 'directory', bytes: new Uint8Array(0) })),
    ...busyboxEntries(),
    program('bin/node', process.execPath),
    ...libraries(process.execPath),
    text('modules/order', `${modules.map(({ name }) => name).join('\n')}\n`),
    ...modules.map(
      ({ name, bytes: ko }): CpioEntry => ({ path: `modules/${name}.ko`, kind: 'file', bytes: ko }),
    ),
  ]);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.half`, bytes);
  renameSync(`${file}.half`, file);
  return bytes;
}

function busyboxEntries(): CpioEntry[] {
  const found = ['/usr/bin/busybox', '/bin/busybox'].find((path) => existsSync(path));
  if (found === undefined) throw new LabError('no busybox: install busybox-static');
  if (libraries(found).length > 0) throw new LabError(`${found}: not static; install busybox-static`);
  const applets = spawnSync(found, ['--list'], { encoding: 'utf8' }).stdout.split('\n');
  return [
    program(BUSYBOX.slice(1), found),
    ...applets
      .filter((name) => name !== '' && name !== 'busybox')
      .map((name): CpioEntry => ({ path: `bin/${name}`, kind: 'symlink', bytes: Buffer.from(BUSYBOX) })),
  ];
}

/** Each library at the path where the loader looks for it, and the loader; none for a static program. */
export function libraries(path: string): CpioEntry[] {
  const { status, stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
  if (status !== 0) return [];
  const paths = [...stdout.matchAll(/(\/\S+) \(0x[0-9a-f]+\)/g)].map(([, found = '']) => found);
  return paths.map((found) => program(found.slice(1), found));
}

function payloadEntries({ root, guest, files, script, programs }: Payload): CpioEntry[] {
  const folders = ['dist/cli', ...distFolders(root), ...PACKAGES.map((name) => `node_modules/${name}`)];
  return [
    program('init', join(files, 'init')),
    text('lab/script', `${script}\n`),
    { path: 'lab/guest.mjs', kind: 'file', bytes: readFileSync(guest) },
    { path: 'lab/kill-at.mjs', kind: 'file', bytes: readFileSync(join(files, 'kill-at.mjs')) },
    { path: 'irqspace/package.json', kind: 'file', bytes: readFileSync(join(root, 'package.json')) },
    ...[...new Set(folders)].flatMap((folder) => below(root, folder)),
    ...Object.entries(programs).flatMap(([name, folder]) => programEntries(name, folder)),
    { path: 'bin/irqspace', kind: 'symlink', bytes: Buffer.from('/irqspace/dist/cli/main.js') },
  ];
}

/** The program, and its libraries beside it: they are not those of the guest's Node. */
function programEntries(name: string, folder: string): CpioEntry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) return [];
    if (/\.so\.\d+$/.test(entry.name)) return [program(`${name}/lib/${entry.name}`, path)];
    return entry.name === name && /bin$/.test(entry.parentPath) ? [program(`${name}/${name}`, path)] : [];
  });
}

/** All of dist but the page. */
function distFolders(root: string): string[] {
  return readdirSync(join(root, 'dist'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'web')
    .map((entry) => `dist/${entry.name}`);
}

function below(root: string, folder: string): CpioEntry[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:js|cjs|mjs|json)$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = `irqspace/${path.slice(root.length + 1)}`;
      return entry.name === 'main.js'
        ? program(name, path)
        : { path: name, kind: 'file', bytes: readFileSync(path) };
    });
}

function program(path: string, from: string): CpioEntry {
  return { path, kind: 'file', bytes: readFileSync(realpathSync(from)), executable: true };
}

function text(path: string, content: string): CpioEntry {
  return { path, kind: 'file', bytes: Buffer.from(content) };
}
