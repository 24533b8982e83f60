import { describe, expect, it } from 'vitest';
import { LocatedError } from './located-json.ts';
import { readScenario } from './read-scenario.ts';

/** The message of what is refused, without the file's name. */
function refusal(text: string): string {
  try {
    readScenario(text, 'file.json');
  } catch (error) {
    if (error instanceof LocatedError) return error.message.replace(/^file\.json:/, '');
    throw error;
  }
  throw new Error('it was taken');
}

/** A scenario with these fields instead of, or beside, the usual ones. */
function scenarioWith(fields: object): string {
  return JSON.stringify({ kind: 'scenario', version: 1, machine: { cpus: 4 }, steps: [], ...fields });
}

describe('a scenario', () => {
  it('may leave out what has a default', () => {
    const { scenario } = readScenario(scenarioWith({ devices: [{ driver: 'nvme' }] }), 'file.json');
    expect(scenario.machine).toMatchObject({
      kernel: 'newest',
      remapping: false,
      pic: true,
      cleanups: 'at-once',
    });
    expect(scenario.devices).toEqual([{ driver: 'nvme', node: -1, parameters: {} }]);
  });

  it('may have comments and trailing commas', () => {
    const text = '{ // mine\n "kind": "scenario", "version": 1, "machine": { "cpus": 2, }, "steps": [], }';
    expect(readScenario(text, 'file.json').scenario.machine.cpus).toBe(2);
  });

  it('is refused with line, column and path, and with what was expected and found', () => {
    const text =
      '{\n  "kind": "scenario",\n  "version": 1,\n  "machine": { "cpus": 4 },\n  "steps": [\n    { "do": "tick" },\n    { "do": "remove" }\n  ]\n}';
    expect(refusal(text)).toBe('7:5: steps[1].device: expected a string, found nothing');
    expect(refusal(text.replace('"remove"', '"remove", "device": 3'))).toBe(
      '7:33: steps[1].device: expected a string, found 3',
    );
  });

  it.each([
    ['', 'not JSON: value expected'],
    ['{', 'not JSON: close brace expected'],
    ['[]', 'expected an object, found []'],
    [scenarioWith({ version: 2 }), 'version: expected 1, found 2'],
    [scenarioWith({ kind: 'report' }), 'kind: expected "scenario", found "report"'],
    [scenarioWith({ colour: 1 }), 'colour: no such key is known here'],
    [scenarioWith({ machine: { cpus: 0 } }), 'machine.cpus: expected at least 1, found 0'],
    [scenarioWith({ machine: { cpus: -4 } }), 'machine.cpus: expected at least 1, found -4'],
    [scenarioWith({ machine: { cpus: 1.5 } }), 'machine.cpus: expected an integer, or a string, found 1.5'],
    [
      scenarioWith({ machine: { cpus: '2+2' } }),
      'machine.cpus: expected sockets x cores x threads, such as 2x16x2',
    ],
    [
      scenarioWith({ machine: { cpus: 4, online: '0,2,0' } }),
      'machine.online: expected every CPU once, CPU 0 is there twice',
    ],
    [scenarioWith({ machine: { cpus: 4, nodes: ['0-x'] } }), 'machine.nodes[0]: expected '],
    [
      scenarioWith({ devices: [{ driver: 'nvme', count: -1 }] }),
      'devices[0].count: expected at least 1, found -1',
    ],
    [
      scenarioWith({ devices: [{ driver: 'nvme', msix: 4096 }] }),
      'devices[0].msix: expected at most 2048, found 4096',
    ],
    [
      scenarioWith({ devices: [{ driver: 'nvme', address: '1:0.0' }] }),
      'devices[0].address: expected a PCI address like 0000:01:00.0, found "1:0.0"',
    ],
    [
      scenarioWith({ devices: [{ driver: 'nvme', msi: { messages: 3, maskable: true } }] }),
      'devices[0].msi.messages: expected ',
    ],
    [scenarioWith({ steps: [{ do: 'fly' }] }), 'steps[0].do: expected one of probe, remove, link-up'],
    [scenarioWith({ steps: [{}] }), 'steps[0].do: expected one of probe'],
    [
      scenarioWith({ steps: [{ do: 'vfs', device: 'a', count: -1 }] }),
      'steps[0].count: expected at least 0, found -1',
    ],
    ['{"kind":"scenario","kind":"scenario"}', 'kind: expected every key once'],
  ])('%s is refused', (text, expected) => {
    expect(refusal(text).replace(/^\d+:\d+: /, '')).toContain(expected);
  });

  it('is refused by its nesting before anything recurses', () => {
    expect(refusal('['.repeat(5_000_000))).toBe('1:33: expected no more than 32 levels of nesting');
    expect(refusal('{"a":'.repeat(1_000_000))).toContain('expected no more than 32 levels of nesting');
  });

  it('is refused with a short quotation of what is long', () => {
    const message = refusal(scenarioWith({ name: 'x'.repeat(100_000) }));
    expect(message.length).toBeLessThan(200);
  });
});
