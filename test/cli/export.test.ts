/** What export prints is run: by a real shell, on files of its own (never on the machine's). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { runExport } from '../../src/cli/commands/export.ts';
import { exportAnswer } from '../../src/format/export.ts';
import { exportOf, exportOfPlan } from '../../src/query/export.ts';
import { planOf } from '../../src/query/plan.ts';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { tinyState } from '../tiny-machine.ts';
import { dumpFile } from './machines.ts';
import { complaintOf, irqspace, jsonOf, type Ran, run as runProgram } from './run.ts';

const SHELLCHECK = '/usr/bin/shellcheck';

const MACHINE = {
  irqs: [
    { irq: 30, name: 'eth0', on: 0, mask: '0-1', device: '0000:02:00.0', driver: 'igb' },
    { irq: 31, name: "it's $(touch x)", on: 2, mask: '2-3', device: '0000:02:00.0', driver: 'igb' },
    { irq: 32, name: 'PCIe PME', on: 1, mask: '1', device: '0000:03:00.0', driver: 'pcieport' },
    { irq: 33, name: 'PCIe PME', on: 1, mask: '3', device: '0000:04:00.0', driver: 'pcieport' },
    { irq: 34, name: 'nvme0q1', on: 1, mask: '1', device: '0000:01:00.0', driver: 'nvme' },
  ],
};

/** A folder that looks like /proc, with these names for these numbers. */
function procOf(names: Readonly<Record<number, string>>): string {
  const dir = tempDir();
  const rows = Object.entries(names).map(
    ([irq, name]) => `${irq.padStart(3)}:          0          0   PCI-MSI 512-edge      ${name}`,
  );
  const files = Object.keys(names).map((irq) => [`irq/${irq}/smp_affinity_list`, '0-3\n'] as const);
  writeFiles(dir, {
    interrupts: `            CPU0       CPU1\n${rows.join('\n')}\n`,
    ...Object.fromEntries(files),
  });
  return dir;
}

const shell = (text: string, proc: string, ...args: string[]): Ran => {
  const file = join(tempDir(), 'script');
  writeFiles(join(file, '..'), { script: text });
  return runProgram('/bin/sh', [file, ...args], { env: { PROC: proc, SYS: proc }, cwd: proc });
};
const maskIn = (proc: string, irq: number): string =>
  readFileSync(join(proc, `irq/${irq}/smp_affinity_list`), 'utf8');
const NAMES = { 30: 'eth0', 31: "it's $(touch x)", 32: 'PCIe PME', 33: 'PCIe PME', 34: 'nvme0q1' };

