/** plan, apply and rollback as processes, on directories that stand in for a machine; never on the one that runs them. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applied } from '../../src/format/apply.ts';
import { plan as planSchema } from '../../src/format/plan.ts';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { type TinyIrq, type TinyMachine, tinyTree } from '../tiny-machine.ts';
import { dumpFile } from './machines.ts';
import { complaintOf, irqspace, jsonOf, MAIN } from './run.ts';

/** The files of a tiny machine in a folder. */
function writeMachine(machine: TinyMachine): string {
  const root = tempDir();
  const tree = tinyTree(machine);
  const visit = (path: string): void => {
    const names = tree.list(path);
    const bytes = names.length === 0 ? tree.readBytes(path) : undefined;
    if (bytes !== undefined) writeFiles(root, { [path]: bytes });
    for (const name of names) visit(path === '' ? name : `${path}/${name}`);
  };
  for (const top of ['proc', 'sys']) visit(top);
  return root;
}

const IRQS: readonly TinyIrq[] = [40, 41, 42, 43].map((irq) => ({
  irq,
  name: `eth0-${irq}`,
  chip: 'IO-APIC',
  on: 3,
  mask: irq === 43 ? '2-3' : '0-3',
  counts: [0, 0, 0, irq],
}));

const machineFolder = (): string => writeMachine({ irqs: IRQS });

function masks(root: string): Record<string, string> {
  const folder = join(root, 'proc/irq');
  const irqs = readdirSync(folder).filter((irq) => existsSync(join(folder, irq, 'smp_affinity_list')));
  return Object.fromEntries(
    irqs.map((irq) => [irq, readFileSync(join(folder, irq, 'smp_affinity_list'), 'utf8').trim()]),
  );
}

/** A plan that empties CPU 3, in a file of its own. */
function planFile(root: string): string {
  const file = join(tempDir(), 'plan.json');
  const ran = irqspace('plan', 'isolate', '3', '--root', root, '-o', file);
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  return file;
}

describe('irqspace plan', () => {
  it('shows the writes, what is left and why, and writes the file for apply', () => {
    const root = machineFolder();
    const file = join(tempDir(), 'plan.json');
    const { stdout, code } = irqspace('plan', 'isolate', '3', '--root', root, '-o', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^4 writes, all of which the kernel accepts; 4 take effect with their next interrupt/,
    );
    expect(stdout).toMatch(/43 +eth0-43 +2-3 → \d +3 → \d +CPU 3 is to be isolated/);
    expect(stdout).toContain('left: 1 interrupt, IRQ 0: the timer is not balanced: a write answers EIO');
    expect(stdout).toContain(`irqspace apply ${file}`);
    const written = planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const answered = planSchema.parse(jsonOf(irqspace('plan', 'isolate', '3', '--root', root, '--json')));
    expect(answered).toEqual(written);
    expect(complaintOf(irqspace('plan', 'spread', '--root', root, '-o', file))).toContain('exists already');
  });

  it('says infeasible with the numbers, and what would make it fit', () => {
    const irqs = Array.from({ length: 300 }, (_, n) => ({
      irq: 40 + n,
      name: `eth0-${n}`,
      chip: 'IO-APIC',
      on: n % 2 === 0 ? 1 : 2,
    }));
    const root = writeMachine({ cpus: 3, irqs });
    const { stdout, code } = irqspace('plan', 'isolate', '1,2', '--root', root);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^Infeasible: 300 vectors have to leave CPU 1-2, and CPU 0 has \d+ left: \d+ too many\.\n/,
    );
    expect(stdout).toContain('it would fit with: keep one CPU of them for interrupts, e.g. CPU 1');
  });

  it('balances by what came between two readings', () => {
    const then = machineFolder();
    const now = writeMachine({ irqs: IRQS.map((irq) => ({ ...irq, counts: [0, 0, 0, irq.irq + 1000] })) });
    const ran = irqspace('plan', 'balance', '--since', then, '--root', now, '--json');
    const answer = planSchema.parse(jsonOf(ran));
    expect(answer.measured).toEqual({ deliveries: 4000 });
    expect(answer.writes).toHaveLength(3);
    expect(answer.cpus.map(({ load }) => load?.after)).toEqual([1000, 1000, 1000, 1000]);
    expect(complaintOf(irqspace('plan', 'balance', '--root', now))).toBe(
      'plan balance: rates need an earlier reading (--since PATH); or ask --by vectors',
    );
    expect(irqspace('plan', 'balance', '--by', 'vectors', '--root', now).code).toBe(0);
  });

  it.each([
    [['fly'], 'plan: no goal "fly"'],
    [['isolate'], 'plan isolate: expected a CPU list'],
    [['isolate', 'x'], 'plan isolate: expected a CPU number or a range like 0-3, found "x"'],
    [['isolate', '9'], 'plan isolate: there is no CPU 9 here'],
    [['drain', '0'], 'plan drain: CPU 0 cannot go offline on x86'],
    [['headroom', 'many'], 'plan headroom: expected a number of vectors from 0 to 256, found "many"'],
    [['spread', '3'], 'plan spread: takes nothing, found "3"'],
    [['spread', '--by', 'rates'], '--by, --interval and --since go with plan balance'],
    [['balance', '--by', 'luck'], '--by: expected rates or vectors, found "luck"'],
    [['balance', '--interval', '0'], '--interval: expected seconds up to 3600, found "0"'],
    [['spread', '--hints', 'some'], '--hints: expected exact, subset or ignore, found "some"'],
  ])('says what is wrong with %j', (args, complaint) => {
    const [goal = '', ...rest] = args;
    expect(complaintOf(irqspace('plan', goal, ...rest, '--root', machineFolder()))).toContain(complaint);
  });

  it('follows a profile of somebody else, and says where it makes no sense', () => {
    const root = machineFolder();
    const profile = join(tempDir(), 'irq.conf');
    writeFileSync(profile, '[irq]\naffinity=0-1\n');
    const answer = planSchema.parse(jsonOf(irqspace('plan', 'from', profile, '--root', root, '--json')));
    expect(answer.writes.map(({ irq, to, reason }) => [irq, to, reason])).toEqual(
      [40, 41, 42, 43].map((irq) => [irq, '0-1', '[irq] asks for CPU 0-1']),
    );
    writeFileSync(profile, '[irq]\naffinity=eth0\n');
    expect(complaintOf(irqspace('plan', 'from', profile, '--root', root))).toContain(
      `${profile}:2:1: expected affinity=`,
    );
    expect(complaintOf(irqspace('plan', 'from', '--root', root))).toContain(
      'plan from: expected the file of',
    );
  });

  it('takes a lone VECTOR dump, in which nothing can be named and so nothing moved', () => {
    const ran = irqspace('plan', 'spread', '--root', dumpFile(tempDir()));
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to write') });
  });
});

