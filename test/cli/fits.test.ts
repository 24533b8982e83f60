import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fits, fits } from '../../src/format/fits.ts';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { dumpFile, interruptsText } from './machines.ts';
import { irqspace, jsonOf } from './run.ts';

const THREE = [10, 150, 120];

/** The JSON answer, which the schema must accept, with the exit code that goes with its verdict. */
function ask(allocated: readonly number[], ...changes: readonly string[]): Fits {
  const ran = irqspace('fits', ...changes, '--json', '--root', dumpFile(tempDir(), allocated));
  const answer = fits.parse(jsonOf(ran));
  expect(ran.code).toBe(answer.fits === true ? 0 : 1);
  return answer;
}

const verdicts = ({ steps }: Fits): unknown[] => steps.map((step) => [step.change, step.cpu, step.fits]);

describe('irqspace fits', () => {
  it('takes CPUs offline in the order given, each on what the last one left', () => {
    expect(verdicts(ask(THREE, '--offline', '1,2'))).toEqual([
      ['offline', 1, true],
      ['offline', 2, false],
    ]);
    expect(verdicts(ask(THREE, '--offline', '2,1'))).toEqual([
      ['offline', 2, true],
      ['offline', 1, false],
    ]);
    expect(verdicts(ask(THREE, '--offline', '2'))).toEqual([['offline', 2, true]]);
  });

  it('takes other changes in the order of the command line too, and says what came of each', () => {
    const root = dumpFile(tempDir(), THREE);
    const ran = irqspace('fits', '--add', 'nvme=2x3', '--offline', '1', '--max', '--root', root);
    expect(ran.stdout).toMatch(
      /^At most \d+ fit \(one more: .*\)\. With\s\d+ x nvme,\s3 queues:\nIt fits\.\n/,
    );
    expect(ran.stdout).toMatch(/\n1\. add \d+ x nvme, 3 queues: fits; .* interrupts; /);
    expect(ran.stdout).toContain('\n2. offline 1: fits; 1 CPU');
    expect(ran.code).toBe(0);
    const answer = ask(THREE, '--offline', '1', '--isolate', '2', '--offline', '2');
    expect(answer.changes.map(({ change, target }) => `${change} ${target}`)).toEqual([
      'offline 1',
      'isolate 2',
      'offline 2',
    ]);
    for (const [option, value, expected] of [
      ['--add', 'nvme', '--add: expected DRIVER=N'],
      ['--smt', 'on', '--smt: expected off, found "on"'],
      ['--pin', '7=1', '--pin: there is no interrupt 7 here'],
    ] as const) {
      const bad = irqspace('fits', option, value, '--root', root);
      expect([bad.code, bad.stderr.split('\n').length]).toEqual([2, 2]);
      expect(bad.stderr).toContain(expected);
    }
  });

  it('gives the kernel’s own message with its figures', () => {
    const [first, second] = ask(THREE, '--offline', '1-2').steps;
    expect(first?.message).toBeUndefined();
    expect(first?.needed).toEqual({ min: 150, max: 150 });
    expect(second?.message).toBe('CPU 2 has 140 vectors, 61 available. Cannot disable CPU');
  });

  it('leaves a refused CPU online and tries the next', () => {
    // CPU 1 and 2 together need more than all others have; CPU 3 is empty and can go.
    expect(verdicts(ask([200, 150, 120, 0], '--offline', '3,1,2'))).toEqual([
      ['offline', 3, true],
      ['offline', 1, false],
      ['offline', 2, false],
    ]);
    expect(verdicts(ask([200, 190, 120, 0], '--offline', '1,2,3'))).toEqual([
      ['offline', 1, true],
      ['offline', 2, false],
      ['offline', 3, false],
    ]);
  });

  it('hibernates and suspends where all fit on CPU 0, and stops where the kernel would', () => {
    for (const change of ['hibernate', 'suspend']) {
      const good = ask([10, 11, 12], `--${change}`);
      expect(good.fits).toBe(true);
      expect(good.onePrimary?.needed).toEqual({ min: 33, max: 33 });
      const bad = ask(THREE, `--${change}`);
      expect(verdicts(bad)).toEqual([
        [change, 1, true],
        [change, 2, false],
      ]);
    }
  });

  it('takes CPUs down from the top since 6.12', () => {
    const order = (kernel: string): number[] =>
      ask([1, 1, 1], '--hibernate', '--kernel', kernel).steps.map((step) => step.cpu);
    expect(order('6.6')).toEqual([1, 2]);
    expect(order('6.12')).toEqual([2, 1]);
  });

  it('combines changes in the order of the command line', () => {
    expect(verdicts(ask([10, 11, 12, 13], '--offline', '3', '--suspend'))).toEqual([
      ['offline', 3, true],
      ['suspend', 1, true],
      ['suspend', 2, true],
    ]);
    expect(verdicts(ask([10, 11, 12, 13], '--offline', '1', '--offline', '3', '--hibernate'))).toEqual([
      ['offline', 1, true],
      ['offline', 3, true],
      ['hibernate', 2, true],
    ]);
  });

  it('says null and exits 1 where it cannot be decided, and which fact would decide it', () => {
    const folder = tempDir();
    // No debugfs and no masks: every interrupt may be anywhere.
    writeFiles(folder, { interrupts: interruptsText(2, Array(150).fill('eth0')) });
    const args = ['fits', '--offline', '1', '--root', join(folder, 'interrupts')];
    const json = irqspace(...args, '--json');
    const answer = fits.parse(jsonOf(json));
    expect(answer.fits).toBeNull();
    expect(json.code).toBe(1);
    const text = irqspace(...args);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(
      /^It cannot be decided from what is known\.\nnot certain: undecided at CPU 1: /,
    );
  });

  it('puts the verdict first in the text, then the steps with the kernel’s line in one piece', () => {
    const lines = irqspace('fits', '--offline', '1,2', '--root', dumpFile(tempDir(), THREE)).stdout.split(
      '\n',
    );
    expect(lines[0]).toBe('It does not fit: the kernel refuses to take CPU 2 offline.');
    expect(lines).toContain('    1  offline      150        272  fits; 150 move to CPU 0,2');
    expect(lines).toContain('       kernel: CPU 2 has 140 vectors, 61 available. Cannot disable CPU');
    const suspend = irqspace('fits', '--suspend', '--root', dumpFile(tempDir(), THREE)).stdout;
    expect(suspend).toMatch(
      /^It does not fit: the kernel gives up suspend at CPU 2\.\nIn the end 280 vectors must fit 201 on CPU 0\.\n/,
    );
  });

  it('sums up a long run of steps that fit', () => {
    const { stdout } = irqspace('fits', '--hibernate', '--root', dumpFile(tempDir(), Array(100).fill(1)));
    expect(stdout).toContain('(79 steps before these fit and are not shown; --json has all)');
    expect(stdout.split('\n').length).toBeLessThan(40);
  });
});
