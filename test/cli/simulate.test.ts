import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { scenarioJsonSchema } from '../../src/format/scenario.ts';
import { simulateAnswer } from '../../src/format/simulate.ts';
import { complaintOf, hasScript, inTerminal, irqspace, jsonOf, MAIN, run } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = 'docs/examples/server.json';
const folder = mkdtempSync(join(tmpdir(), 'irqspace-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'scenario.json');
  writeFileSync(path, text);
  return path;
}

function scenario(fields: object): string {
  return file(
    JSON.stringify({
      kind: 'scenario',
      version: 1,
      machine: { kernel: '6.1', cpus: 4 },
      steps: [],
      ...fields,
    }),
  );
}

const FULL = {
  machine: { kernel: '6.1', cpus: 2 },
  devices: [{ driver: 'ahci', count: 250 }],
  steps: [{ do: 'probe' }, { do: 'cpu-offline', cpus: '1' }],
};

describe('irqspace simulate', () => {
  it('shows each step, what the kernel printed, and the state at the end', () => {
    const { code, stdout, stderr } = irqspace('simulate', EXAMPLE);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^a server with four network ports .*: rules of 6\.1; 36 operations,\s+all done$/ms,
    );
    expect(stdout).toMatch(/^ +0 {2}probe +nvme0 … nvme1 \(2\) +OK +nvme: 33 interrupts \(MSI-X\)$/m);
    expect(stdout).toMatch(/^ +4 {2}hibernate +OK +31 CPUs went and came$/m);
    expect(stdout).toContain('info: CPU1 is up (and 30 more such lines)');
    expect(stdout).toContain('8 of 32 CPUs online');
  });

  it('says how much hangs on the order of those that probe together', () => {
    const devices = [{ driver: 'nvme', count: 2 }];
    const path = scenario({ devices, steps: [{ do: 'probe', together: ['nvme0', 'nvme1'] }] });
    const { code, stdout } = irqspace('simulate', path);
    expect(code).toBe(0);
    const note = stdout.slice(stdout.indexOf('note: who comes first')).split('\n\n')[0];
    expect(note?.split('\n')).toEqual([
      'note: who comes first of those that probe together is not known: in 4 orders 9 of 11 interrupts end',
      '  on the same CPU, 1 with the same vector',
      '  nvme0q0: CPU 1, 2',
      '  nvme1q0: CPU 1, 2',
    ]);
    expect(simulateAnswer.parse(jsonOf(irqspace('simulate', path, '--json'))).orders?.sameCpu).toBe(9);
  });

  it('answers in JSON, with every event', () => {
    const answer = simulateAnswer.parse(jsonOf(irqspace('simulate', EXAMPLE, '--json')));
    expect(answer.operations).toHaveLength(36);
    expect(answer.snapshots.map(({ name }) => name)).toEqual(['running']);
    expect(answer.operations[0]?.events[0]).toEqual({
      name: 'irq_matrix_reserve',
      fields: expect.objectContaining({ global_rsvd: expect.any(Number) }),
    });
    expect(answer.state.kernel.profile).toBe('6.1');
  });

  it('takes another kernel, and a scenario on standard input', () => {
    const sh = run('sh', [
      '-c',
      `"${process.execPath}" "${MAIN}" simulate - --kernel 7.2 --json < ${EXAMPLE}`,
    ]);
    expect(simulateAnswer.parse(jsonOf(sh)).kernel.profile).toBe('7.2');
  });

  it('exits with 1 where something was refused, and shows why', () => {
    const { code, stdout } = irqspace('simulate', scenario(FULL));
    expect(code).toBe(1);
    expect(stdout).toContain('1 refused');
    expect(stdout).toMatch(/^ +1 {2}cpu-offline +CPU 1 +ENOSPC +\d+ vectors, \d+ available$/m);
    expect(stdout).toMatch(/^ +warn: CPU 1 has \d+ vectors, \d+ available\. Cannot disable CPU$/m);
  });

  it('says why a machine that slept has a report that says it will not', () => {
    const path = scenario({
      machine: { kernel: '6.1', cpus: 2 },
      devices: [{ driver: 'e1000e', count: 80 }],
      steps: [{ do: 'probe' }, { do: 'link-up' }, { do: 'hibernate' }],
    });
    const { code, stdout } = irqspace('simulate', path);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /note: the report below asks .* drivers gave up theirs\s+first\n\nwarning: hibernation/s,
    );
  });

  it('draws the picture, of every snapshot and of the end', () => {
    const { stdout } = irqspace('simulate', EXAMPLE, '--map');
    const maps = stdout.split('\n').filter((line) => /^ *CPUs {2}32 /.test(line));
    expect(maps).toHaveLength(2);
    expect(stdout).toContain('running:\n');
    expect(stdout).toMatch(/^ *0,2 \|[A-Za-z.#? ]+\|$/m);
  });

  it.skipIf(!hasScript)('draws it as wide as the terminal', () => {
    for (const columns of [80, 240]) {
      const { stdout } = inTerminal(columns, ['simulate', EXAMPLE, '--map']);
      const rows = stdout.split(/\r?\n/).filter((line) => /^[ \d,-]+\|/.test(line));
      expect(rows.length).toBeGreaterThan(3);
      for (const row of rows) expect(stripVTControlCharacters(row).length).toBeLessThanOrEqual(columns);
    }
    const wide = inTerminal(260, ['simulate', EXAMPLE, '--map']).stdout;
    expect(wide).not.toContain('vectors to a character');
  });

  it('shows the tracepoints where asked to', () => {
    const path = scenario({ devices: [{ driver: 'nvme' }], steps: [{ do: 'probe' }] });
    expect(irqspace('simulate', path, '--events').stdout).toMatch(
      /^ +vector_setup: irq=24 is_legacy=0 ret=0$/m,
    );
    expect(irqspace('simulate', path).stdout).not.toContain('vector_setup');
  });

  it('prints its schema, which is the one in docs', () => {
    const { code, stdout } = irqspace('simulate', '--schema');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
    expect(JSON.parse(readFileSync(join(ROOT, 'docs/scenario.schema.json'), 'utf8'))).toEqual(
      JSON.parse(stdout),
    );
  });
});

describe('irqspace simulate refuses', () => {
  const complaint = (...args: string[]): string =>
    complaintOf(irqspace('simulate', ...args)).replace(folder, 'X');

  it('what is no file, or no scenario, in one line', () => {
    expect(complaint()).toBe('simulate: the file of a scenario is needed, or - for standard input');
    expect(complaint(join(folder, 'nothing.json'))).toBe(
      'X/nothing.json: cannot be read: no such file or directory',
    );
    expect(complaint(file(''))).toBe('X/scenario.json: is empty');
    expect(complaint(file('{'))).toBe('X/scenario.json:1:2: not JSON: close brace expected');
    expect(complaint(scenario({}), '--kernel', '2.6')).toContain('--kernel: no profile "2.6"');
  });

  it('what does not hold together, with the line and the path', () => {
    expect(complaint(scenario({ devices: [{ driver: 'nvmee' }] }))).toMatch(
      /^X\/scenario\.json:1:\d+: devices\[0\]\.driver: expected a driver of the catalogue \(.*, nvme, .*\), found "nvmee"$/,
    );
    expect(complaint(scenario({ steps: [{ do: 'remove', device: 'nvme0' }] }))).toMatch(
      /^X\/scenario\.json:1:\d+: steps\[0\]\.device: expected a device that is there \(there are none\), found "nvme0"$/,
    );
    expect(complaint(scenario({ steps: [{ do: 'cpu-offline', cpus: '1,1' }] }))).toContain(
      'CPU 1 is there twice',
    );
    expect(complaint(scenario({ steps: [{ do: 'cpu-offline', cpus: '-1' }] }))).toMatch(
      /steps\[0\]\.cpus: expected/,
    );
  });

  it('ten megabytes of nested JSON, at once', () => {
    expect(complaint(file('['.repeat(10_000_000)))).toBe(
      'X/scenario.json:1:33: expected no more than 32 levels of nesting',
    );
  });

  it('names that would speak to the terminal only as dots', () => {
    const { stdout } = irqspace('simulate', scenario({ name: 'a\u001b[31mb' }));
    expect(stdout).toMatch(/^a·\[31mb: /);
  });
});
