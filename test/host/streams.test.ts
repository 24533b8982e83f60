import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/host/limits.ts';
import { openRoot } from '../../src/host/open-root.ts';
import { complaintOf, hasScript, inTerminal, MAIN, type Ran, run } from '../cli/run.ts';
import { INTERRUPTS, makeMachine, rootErrorOf, tarOf, tempDir } from './machine-fixture.ts';

/** A named pipe that somebody is about to write this into. */
function pipeWith(content: string | Uint8Array): string {
  const folder = tempDir();
  writeFileSync(join(folder, 'content'), content);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  spawn('sh', ['-c', 'cat content > pipe'], { cwd: folder, stdio: 'ignore' });
  return join(folder, 'pipe');
}

/** Runs a line of bash in which `$irqspace` is the program and `$file` a file with this content. */
function bash(line: string, content: string | Uint8Array = ''): Ran {
  const file = join(tempDir(), 'file');
  writeFileSync(file, content);
  return run('bash', ['-c', line], { env: { irqspace: `${process.execPath} ${MAIN}`, file } });
}

describe('openRoot of a named pipe', () => {
  test.each([
    ['text', INTERRUPTS],
    ['gzip', gzipSync(INTERRUPTS)],
    ['more than a chunk', INTERRUPTS + '\n'.repeat(300_000)],
  ])('reads it to its end: %s', (_, content) => {
    const path = pipeWith(content);
    const tree = openRoot(path);
    expect(tree.source).toBe(path);
    expect(tree.readText('proc/interrupts')?.trimEnd()).toBe(INTERRUPTS.trimEnd());
  });

  test('reads a tar.gz', () => {
    const folder = tempDir();
    makeMachine(join(folder, 'root'));
    const packed = tarOf(join(folder, 'root'), join(folder, 'm.tar.gz'), '-z');
    const tree = openRoot(pipeWith(execFileSync('cat', [packed])));
    expect(tree.readText('proc/interrupts')).toBe(INTERRUPTS);
    expect(tree.keepsModes).toBe(true);
  });

  test('reads no more than the limit, of a device too', () => {
    const small = { ...LIMITS, maxBytes: 100_000 };
    for (const path of [pipeWith(new Uint8Array(100_001)), '/dev/zero']) {
      expect(rootErrorOf(() => openRoot(path, small))).toBe(`${path}: larger than 100000 bytes: not read`);
    }
  });

  test('refuses what only a tool could unpack from a file', () => {
    const path = pipeWith(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2]));
    expect(rootErrorOf(() => openRoot(path))).toBe(
      `${path}: is packed with xz: pipe it through "xz -dc", or name the file`,
    );
  });
});

describe('--root -', () => {
  test.each([
    ['a pipe', 'cat "$file" | $irqspace --json --root -'],
    ['a slow pipe', '(head -c 40 "$file"; sleep 0.3; tail -c +41 "$file") | $irqspace --json --root -'],
    ['a file', '$irqspace --json --root - < "$file"'],
    ['its other name', 'cat "$file" | $irqspace --json --root /dev/stdin'],
    ['a packed file', 'gzip -c "$file" | $irqspace --json --root -'],
    ['a mail', 'sed "s/^/> /" "$file" | $irqspace --json --root -'],
  ])('reads standard input: %s', (_, line) => {
    const ran = bash(line, INTERRUPTS);
    expect(ran.stderr).toBe('');
    expect(JSON.parse(ran.stdout)).toMatchObject({ source: 'standard input', irqs: [{ irq: 24 }] });
  });

  test('reads what <(...) makes', () => {
    const ran = bash('$irqspace --json --root <(cat "$file")', INTERRUPTS);
    expect(JSON.parse(ran.stdout)).toMatchObject({ irqs: [{ irq: 24 }] });
  });

  test.each([
    ['$irqspace --root - < /dev/null', 'standard input: is empty'],
    ['$irqspace --root - <&-', 'standard input: is empty'],
    ['$irqspace --root - < /', 'standard input: cannot be read: is a directory'],
  ])('%s', (line, complaint) => {
    expect(complaintOf(bash(line))).toBe(complaint);
  });

  test.runIf(hasScript)('refuses a terminal', () => {
    expect(inTerminal(100, ['--root', '-']).stdout).toBe(
      'irqspace: standard input: is a terminal; expected a file or a pipe\n',
    );
  });
});
