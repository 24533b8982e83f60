import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runWatch } from '../../src/cli/commands/watch.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { watchSample } from '../../src/format/watch.ts';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { complaintOf, hasScript, inTerminal, irqspace, MAIN, run } from './run.ts';

const ESCAPE = '\u001b';

const interrupts = (nvme: number, eth: number): string =>
  `           CPU0       CPU1\n  30: ${nvme} 0 PCI-MSI 1-edge nvme0q1\n  31: 0 ${eth} PCI-MSI 2-edge eth0\n`;

function machine(): string {
  const root = tempDir();
  writeFiles(root, {
    'proc/interrupts': interrupts(10, 4294967290),
    'proc/version': 'Linux version 6.1.192 (x) (gcc) #1 SMP Debian 6.1.192-2 (2026-11-16)\n',
    'proc/irq/30/smp_affinity_list': '0-1\n',
    'proc/irq/30/effective_affinity_list': '0\n',
    'sys/devices/system/cpu/online': '0-1\n',
    'sys/devices/system/cpu/possible': '0-1\n',
    'sys/devices/system/cpu/present': '0-1\n',
  });
  return root;
}

describe('irqspace watch', () => {
  it('of a machine that does not change is one sample without rates', () => {
    const { code, stdout, stderr } = irqspace('watch', '--root', machine());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('2 interrupts on 2 CPUs; no rates from one reading');
    expect(stdout).toMatch(/^ +30 +0 .*nvme0q1$/m);
  });

  it('of a directory whose files change has rates, past the end of a counter, and moves, as lines of JSON', async () => {
    const root = machine();
    const asked = ['--json', '--count', '10000', '--interval', '0.02', '--root', root];
    const child = spawn(process.execPath, [MAIN, 'watch', ...asked], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('close', resolve));
    let delivered = 0;
    const happened: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      const { seconds, irqs, events } = watchSample.parse(JSON.parse(line));
      if (seconds === undefined) {
        replace(join(root, 'proc/irq/30/effective_affinity_list'), '1\n');
        replace(join(root, 'proc/interrupts'), interrupts(10, 4));
      }
      delivered += Math.round(irqs.reduce((sum, { rate = 0 }) => sum + rate, 0) * (seconds ?? 0));
      happened.push(...events.map(({ text }) => text));
      if (delivered > 0 && happened.length > 0 && !child.killed) child.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
    expect(delivered).toBe(10);
    expect(happened).toEqual(['moved from CPU 0 to CPU 1']);
  });

  it.each([
    [{ count: '0' }, '--count: expected a number of samples, found "0"'],
    [{ count: '2', once: true }, '--once and --count: one of them'],
    [{ interval: 'x' }, '--interval: expected seconds up to 3600, found "x"'],
  ])('says what is wrong with %j', async (options, text) => {
    const out = { write: () => undefined, columns: 80, color: false };
    await expect(runWatch({ root: '/', ...options }, out)).rejects.toThrow(new UsageError(text));
  });

  it('records on this machine only', () => {
    expect(complaintOf(irqspace('watch', '--trace', '--root', machine()))).toContain(
      '--trace records on this machine',
    );
  });

  it.runIf(hasScript)('draws in a terminal, and leaves it as it was', () => {
    const command = `stty cols 80 rows 20; '${process.execPath}' '${MAIN}' watch --root '${machine()}'; stty -a`;
    const { stdout } = run('script', ['-qec', command, '/dev/null'], { env: { TERM: 'xterm' }, input: 'q' });
    const [, drawn = '', after = ''] = stdout.split(new RegExp(`${ESCAPE}\\[\\?1049[hl]`));
    expect(drawn).toContain('nvme0q1');
    expect(drawn).not.toContain('\n');
    expect(drawn.endsWith(`${ESCAPE}[?25h`)).toBe(true);
    expect(after).toMatch(/ icanon .* echo /s);
  });

  it.runIf(hasScript)('does not draw in a terminal that cannot be drawn in', () => {
    const { code, stdout } = inTerminal(80, ['watch'], { TERM: 'dumb' });
    expect(code).toBe(2);
    expect(stdout).toBe(
      'irqspace: watch: this terminal cannot be drawn in (TERM=dumb); ask for --plain or --json\n',
    );
  });
});

/** As a whole, so that nobody reads half of it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
