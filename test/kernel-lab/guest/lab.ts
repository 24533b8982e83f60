import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../../../src/cli/output.ts';
import type { WatchSample } from '../../../src/format/watch.ts';
import { capture } from '../../../src/host/capture.ts';
import type { StoryLine } from '../story.ts';
import { KPROBES } from './kprobes.ts';
import { logMaskWrites } from './logged-writes.ts';

const OUT = '/out';
const TRACING = '/sys/kernel/tracing';
const DIST = '/irqspace/dist/cli';
const PROGRAM = `${DIST}/main.js`;

type ProgramModule = typeof import('../../../src/cli/program.ts');

export interface Answer {
  readonly code: number;
  readonly answer: unknown;
}

/**
 * What a script does in the guest. Every write goes to the log (`ops.log`), to the trace and to the story: what
 * the kernel did is read from these afterwards, on the host.
 */
export class Lab {
  private snapshots = 0;
  private hasKprobes = false;
  private program: ProgramModule | undefined;
  private readonly log = new KernelLog();
  // Kept open: a script writes hundreds of masks, and each is told in three files.
  private readonly ops = openSync(`${OUT}/ops.log`, 'a');
  private readonly story = openSync(`${OUT}/story.jsonl`, 'a');
  private readonly marker = openSync(`${TRACING}/trace_marker`, 'w');

  say(text: string): void {
    process.stdout.write(`LAB ${text} up=${uptime()}\n`);
  }

  /** A line in the trace and in the log of operations. */
  mark(text: string): void {
    // Right after each other: the one tells the place among the events, the other the time.
    writeSync(this.marker, `LAB ${text}\n`);
    writeSync(this.ops, `${monotonic()} LAB ${text}\n`);
  }

  /** One open and one write, as a tool does it. Returns `OK` or the errno's name. */
  write(path: string, value: string): string {
    this.log.fresh();
    this.mark(`op write ${path} ${value}`);
    const result = tryWrite(path, value);
    this.mark(`res write ${path} ${value} -> ${result}`);
    this.tell({ kind: 'wrote', path, value, result, log: this.log.fresh() });
    return result;
  }

  /** Everything that irqspace's commands read, at this point of the trace. */
  snap(name: string): void {
    this.snapshots++;
    const full = `${String(this.snapshots).padStart(2, '0')}-${name}`;
    this.mark(`mark snap ${full}`);
    capture('/', `${OUT}/snap/${full}.tar`);
    this.tell({ kind: 'snapped', name: full });
    this.say(`snap ${full}`);
  }