describe('the shell script', () => {
  const { text } = exportOf(tinyState(MACHINE), 'script');

  it('writes every affinity that can be written, and nothing else', () => {
    const proc = procOf(NAMES);
    expect(shell(text, proc)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect([30, 31, 32, 33, 34].map((irq) => maskIn(proc, irq))).toEqual([
      '0-1\n',
      '2-3\n',
      '1\n',
      '3\n',
      '0-3\n',
    ]);
  });

  it('finds an interrupt by its name where the numbers changed, and names those that it does not find', () => {
    const proc = procOf({ 40: 'eth0', 50: 'PCIe PME', 51: 'PCIe PME', 31: 'reth0', 34: 'x' });
    const ran = shell(text, proc);
    expect(ran.code).toBe(1);
    expect(maskIn(proc, 40)).toBe('0-1\n');
    expect([31, 50, 51].map((irq) => maskIn(proc, irq))).toEqual(['0-3\n', '0-3\n', '0-3\n']);
    expect(ran.stderr).toContain("there is no IRQ 31 (it's $(touch x)), or several of that name: skipped\n");
    expect(ran.stderr.match(/PCIe PME/g)).toHaveLength(2);
  });

  it('goes on after a refusal, and says so in its exit code', () => {
    const { 30: _, ...others } = NAMES;
    const proc = procOf(others);
    writeFiles(proc, {
      interrupts: `${readFileSync(join(proc, 'interrupts'), 'utf8')} 30:  0  0  PCI-MSI 1-edge  eth0\n`,
    });
    const ran = shell(text, proc);
    expect([ran.code, maskIn(proc, 31)]).toEqual([1, '2-3\n']);
    expect(ran.stderr).toContain('irqspace: IRQ 30 (eth0): CPUs 0-1 were refused\n');
  });
});

describe('the policy script for irqbalance', () => {
  it('bans what the kernel places, by name, whatever its number', () => {
    const { text } = exportOf(tinyState(MACHINE), 'irqbalance-policy');
    const proc = procOf({ 30: 'eth0', 77: 'nvme0q1', 78: 'nvme0q11', 79: 'xnvme0q1' });
    const answers = ['30', '77', '78', '79', '99'].map((irq) => shell(text, proc, '/sys/devices/x', irq));
    expect(answers.map(({ stdout }) => stdout)).toEqual(['', 'ban=true\n', '', '', '']);
    expect(answers.map(({ code, stderr }) => [code, stderr])).toEqual(answers.map(() => [0, '']));
  });
});

/** What the plan was made for, on disk: /proc and what is needed of /sys. */
function machineOf(
  irqs: readonly { irq: number; name: string; device?: string; mask: string }[],
  online = '0-3',
): string {
  const dir = procOf(Object.fromEntries(irqs.map(({ irq, name }) => [irq, name])));
  writeFiles(dir, {
    'sys/kernel/osrelease': '6.1.192\n',
    'devices/system/cpu/online': `${online}\n`,
    ...Object.fromEntries(irqs.map(({ irq, mask }) => [`irq/${irq}/smp_affinity_list`, `${mask}\n`])),
    ...Object.fromEntries(
      irqs.flatMap(({ irq, device }) =>
        device === undefined ? [] : [[`bus/pci/devices/${device}/msi_irqs/${irq}`, 'msix\n'] as const],
      ),
    ),
  });
  return dir;
}

describe('a plan as a shell script', () => {
  const machine = tinyState(MACHINE);
  const request = { goal: { kind: 'isolate', cpus: CpuSet.from([1]) }, hints: 'ignore', wide: true } as const;
  const plan = planOf(machine, request);
  const { text, placed, notes } = exportOfPlan(plan, 'script');
  const NOW = MACHINE.irqs.map(({ irq, name, device, mask }) => ({ irq, name, device, mask }));
  const run = (dir: string, ...args: string[]): Ran => shell(text, dir, ...args);
  const masks = (dir: string, ...irqs: number[]): string[] => irqs.map((irq) => maskIn(dir, irq).trim());

  it('is of the masks that the plan writes', () => {
    expect(plan.writes.map(({ irq, from, to }) => [irq, from, to])).toEqual([
      [30, '0-1', '0'],
      [32, '1', expect.stringMatching(/^[023]/)],
    ]);
    expect({ placed, notes }).toEqual({ placed: 2, notes: [] });
  });

  it('shows what it would write, and writes nothing', () => {
    const dir = machineOf(NOW);
    const ran = run(dir);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('IRQ 30 (eth0): CPU 0-1 to CPU 0\n');
    expect(masks(dir, 30, 32)).toEqual(['0-1', '1']);
  });

  it('writes, and undoes', () => {
    const dir = machineOf(NOW);
    expect(run(dir, 'apply')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(masks(dir, 30, 31, 32, 33)).toEqual(['0', '2-3', plan.writes[1]?.to, '3']);
    expect(run(dir, 'undo')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(masks(dir, 30, 31, 32, 33)).toEqual(['0-1', '2-3', '1', '3']);
  });

  it.each([
    [
      'another mask',
      NOW.map((one) => (one.irq === 32 ? { ...one, mask: '2' } : one)),
      'may go to CPU 2, in the plan to CPU 1',
    ],
    [
      'another name',
      NOW.map((one) => (one.irq === 32 ? { ...one, name: 'x' } : one)),
      'IRQ 32 is not PCIe PME any more',
    ],
    [
      'another device',
      NOW.map((one) => (one.irq === 32 ? { ...one, device: '0000:09:00.0' } : one)),
      'IRQ 32 is not PCIe PME any more',
    ],
  ])('writes nothing where one interrupt has %s', (_, now, complaint) => {
    const dir = machineOf(now);
    const ran = run(dir, 'apply');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(complaint);
    expect(masks(dir, 30)).toEqual(['0-1']);
  });

  it('writes nothing where other CPUs are online', () => {
    const dir = machineOf(NOW, '0-2');
    expect(run(dir, 'apply')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('CPU 0-2 is online'),
    });
    expect(masks(dir, 30)).toEqual(['0-1']);
  });

  it('undoes everything at the first refusal', () => {
    const dir = machineOf(NOW);
    // Root may write to any file: what the kernel would refuse is refused here by the script's own writer.
    const tricked = text.replace('write_mask() {\n', 'write_mask() {\n\t[ "$1" != 32 ] || return 1\n');
    const ran = shell(tricked, dir, 'apply');
    expect(ran.code).toBe(3);
    expect(ran.stderr).toBe(`irqspace: IRQ 32 (PCIe PME): CPU ${plan.writes[1]?.to} was refused\n`);
    expect(masks(dir, 30, 32)).toEqual(['0-1', '1']);
  });

  it('leaves what somebody else has written since', () => {
    const dir = machineOf(NOW);
    run(dir, 'apply');
    writeFiles(dir, { 'irq/30/smp_affinity_list': '3\n' });
    expect(run(dir, 'undo')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is not the plan's: left"),
    });
    expect(masks(dir, 30, 32)).toEqual(['3', '1']);
  });

  it('after a boot finds interrupts by device and name, and says which it did not find', () => {
    const dir = machineOf([
      { irq: 130, name: 'eth0', device: '0000:02:00.0', mask: '0-3' },
      { irq: 30, name: 'PCIe PME', device: '0000:04:00.0', mask: '0-3' },
      { irq: 32, name: 'eth0', device: '0000:07:00.0', mask: '0-3' },
    ]);
    const ran = run(dir, 'boot');
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toBe('irqspace: there is no PCIe PME (device 0000:03:00.0), or several: skipped\n');
    expect(masks(dir, 130, 30, 32)).toEqual(['0', '0-3', '0-3']);
  });

  it('names the numbers of now to tuned, and never none at all', () => {
    const dir = machineOf([{ irq: 130, name: 'eth0', device: '0000:02:00.0', mask: '0-3' }]);
    expect(run(dir, 'tuned', '0').stdout).toBe('none,irq130');
    expect(run(dir, 'tuned', '7').stdout).toBe('none');
  });

  it.each(['script', 'irqbalance-policy'])('is a %s that a shell takes', (format) => {
    const file = join(tempDir(), 'script');
    writeFiles(join(file, '..'), { script: exportOfPlan(plan, format).text });
    expect(runProgram('/bin/sh', ['-n', file])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.runIf(existsSync(SHELLCHECK)).each(['script', 'irqbalance-policy'])(
    'is a %s without a warning of shellcheck',
    (format) => {
      const file = join(tempDir(), 'script');
      writeFiles(join(file, '..'), { script: exportOfPlan(plan, format).text });
      // Functions are called through "$1".
      expect(runProgram(SHELLCHECK, ['-e', 'SC2317', file]).stdout).toBe('');
    },
  );

  it('comes from the file that plan -o wrote, which brings its machine along', () => {
    const file = join(tempDir(), 'plan.json');
    writeFiles(join(file, '..'), { 'plan.json': JSON.stringify(plan) });
    const written: string[] = [];
    const out = { write: (part: string) => void written.push(part), columns: 80, color: false };
    expect(runExport('script', file, { root: '/' }, out)).toBe(0);
    expect(written.join('')).toBe(text);
    expect(() => runExport('script', file, { root: '/capture' }, out)).toThrow(
      'a plan brings its machine along',
    );
    writeFiles(join(file, '..'), {
      'plan.json': JSON.stringify({ ...plan, state: { ...plan.state, online: '0' } }),
    });
    expect(() => runExport('script', file, { root: '/' }, out)).toThrow('the file was changed');
  });

  it('is kept by irqbalance: it bans these interrupts, whatever their numbers, and the managed ones', () => {
    const policy = exportOfPlan(plan, 'irqbalance-policy').text;
    const dir = machineOf([
      { irq: 130, name: 'eth0', device: '0000:02:00.0', mask: '0' },
      { irq: 32, name: 'eth0', device: '0000:07:00.0', mask: '0' },
      { irq: 40, name: 'nvme0q1', device: '0000:01:00.0', mask: '1' },
    ]);
    const answers = ['130', '32', '40', '41'].map((irq) => shell(policy, dir, '/sys/devices/x', irq).stdout);
    expect(answers).toEqual(['ban=true\n', '', 'ban=true\n', '']);
  });
});

describe('irqspace export', () => {
  it('prints the file, or the whole answer as JSON', () => {
    const root = dumpFile(tempDir(), [1, 2]);
    const plain = irqspace('export', 'prometheus', '--root', root);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toContain('\nirqspace_cpu_vectors_allocated{cpu="1"} 2\n');
    const answer = exportAnswer.parse(jsonOf(irqspace('export', 'prometheus', '--json', '--root', root)));
    expect(answer.text).toBe(plain.stdout);
  });

  it('wants a format that it knows', () => {
    const root = dumpFile(tempDir(), [1]);
    expect(complaintOf(irqspace('export', '--root', root))).toBe("missing required argument 'format'");
    expect(complaintOf(irqspace('export', 'xml', '--root', root))).toContain(
      'export: expected one of prometheus, script,',
    );
  });
});
