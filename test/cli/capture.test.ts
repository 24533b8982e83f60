import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { report } from '../../src/format/report.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { machineFolder } from './machines.ts';
import { complaintOf, irqspace, jsonOf, MAIN, run } from './run.ts';

describe('irqspace capture', () => {
  it('packs a machine so that its report stays the same', () => {
    const root = machineFolder(tempDir());
    const file = join(tempDir(), 'm.tar.gz');
    const ran = irqspace('capture', file, '--root', root);
    expect(ran).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/m\.tar\.gz: \d+ files, \d+ KiB\n$/),
    });
    const reportOf = (path: string) => report.parse(jsonOf(irqspace('report', '--json', '--root', path)));
    expect(reportOf(file)).toEqual({ ...reportOf(root), source: file });
  });

  it('captures this machine into irqspace-capture.tar.gz when no name is given', () => {
    const cwd = tempDir();
    expect(run(process.execPath, [MAIN, 'capture'], { cwd }).code).toBe(0);
    const file = join(cwd, 'irqspace-capture.tar.gz');
    const answer = report.parse(jsonOf(irqspace('report', '--json', '--root', file)));
    expect(answer.irqs.length).toBeGreaterThan(0);
  });

  it('never overwrites, and refuses a name that is no tarball', () => {
    const root = machineFolder(tempDir());
    const file = join(tempDir(), 'm.tar');
    expect(irqspace('capture', file, '--root', root).code).toBe(0);
    const before = readFileSync(file);
    expect(complaintOf(irqspace('capture', file, '--root', root))).toBe(
      `${file}: exists already: not overwritten`,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
    const other = join(tempDir(), 'm.zip');
    expect(complaintOf(irqspace('capture', other, '--root', root))).toContain('expected a name that ends in');
    expect(existsSync(other)).toBe(false);
  });
});
