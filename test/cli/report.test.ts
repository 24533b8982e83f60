import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { report } from '../../src/format/report.ts';
import { tarOf, tempDir, writeFiles } from '../host/machine-fixture.ts';
import { CAPACITY, dumpFile, interruptsText, machineFolder } from './machines.ts';
import { hasScript, inTerminal, irqspace, jsonOf, MAIN, run } from './run.ts';

const ESC = '\u001b';

describe('irqspace report', () => {
  it.skipIf(!existsSync('/dev/full'))('says in one line that the answer could not be written', () => {
    const { code, stderr } = run('sh', ['-c', `"${process.execPath}" "${MAIN}" report > /dev/full`]);
    expect(code).toBe(2);
    expect(stderr).toBe('irqspace: the answer could not be written: no space left on the device\n');
  });

  it('answers in JSON that the schema accepts, for this machine, a dump, a folder and an archive', () => {
    const folder = machineFolder(tempDir());
    const archive = tarOf(folder, join(tempDir(), 'm.tar.gz'), '-z');
    for (const root of ['/', dumpFile(tempDir()), folder, archive]) {
      const answer = report.parse(jsonOf(irqspace('report', '--json', '--root', root)));
      expect(answer.source).toBe(root === '/' ? 'this machine' : root);
    }
  });

  it('is what irqspace alone and irqspace with options only answer', () => {
    const root = dumpFile(tempDir());
    const answer = irqspace('report', '--root', root);
    expect(answer).toEqual({ code: 0, stdout: expect.stringContaining('3 of 3 CPUs online'), stderr: '' });
    expect(irqspace('--root', root)).toEqual(answer);
    expect(irqspace()).toEqual({ code: 0, stdout: expect.stringContaining('this machine: '), stderr: '' });
  });

  it('tells the figures of a VECTOR dump, CPU for CPU', () => {
    const answer = report.parse(jsonOf(irqspace('--json', '--root', dumpFile(tempDir(), [10, 150, 120]))));
    expect(answer.certainty).toBe('exact');
    expect(answer.cpus.map((cpu) => [cpu.allocated, cpu.available, cpu.capacity])).toEqual(
      [10, 150, 120].map((n) => [n, CAPACITY - n, CAPACITY].map((figure) => ({ min: figure, max: figure }))),
    );
  });

  it('says first what is about to go wrong, or that nothing is', () => {
    const bad = irqspace('report', '--root', dumpFile(tempDir(), [10, 150, 120])).stdout;
    expect(bad).toMatch(/^warning: hibernation and suspend will be refused at CPU 2: 140 vectors/);
    const good = irqspace('report', '--root', dumpFile(tempDir(), [10, 11, 12])).stdout;
    expect(good).toMatch(/^Nothing is about to go wrong/);
  });

  it('lists the interrupts of a machine without debugfs and says what could not be read', () => {
    const { stdout } = irqspace('report', '--root', machineFolder(tempDir()));
    expect(stdout).toContain('nvme0q[0-2]');
    expect(stdout).toContain('not read: sys/kernel/debug/irq/domains/VECTOR: vector numbers are not known');
  });

  it('takes the kernel that it is told', () => {
    const root = machineFolder(tempDir());
    const profile = (...args: string[]): string =>
      report.parse(jsonOf(irqspace('report', '--json', '--root', root, ...args))).kernel.profile;
    expect(profile()).toBe('6.1');
    expect(profile('--kernel', '5.10')).toBe('5.10');
  });

  it('shows 600 CPUs on a page, equal ones in one row', () => {
    const folder = tempDir();
    writeFiles(folder, { interrupts: interruptsText(600, ['eth0-0', 'eth0-1']) });
    const { stdout } = irqspace('report', '--root', join(folder, 'interrupts'));
    expect(stdout.split('\n').length).toBeLessThan(60);
    expect(stdout).toMatch(/^ {2}1-599 /m);
    expect(stdout).toContain('eth0-[0-1]');
  });
});

