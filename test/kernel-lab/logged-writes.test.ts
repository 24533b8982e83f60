import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../host/machine-fixture.ts';
import { logMaskWrites } from './guest/logged-writes.ts';

it('other files than masks are written as ever, and nothing is told of them', () => {
  const told: string[] = [];
  const log = (path: string): void => void told.push(path);
  const end = logMaskWrites({ before: log, after: log });
  const path = join(tempDir(), 'journal');
  try {
    const file = openSync(path, 'w');
    writeSync(file, 'one\n');
    writeSync(file, Buffer.from('two\n'));
    closeSync(file);
    // No machine that the tests run on lets this be opened for writing; a refusal of open is nobody's write.
    expect(() => openSync('/proc/irq/99999/smp_affinity', 'r')).toThrow('ENOENT');
  } finally {
    end();
  }
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  expect(told).toEqual([]);
});
