import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { retried, runGuest } from './console.ts';
import { writeInitramfs } from './initramfs.ts';
import type { Machine, Series } from './machines.ts';
import { kernelFolder, kernelImage, LabError, newerQemu, programFolder } from './packages.ts';
import { qemuArguments } from './qemu.ts';

/** One boot to make. */
export interface Boot {
  readonly root: string;
  /** The bundled guest/main.ts. */
  readonly guest: string;
  readonly cache: string;
  readonly machine: Machine;
  readonly series: Series;
  /** Of guest/scripts.ts. */
  readonly script: string;
  /** Debian packages whose program the script runs. */
  readonly programs: readonly string[];
  /** The capture's folder; what it held is replaced. */
  readonly out: string;
  /** For the script, once it runs. */
  readonly seconds: number;
  /** A line of the guest's console that the lab itself wrote. */
  readonly onProgress: (line: string) => void;
}

const DISK_BYTES = 1 << 30;

/** Boots, plays the script, and leaves a capture as `irqspace replay` takes it. Returns the tries it took. */
export async function boot(options: Boot): Promise<number> {
  const { cache, machine, series, out } = options;
  const kernel = kernelFolder(cache, series);
  const work = join(cache, 'boots', `${options.script}-${process.pid}`);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  mkdirSync(work, { recursive: true });
  try {
    const files = {
      kernel: kernelImage(kernel),
      initramfs: join(work, 'initramfs.cpio'),
      disk: join(work, 'disk.img'),
    };
    const payload = {
      root: options.root,
      guest: options.guest,
      files: join(options.root, 'test', 'kernel-lab', 'guest'),
      script: options.script,
      programs: Object.fromEntries(options.programs.map((name) => [name, programFolder(cache, name)])),
    };
    writeInitramfs(cache, kernel, payload, files.initramfs);
    const command = machine.remapping === 'x2apic' ? newerQemu(cache) : ['qemu-system-x86_64'];
    const [program = '', ...args] = [...command, ...qemuArguments(machine, files)];
    writeFileSync(join(out, 'qemu.cmd'), `${[program, ...args].join(' ').replaceAll(`${work}/`, '')}\n`);
    const watch = { ...options, log: join(out, 'console.log') };
    const tries = await retried(
      () => {
        writeFileSync(files.disk, '');
        truncateSync(files.disk, DISK_BYTES);
        return runGuest([program, ...args], watch);
      },
      (text) => {
        // Of its own name: the next try writes over it.
        renameSync(watch.log, `${watch.log}.hung`);
        options.onProgress(text);
      },
    );
    unpackDisk(files.disk, out);
    return tries;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The tar archive that the guest left on its disk, packed as captures are. */
function unpackDisk(disk: string, out: string): void {
  const { status, stderr } = spawnSync('tar', ['-xf', disk, '-C', out], { encoding: 'utf8' });
  if (status !== 0 || !existsSync(join(out, 'story.jsonl'))) {
    throw new LabError(
      `the guest left no capture (tar: ${stderr.trim()}); its console is in ${out}/console.log`,
    );
  }
  const snapshots = readdirSync(join(out, 'snap')).map((name) => join('snap', name));
  for (const name of ['trace.txt', ...snapshots]) {
    writeFileSync(join(out, `${name}.gz`), gzipSync(readFileSync(join(out, name)), { level: 9 }));
    rmSync(join(out, name));
  }
}
