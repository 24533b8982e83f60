import { spawn, spawnSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { writeInitramfs } from './initramfs.ts';
import type { Machine, Series } from './machines.ts';
import { kernelFolder, kernelImage, LabError, newerQemu } from './packages.ts';
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
  /** The capture's folder; what it held is replaced. */
  readonly out: string;
  /** For the script, once it runs. */
  readonly seconds: number;
  /** A line of the guest's console that the lab itself wrote. */
  readonly onProgress: (line: string) => void;
}

/** Emulation now and then hangs early in a boot when the machine is busy; one that runs says so well before. */
const SECONDS_TO_INIT = 150;
/** Twice in a row is no accident. */
const TRIES = 2;

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
    };
    writeInitramfs(cache, kernel, payload, files.initramfs);
    const command = machine.remapping === 'x2apic' ? newerQemu(cache) : ['qemu-system-x86_64'];
    const [program = '', ...args] = [...command, ...qemuArguments(machine, files)];
    writeFileSync(join(out, 'qemu.cmd'), `${[program, ...args].join(' ').replaceAll(`${work}/`, '')}\n`);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      writeFileSync(files.disk, '');
      truncateSync(files.disk, DISK_BYTES);
      const hung = await run(program, args, options);
      if (hung === undefined) {
        unpackDisk(files.disk, out);
        return attempt;
      }
      options.onProgress(`try ${attempt}: ${hung}`);
    }
    throw new LabError(
      `${options.script}: the boot hung ${TRIES} times; its console is in ${out}/console.log`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Runs QEMU to its end. Returns why it was ended, undefined when the guest switched itself off. */
function run(
  program: string,
  args: readonly string[],
  { out, seconds, onProgress }: Boot,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const start = Date.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(out, 'console.log'));
    let hung: string | undefined;
    const patience = new Patience((text) => {
      hung = text;
      child.kill('SIGKILL');
    });
    patience.expect('no init', SECONDS_TO_INIT);
    let finished = false;
    createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      log.write(`${((Date.now() - start) / 1000).toFixed(2).padStart(8)} ${line}\n`);
      if (!line.startsWith('LAB ')) return;
      onProgress(line.slice(4));
      if (line.startsWith('LAB init')) {
        patience.expect('the script is not done', seconds);
      }
      finished ||= line.startsWith('LAB done');
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const stop = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', stop);
    child.on('error', reject);
    child.on('close', (code) => {
      patience.end();
      process.removeListener('exit', stop);
      log.end();
      if (hung !== undefined || finished) resolve(hung);
      else if (code === 0) resolve('ended before the script was done');
      else reject(new LabError(`QEMU: ${complaint.trim().split('\n').at(-1) ?? `exit code ${code}`}`));
    });
  });
}

/** Waits for something to happen. Counts seconds in which this process ran: one that was stopped has not waited. */
class Patience {
  private left = 0;
  private complaint = '';
  private readonly timer: NodeJS.Timeout;

  constructor(giveUp: (complaint: string) => void) {
    this.timer = setInterval(() => {
      this.left--;
      if (this.left <= 0) giveUp(this.complaint);
    }, 1000);
  }

  expect(complaint: string, seconds: number): void {
    this.complaint = `${complaint} after ${seconds} s`;
    this.left = seconds;
  }

  end(): void {
    clearInterval(this.timer);
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
