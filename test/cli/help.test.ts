import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasScript, inTerminal, irqspace, MAIN } from './run.ts';

const COMMANDS = [
  ...[
    'report',
    'fits',
    'plan',
    'apply',
    'rollback',
    'explain',
    'spread',
    'watch',
    'replay',
    'simulate',
    'compare',
    'drivers',
    'audit',
    'capture',
    'serve',
    'help',
  ],
];

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  report: ['--root', '--kernel', '--json', '--map'],
  fits: ['--root', '--kernel', '--json', '--hibernate', '--suspend', '--offline'],
  plan: [
    '--by',
    '--interval',
    '--since',
    '--hints',
    '--wide',
    '-o, --output',
    '--root',
    '--kernel',
    '--json',
  ],
  apply: ['--yes', '--wait', '--journal', '--root', '--json'],
  rollback: ['--force', '--root', '--json'],
  explain: ['--root', '--kernel', '--json'],
  spread: ['--vectors', '--min', '--pre', '--post', '--sets', '--topology', '--root', '--kernel', '--json'],
  watch: ['--root', '--kernel', '--json', '--trace', '--interval', '--count', '--once', '--plain'],
  replay: ['--root', '--ops', '--kernel', '--json'],
  simulate: ['--map', '--events', '--schema', '--kernel', '--json'],
  drivers: ['--json'],
  audit: ['--strict', '--inventory', '--format', '--diff', '--baseline', '--allow', '--jobs'],
  capture: ['--root'],
  serve: ['--root', '--kernel', '--port'],
};

describe('irqspace --help', () => {
  it('names every command and how it is used', () => {
    const { code, stdout, stderr } = irqspace('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: irqspace /);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} .*  \\w`, 'm'));
    expect(stdout).toContain('Exit codes: 0 ');
    expect(irqspace('-h').stdout).toBe(stdout);
  });

  it.each(COMMANDS)('tells what %s takes, with an example, in lines that can be read', (command) => {
    const { code, stdout, stderr } = irqspace(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: irqspace ${command} `));
    for (const option of OPTIONS[command] ?? []) expect(stdout).toMatch(new RegExp(`^  ${option}\\b`, 'm'));
    expect(stdout).toContain(`Examples:\n  irqspace ${command}`);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.skipIf(!hasScript)('keeps to a terminal of 80 columns', () => {
    for (const command of [[], ...COMMANDS.map((name) => [name])]) {
      const { stdout } = inTerminal(80, [...command, '--help']);
      expect(stdout).toContain('Usage: irqspace');
      const tooLong = stdout.split('\n').filter((line) => line.length > 80);
      expect(tooLong).toEqual([]);
    }
  });
});

describe('irqspace help', () => {
  it('prints what irqspace --help prints', () => {
    expect(irqspace('help')).toEqual(irqspace('--help'));
  });

  it.each(COMMANDS)('prints of %s what its --help prints', (command) => {
    const ran = irqspace('help', command);
    expect(ran).toEqual(irqspace(command, '--help'));
    expect(ran.stdout).toMatch(new RegExp(`^Usage: irqspace ${command} `));
  });
});

describe('irqspace --version', () => {
  it('prints the version of the package', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(MAIN, '../../../package.json'), 'utf8'));
    const { code, stdout } = irqspace('--version');
    expect(code).toBe(0);
    expect(manifest).toMatchObject({ version: stdout.trim() });
  });
});