describe('the text of irqspace', () => {
  const root = (): string => dumpFile(tempDir());

  it('has no colour in a pipe', () => {
    expect(irqspace('report', '--root', root()).stdout).not.toContain(ESC);
  });

  it.skipIf(!hasScript)('has colour in a terminal, unless NO_COLOR or TERM=dumb ask for none', () => {
    const text = (env: Record<string, string>): string =>
      inTerminal(80, ['report', '--root', root()], env).stdout;
    expect(text({})).toContain(`${ESC}[33mwarning:${ESC}[0m`);
    expect(text({ NO_COLOR: '1' })).not.toContain(ESC);
    expect(text({ TERM: 'dumb' })).not.toContain(ESC);
  });

  it.skipIf(!hasScript)('keeps to the width of the terminal, 60 columns and up', () => {
    const wide = dumpFile(
      tempDir(),
      Array.from({ length: 40 }, (_, cpu) => cpu % 7),
    );
    const machines = [root(), wide, machineFolder(tempDir()), '/'];
    const widest = (columns: number, args: string[]): number =>
      Math.max(
        ...inTerminal(columns, args, { NO_COLOR: '1' })
          .stdout.split('\n')
          .map((line) => line.length),
      );
    for (const machine of machines) {
      expect(widest(80, ['report', '--root', machine])).toBeLessThanOrEqual(80);
      expect(widest(120, ['report', '--root', machine])).toBeLessThanOrEqual(120);
      expect(widest(80, ['fits', '--hibernate', '--root', machine])).toBeLessThanOrEqual(80);
    }
    expect(widest(120, ['report', '--root', root()])).toBeGreaterThan(80);
  });

  it('ends quietly when nobody reads on, and keeps the exit code of a verdict', () => {
    const big = dumpFile(tempDir(), Array(500).fill(30));
    const cut = (args: string): string =>
      run('bash', [
        '-c',
        `'${process.execPath}' '${MAIN}' ${args} --json --root '${big}' | head -c 10; echo " \${PIPESTATUS[0]}"`,
      ]).stdout;
    // Both write more than a pipe holds, or the reader would not be missed.
    for (const command of ['report', 'fits']) {
      const change = command === 'fits' ? ['--hibernate'] : [];
      expect(irqspace(command, ...change, '--json', '--root', big).stdout.length).toBeGreaterThan(70_000);
    }
    expect(cut('report')).toBe('{"kind":"r 0\n');
    expect(cut('fits --hibernate')).toBe('{"kind":"f 1\n');
  });
});

describe('an ordinary user', () => {
  it.skipIf(process.getuid?.() !== 0)('gets a report that says what root would add', () => {
    const home = copyForEveryone();
    const asNobody = (...args: string[]) =>
      run(
        'setpriv',
        [
          '--reuid=65534',
          '--regid=65534',
          '--clear-groups',
          process.execPath,
          join(home, 'dist/cli/main.js'),
          ...args,
        ],
        { cwd: '/' },
      );
    const { code, stdout, stderr } = asNobody('report');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('not read: sys/kernel/debug/irq/domains/VECTOR');
    const answer = report.parse(jsonOf(asNobody('report', '--json')));
    expect(answer.missing.map(({ path }) => path)).toContainEqual(expect.stringContaining('VECTOR'));
    expect([0, 1]).toContain(asNobody('fits', '--hibernate').code);
    expect(answer.irqs.length).toBeGreaterThan(0);
    rmSync(home, { recursive: true });
  });
});

/** The checkout may lie where only root can read. */
function copyForEveryone(): string {
  const home = tempDir();
  const root = join(MAIN, '../../..');
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const packages = Object.keys(manifest.dependencies).map((name) => `node_modules/${name}`);
  expect(packages).toContain('node_modules/commander');
  const script = `chmod 755 . && home=$PWD && cd ${root} &&
    cp -r --parents dist package.json ${packages.join(' ')} "$home" && cd "$home" && chmod -R a+rX .`;
  expect(run('sh', ['-ec', script], { cwd: home }).code).toBe(0);
  return home;
}