  /** Runs `irqspace ARGS --json` as a user would: the package's program, a process of its own. */
  run(...args: readonly string[]): Answer {
    this.mark(`mark asked ${args.join(' ')}`);
    const command = [PROGRAM, ...args, '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return this.answered(args, status ?? -1, stdout, stderr);
  }

  /** The same by the package's commands in this process: starting Node takes emulation seconds. */
  async ask(...args: readonly string[]): Promise<Answer> {
    this.mark(`mark asked ${args.join(' ')}`);
    this.program ??= (await import(/* @vite-ignore */ `${DIST}/program.js`)) as ProgramModule;
    let stdout = '';
    let code = 0;
    const write = (text: string): void => {
      stdout += text;
    };
    const exitWith = (told: number): void => {
      code = told;
    };
    const out: Output = { columns: 100, color: false, write };
    const program = this.program.buildProgram(out, exitWith);
    const endLog = logMaskWrites({
      before: (path, value) => this.mark(`op write ${path} ${value}`),
      after: (path, value, result) => this.mark(`res write ${path} ${value} -> ${result}`),
    });
    try {
      await program.parseAsync([process.execPath, PROGRAM, ...args, '--json']);
      return this.answered(args, code, stdout, '');
    } catch (error) {
      return this.answered(args, 2, stdout, String(error));
    } finally {
      endLog();
    }
  }

  private answered(args: readonly string[], code: number, stdout: string, complaint: string): Answer {
    const answer: unknown = stdout === '' ? undefined : JSON.parse(stdout);
    this.tell({ kind: 'asked', args, code, answer, complaint });
    this.say(`asked ${args.join(' ')} -> ${code} ${complaint}`);
    return { code, answer };
  }

  /** `irqspace watch --trace` as a process of its own, beside what `work` does; ended by SIGTERM, as a user may. */
  async watched(work: () => void): Promise<void> {
    const file = '/tmp/watch.ndjson';
    const out = openSync(file, 'w');
    const command = [PROGRAM, 'watch', '--trace', '--json', '--interval', '0.5'];
    const child = spawn(process.execPath, command, { stdio: ['ignore', out, 'inherit'] });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const begin = performance.now();
    const samples = (): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
    const more = async (): Promise<void> => {
      const before = samples().length;
      for (let left = 600; left > 0 && samples().length < before + 2; left--) await sleep(200);
    };
    await more();
    work();
    await more();
    const ticks = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ').slice(13, 15).map(Number);
    child.kill('SIGTERM');
    const code = await ended;
    closeSync(out);
    const told = samples().map((line): WatchSample => JSON.parse(line));
    this.tell({
      kind: 'watched',
      code,
      tracing: told[0]?.tracing,
      samples: told.length,
      events: told.flatMap(({ events }) => events),
      cpuSeconds: ticks.reduce((sum, n) => sum + n, 0) / 100,
      seconds: (performance.now() - begin) / 1000,
      instances: readdirSync(`${TRACING}/instances`),
    });
    this.say(`watched ${told.length} samples, ended with ${code}`);
  }

  /** Where every interrupt is and may go, from /proc/irq. */
  places(name: string): void {
    const cpuOf: Record<string, string> = {};
    const masks: Record<string, string> = {};
    for (const irq of readdirSync('/proc/irq')) {
      const place = readIfThere(`/proc/irq/${irq}/effective_affinity_list`);
      const mask = readIfThere(`/proc/irq/${irq}/smp_affinity_list`);
      if (place !== undefined) cpuOf[irq] = place.trim();
      if (mask !== undefined) masks[irq] = mask.trim();
    }
    this.tell({ kind: 'placed', name, cpuOf, masks });
  }

  /** `irqspace apply PLAN --yes`, ended by SIGKILL at a write (kill-at.mjs). Returns false when it had fewer. */
  applyKilled(plan: string, journal: string, at: number, half: boolean): boolean {
    const command = ['--import', '/lab/kill-at.mjs', PROGRAM, 'apply', plan, '--yes', '--journal', journal];
    const env = { ...process.env, LAB_KILL_AT: String(at), LAB_KILL_HALF: half ? '1' : '0' };
    const { signal, status } = spawnSync(process.execPath, command, { env, stdio: 'ignore' });
    const died = signal === 'SIGKILL';
    this.tell({ kind: 'killed', at, half, died });
    this.say(
      `apply killed at write ${at}${half ? ', half made' : ''}: ${died ? 'died' : `ended with ${status}`}`,
    );
    return died;
  }

  /** irqbalance for a while; the trace has each of its writes that failed. */
  irqbalance(name: string, banned: string, seconds: number, interval: number): void {
    const failures = `${TRACING}/events/syscalls/sys_exit_write`;
    tryWrite(`${failures}/filter`, 'ret < 0');
    tryWrite(`${failures}/enable`, '1');
    this.mark(`mark irqbalance ${name}`);
    const program = '/irqbalance/irqbalance';
    const { stdout } = spawnSync(
      'timeout',
      ['-s', 'INT', String(seconds), program, '--foreground', '--debug', `--interval=${interval}`],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        env: { LD_LIBRARY_PATH: '/irqbalance/lib', IRQBALANCE_BANNED_CPULIST: banned, PATH: '/bin' },
      },
    );
    this.mark(`mark irqbalance-end ${name}`);
    tryWrite(`${failures}/enable`, '0');
    appendFileSync(`${OUT}/irqbalance-${name}.log`, stdout);
    this.tell({ kind: 'balanced', name, banned, cycles: stdout.match(/^-+$/gm)?.length ?? 0 });
    this.say(`irqbalance ${name}: ${stdout.length} bytes of log`);
  }

  offline(cpu: number): string {
    return this.setOnline(cpu, '0');
  }

  online(cpu: number): string {
    return this.setOnline(cpu, '1');
  }

  private setOnline(cpu: number, value: string): string {
    const probes = value === '0' && this.hasKprobes;
    if (probes) tryWrite(`${TRACING}/events/lab/enable`, '1');
    const result = this.write(`/sys/devices/system/cpu/cpu${cpu}/online`, value);
    if (probes) tryWrite(`${TRACING}/events/lab/enable`, '0');
    this.say(`cpu${cpu} ${value} -> ${result}`);
    return result;
  }

  /** Writes one list of CPUs to each interrupt's smp_affinity_list. Returns the results. */
  pin(cpus: string, irqs: readonly number[]): string[] {
    return irqs.map((irq) => this.write(`/proc/irq/${irq}/smp_affinity_list`, cpus));
  }

  /** Interrupts whose line of /proc/interrupts matches. */
  irqsOf(pattern: RegExp): number[] {
    return readFileSync('/proc/interrupts', 'utf8')
      .split('\n')
      .filter((line) => pattern.test(line))
      .flatMap((line) => /^\s*(\d+):/.exec(line)?.[1] ?? [])
      .map(Number);
  }

