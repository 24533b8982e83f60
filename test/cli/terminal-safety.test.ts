/** Nothing that a file or a path holds may drive the terminal of who reads about it. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { interruptsText, machineFolder, vectorDump } from './machines.ts';
import { complaintOf, irqspace, irqspaceServe, jsonOf, MAIN, run } from './run.ts';

/** Clears the screen, sets the title, CSI in its one-byte form, turns the direction of writing. */
const EVIL = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e';
/** What a text may hold besides what can be read. */
const RAW = /[^\P{C}\n]/u;

describe('control characters', () => {
  const root = (): string => machineFolder(join(tempDir(), `m${EVIL}\nx`), [`eth0${EVIL}`, 'eth1']);

  it('of a path and of the names in a machine do not reach the text', () => {
    const machine = root();
    for (const args of [['report'], ['explain', '24'], ['fits', '--hibernate']]) {
      const { stdout, stderr, code } = irqspace(...args, '--root', machine);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout).not.toMatch(RAW);
    }
    expect(irqspace('report', '--root', machine).stdout).toContain('m·[2J');
    expect(irqspace('explain', '24', '--root', machine).stdout).toContain('eth0·[2J·]0;owned··31m·');
  });

  it('are escaped in JSON, which keeps their value', () => {
    const machine = root();
    const ran = irqspace('report', '--json', '--root', machine);
    expect(ran.stdout).not.toMatch(RAW);
    expect(jsonOf(ran)).toMatchObject({ source: machine });
  });

  it('are dots in complaints about a path, a file, an option and a word', () => {
    const folder = tempDir();
    writeFiles(folder, {
      VECTOR: vectorDump([1, 2])
        .replace('33  ', `33${EVIL}`)
        .replace(/201|200|199/, EVIL),
      [`x${EVIL}`]: 'junk',
    });
    const named = [
      ['report', '--root', `/no/such${EVIL}\n`],
      ['report', '--root', join(folder, 'VECTOR')],
      ['report', '--root', join(folder, `x${EVIL}`)],
      ['report', '--kernel', EVIL],
      ['fits', '--offline', EVIL],
      ['explain', `${EVIL}\n`],
      ['drivers', `${EVIL}\n`],
      ['serve', '--port', EVIL],
      [`${EVIL}\n`],
      [`--x${EVIL}\n`],
      ['capture', join(folder, `y${EVIL}`)],
    ];
    // complaintOf refuses every character that is not for reading.
    for (const args of named) expect(complaintOf(irqspace(...args))).not.toBe('');
  });

  it('are dots in what serve and capture say', async () => {
    const machine = root();
    const server = await irqspaceServe('--port', '0', '--root', machine);
    expect(server.written()).not.toMatch(RAW);
    const file = join(tempDir(), `c${EVIL}.tar`);
    const { stdout } = irqspace('capture', file, '--root', machine);
    expect(stdout).toContain('.tar: ');
    expect(stdout).not.toMatch(RAW);
  });

  it('are dots in what is said about a bug', () => {
    // Not even a stack is trusted: its message may quote a file.
    const fault = `process.stdout.write = () => { throw new Error(${JSON.stringify(`a${EVIL}b`)}); };`;
    const ran = run(process.execPath, [
      `--import=data:text/javascript,${encodeURIComponent(fault)}`,
      ...[MAIN, 'report', '--root', root()],
    ]);
    expect(ran.code).toBe(EXIT.bug);
    expect(ran.stderr).toContain('Error: a·[2J');
    expect(ran.stderr).toMatch(/\n +at /);
    expect(ran.stderr).not.toMatch(RAW);
  });

  it('do not even reach a text of interrupts alone', () => {
    const folder = tempDir();
    writeFiles(folder, { interrupts: interruptsText(2, [`a${EVIL}`]) });
    const { stdout, stderr } = irqspace('report', '--root', join(folder, 'interrupts'));
    expect(stdout + stderr).not.toMatch(RAW);
  });
});