describe('irqspace apply', () => {
  it('writes nothing without --yes', () => {
    const root = machineFolder();
    const before = masks(root);
    const { stdout, code } = irqspace('apply', planFile(root), '--root', root);
    expect(code).toBe(0);
    expect(stdout).toContain('The machine is as planned; 4 masks would be written. --yes writes them.');
    expect(masks(root)).toEqual(before);
    expect(existsSync(join(root, 'var'))).toBe(false);
  });

  it('writes with --yes, tells what waits for its interrupt, and rollback restores every mask', () => {
    const root = machineFolder();
    const before = masks(root);
    const file = planFile(root);
    const ran = irqspace('apply', file, '--root', root, '--yes', '--wait', '0', '--json');
    const answer = applied.parse(jsonOf(ran));
    expect(ran.code).toBe(0);
    expect(answer.outcome).toBe('applied');
    // Nobody moves an interrupt of a directory.
    expect(answer.writes.map(({ result }) => result)).toEqual(['pending', 'pending', 'pending', 'pending']);
    const planned = planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const wanted = Object.fromEntries(planned.writes.map(({ irq, to }) => [String(irq), to]));
    expect(masks(root)).toEqual({ ...before, ...wanted });
    const undone = irqspace('rollback', '--root', root);
    expect(undone).toMatchObject({ code: 0, stdout: expect.stringMatching(/^4 masks restored\.\n/) });
    expect(masks(root)).toEqual(before);
    expect(irqspace('rollback', '--root', root).stdout).toBe('Nothing to do.\n');
  });

  it('calls a write done where the effective affinity lies within its mask', () => {
    const root = machineFolder();
    const file = join(tempDir(), 'plan.json');
    // All are on CPU 3: only their masks change.
    expect(irqspace('plan', 'isolate', '2', '--root', root, '-o', file).code).toBe(0);
    const ran = irqspace('apply', file, '--root', root, '--yes', '--wait', '0', '--json');
    expect(applied.parse(jsonOf(ran)).writes).toMatchObject([
      { irq: 40, to: '0-1,3', result: 'done', effective: '3' },
      { irq: 41, result: 'done' },
      { irq: 42, result: 'done' },
      { irq: 43, to: '3', result: 'done' },
    ]);
  });

  it.each([
    [
      'a mask',
      'proc/irq/41/smp_affinity_list',
      '0\n',
      'IRQ 41 (eth0-41) may go to CPU 0, in the plan to CPU 0-3',
    ],
    [
      'a CPU',
      'proc/irq/41/effective_affinity_list',
      '1\n',
      'IRQ 41 (eth0-41) is on CPU 1, in the plan on CPU 3',
    ],
    [
      'the kernel',
      'proc/version',
      'Linux version 6.1.200 (x@y) (gcc) #1 SMP\n',
      'it runs 6.1.200, the plan is for 6.1.192',
    ],
    [
      'a CPU that is offline',
      'sys/devices/system/cpu/online',
      '0,1,3\n',
      'CPU 0-1,3 is online, the plan is for CPU 0-3',
    ],
  ])('refuses where %s is not as it was planned', (_what, path, text, difference) => {
    const root = machineFolder();
    const file = planFile(root);
    writeFiles(root, { [path]: text });
    const before = masks(root);
    expect(complaintOf(irqspace('apply', file, '--root', root, '--yes'))).toBe(
      `${root} is not what the plan was made for: ${difference}; plan again`,
    );
    expect(masks(root)).toEqual(before);
  });

  it('refuses a plan that was changed, is infeasible, or is none', () => {
    const root = machineFolder();
    const file = planFile(root);
    const text = readFileSync(file, 'utf8');
    const complaint = (content: string): string => {
      writeFileSync(file, content);
      return complaintOf(irqspace('apply', file, '--root', root, '--yes'));
    };
    const before = masks(root);
    expect(complaint(text.replace('"online":"0-3"', '"online":"0-2"'))).toContain(
      'does not match its digest',
    );
    expect(complaint(text.replace('"from":"2-3"', '"from":"0-3"'))).toContain(
      'the write to IRQ 43 does not begin at the mask of its state',
    );
    expect(complaint(text.replace('"feasible":true', '"feasible":false'))).toContain('not feasible');
    expect(complaint('{"kind":"plan"}')).toMatch(/is no plan at \w+/);
    expect(complaint('no JSON')).toContain('is no JSON; expected what irqspace plan -o wrote');
    expect(masks(root)).toEqual(before);
  });

  it('stops at a refusal, restores what it wrote and says so with exit code 3', () => {
    const root = machineFolder();
    const before = masks(root);
    const file = planFile(root);
    const planned = planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const third = planned.writes[2];
    if (third === undefined) throw new Error('the plan has three writes');
    // A link in its place is never followed: the write fails, whoever asks.
    const path = join(root, `proc/irq/${third.irq}/smp_affinity_list`);
    rmSync(path);
    writeFiles(root, { 'proc/elsewhere': `${third.from}\n` });
    execFileSync('ln', ['-s', '../../elsewhere', path]);
    const ran = irqspace('apply', file, '--root', root, '--yes', '--wait', '0');
    expect(ran.code).toBe(3);
    expect(ran.stdout).toMatch(/^Stopped; 2 masks that had been written are restored\.\n/);
    expect(ran.stdout).toContain(`the kernel refused IRQ ${third.irq} to CPU ${third.to}: ELOOP`);
    expect(masks(root)).toEqual(before);
    expect(readFileSync(join(root, 'proc/elsewhere'), 'utf8')).toBe(`${third.from}\n`);
  });

  it('takes an archive for nothing that can be written', () => {
    const root = machineFolder();
    const file = planFile(root);
    expect(complaintOf(irqspace('apply', file, '--root', file))).toContain('is no directory');
    expect(complaintOf(irqspace('rollback', '--root', root))).toContain('there is no journal');
  });
});