  /** Loads the drivers and waits until no further interrupt appears: they probe in the background. */
  async loadDrivers(): Promise<void> {
    this.setKprobes();
    this.mark('mark loadmods');
    for (const name of readFileSync('/modules/order', 'utf8').trim().split('\n')) {
      this.command('insmod', `/modules/${name}.ko`);
    }
    await this.settle();
  }

  async settle(): Promise<void> {
    let before = '';
    for (let quiet = 0, left = 60; quiet < 3 && left > 0; left--) {
      const now = ['/proc/irq', '/sys/block', '/sys/class/net']
        .map((path) => readdirSync(path).length)
        .join();
      quiet = now === before ? quiet + 1 : 0;
      before = now;
      await sleep(300);
    }
  }

  async linksUp(): Promise<void> {
    this.mark('mark links_up');
    const names = readdirSync('/sys/class/net').filter((name) => name !== 'lo');
    for (const [at, name] of names.entries()) {
      this.command('ip', 'link', 'set', name, 'up');
      this.command('ip', 'addr', 'add', `10.0.2.${15 + at}/24`, 'dev', name);
    }
    await sleep(500);
  }

  /** A little reading of every disk from every online CPU: interrupts come. */
  io(): void {
    this.mark('mark io');
    const disks = readdirSync('/dev').filter((name) => /^(?:nvme\d+n1|vd[a-z]|sda)$/.test(name));
    for (const cpu of onlineCpus()) {
      const mask = (1n << BigInt(cpu)).toString(16);
      for (const disk of disks) {
        this.command(
          'taskset',
          mask,
          'dd',
          `if=/dev/${disk}`,
          'of=/dev/null',
          'bs=4k',
          'count=2',
          'iflag=direct',
        );
      }
    }
  }

  /** A few packets through every network device from every online CPU, and the answers where somebody answers. */
  traffic(): void {
    this.mark('mark traffic');
    const names = readdirSync('/sys/class/net').filter((name) => name !== 'lo');
    const masks = onlineCpus().map((cpu) => (1n << BigInt(cpu)).toString(16));
    const one = 'taskset $mask arping -q -c 2 -w 2 -I $name 10.0.2.2 &';
    const all = `for name in ${names.join(' ')}; do for mask in ${masks.join(' ')}; do ${one} done; done; wait`;
    this.command('sh', '-c', all);
  }

  command(name: string, ...args: readonly string[]): number {
    return spawnSync(name, args, { stdio: 'ignore' }).status ?? -1;
  }

  end(): void {
    this.mark('mark finish');
    this.snap('end');
    this.tell({ kind: 'ended' });
  }

  private tell(line: StoryLine): void {
    writeSync(this.story, `${JSON.stringify(line)}\n`);
  }

  private setKprobes(): void {
    if (!existsSync(`${TRACING}/kprobe_events`)) return;
    for (const probe of KPROBES) {
      const file = openSync(`${TRACING}/kprobe_events`, 'a');
      let result = 'ok';
      try {
        writeSync(file, `${probe}\n`);
      } catch {
        result = 'FAIL';
      } finally {
        closeSync(file);
      }
      appendFileSync(`${OUT}/kprobes.txt`, `${result} ${probe}\n`);
    }
    this.hasKprobes = existsSync(`${TRACING}/events/lab`);
  }
}

/** The kernel's log, record by record (Documentation/ABI/testing/dev-kmsg). */
class KernelLog {
  private readonly file = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  private readonly buffer = Buffer.alloc(8192);

  /** The lines since the last look. */
  fresh(): string[] {
    const lines: string[] = [];
    for (;;) {
      try {
        const record = this.buffer.toString('utf8', 0, readSync(this.file, this.buffer));
        lines.push(record.slice(record.indexOf(';') + 1).split('\n')[0] ?? '');
      } catch (error) {
        // EPIPE: records were overwritten before they were read; the next read goes on behind them.
        if (error instanceof Error && 'code' in error && error.code === 'EPIPE') continue;
        return lines;
      }
    }
  }
}

export function onlineCpus(): number[] {
  return readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const cpu = /^cpu(\d+) /.exec(line)?.[1];
      return cpu === undefined ? [] : [Number(cpu)];
    });
}

function tryWrite(path: string, value: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, 'w');
    writeSync(file, value);
    return 'OK';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function uptime(): string {
  return readFileSync('/proc/uptime', 'utf8').split(' ')[0] ?? '';
}

/** Seconds since boot as the kernel's log counts them, to the microsecond. */
function monotonic(): string {
  const microseconds = process.hrtime.bigint() / 1000n;
  return `${microseconds / 1_000_000n}.${String(microseconds % 1_000_000n).padStart(6, '0')}`;
}
