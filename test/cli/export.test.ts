/** What export prints is run: by a real shell, on files of its own (never on the machine's). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportAnswer } from '../../src/format/export.ts';
import { exportOf } from '../../src/query/export.ts';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { tinyState } from '../tiny-machine.ts';
import { dumpFile } from './machines.ts';
import { complaintOf, irqspace, jsonOf, type Ran, run } from './run.ts';

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
  return run('/bin/sh', [file, ...args], { env: { PROC: proc }, cwd: proc });
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