describe('a kill at any write', () => {
  it.each([0, 1, 2, 3])('leaves a journal from which rollback restores every mask: write %d', async (at) => {
    const root = machineFolder();
    const before = masks(root);
    const file = planFile(root);
    const planned = planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const victim = planned.writes[at];
    if (victim === undefined) throw new Error('the plan has four writes');
    // A pipe in place of the mask: the write waits there for ever. The other form of the mask tells what it is.
    const path = join(root, `proc/irq/${victim.irq}/smp_affinity_list`);
    for (const { irq, from } of planned.writes) {
      const mask = from === '2-3' ? 'c' : 'f';
      writeFiles(root, { [`proc/irq/${irq}/smp_affinity`]: `${mask}\n` });
    }
    rmSync(path);
    execFileSync('mkfifo', [path]);
    const journal = join(root, 'var/lib/irqspace/apply.journal');
    const child = spawn(process.execPath, [MAIN, 'apply', file, '--root', root, '--yes'], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const intended = (): number =>
      existsSync(journal) ? (readFileSync(journal, 'utf8').match(/"write"/g)?.length ?? 0) : 0;
    while (intended() <= at && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await ended;
    // Whether the kernel took the last one or not.
    rmSync(path);
    writeFileSync(path, `${at % 2 === 0 ? victim.to : victim.from}\n`);
    const written = Object.fromEntries(planned.writes.slice(0, at).map(({ irq, to }) => [String(irq), to]));
    expect(masks(root)).toMatchObject(written);
    expect(complaintOf(irqspace('apply', file, '--root', root, '--yes'))).toContain('was interrupted');
    expect(irqspace('rollback', '--root', root).code).toBe(0);
    expect(masks(root)).toEqual(before);
  });

  it('is nothing to restore after the next boot', () => {
    const root = machineFolder();
    writeFiles(root, { 'proc/sys/kernel/random/boot_id': 'aaaa\n' });
    expect(irqspace('apply', planFile(root), '--root', root, '--yes', '--wait', '0').code).toBe(0);
    writeFiles(root, { 'proc/sys/kernel/random/boot_id': 'bbbb\n' });
    const after = masks(root);
    const { stdout, code } = irqspace('rollback', '--root', root);
    expect(code).toBe(0);
    expect(stdout).toContain('the journal is of an earlier boot');
    expect(masks(root)).toEqual(after);
  });
});
