import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { conformance } from '../conformance/conformance.ts';
import { sharedPath } from '../shared.ts';

const root = resolve(import.meta.dirname, '../..');
const fixtures = join(root, 'test/fixtures/golden');
const shared = sharedPath('golden');

const scratch = mkdtempSync(join(tmpdir(), 'irqspace-golden-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function run(...paths: string[]): { code: number; out: string[]; err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const code = conformance(paths, {
    out: (text) => out.push(...text.split('\n')),
    err: (text) => err.push(text),
  });
  return { code, out, err };
}

function fixtureLines(name: string): string[] {
  return gunzipSync(readFileSync(join(fixtures, name)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
}

let written = 0;
/** Runs lines as a log of their own. */
function runLines(lines: readonly string[]): ReturnType<typeof run> & { file: string } {
  const file = join(scratch, `${++written}.jsonl`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { file, ...run(file) };
}

describe('golden logs', () => {
  it('every line of the logs in the fixtures is as the kernel had it', () => {
    const { code, out } = run(fixtures);
    expect(out.filter((line) => line.includes('expected'))).toEqual([]);
    expect(out.at(-1)).toBe('24891 passed, 0 failed, 0 skipped');
    expect(code).toBe(0);
  });

  it.skipIf(shared === undefined)(
    'every line of the logs in ../shared/golden is too, and none is skipped',
    () => {
      const { code, out } = run(shared ?? '');
      const total = /^(\d+) passed, 0 failed, 0 skipped$/.exec(out.at(-1) ?? '');
      expect(out.filter((line) => line.includes('expected'))).toEqual([]);
      expect(Number(total?.[1])).toBeGreaterThan(80_000);
      expect(code).toBe(0);
    },
  );
});

describe('the conformance runner', () => {
  const lines = fixtureLines('m06_4cpu_abuse.jsonl.gz');
  const at = (pattern: RegExp): number => {
    const found = lines.findIndex((line) => pattern.test(line));
    if (found < 0) throw new Error(`no line like ${pattern}`);
    return found;
  };
  const altered = (pattern: RegExp, change: (line: string) => string) => {
    const index = at(pattern);
    const changed = change(lines[index] ?? '');
    expect(changed).not.toBe(lines[index]);
    const result = runLines(lines.with(index, changed));
    return { ...result, where: `${result.file}:${index + 1}` };
  };
  const raise = (digits: string): string => String(Number(digits) + 1);

  it('the log that the tests below alter passes unaltered', () => {
    expect(runLines(lines)).toMatchObject({ code: 0, err: [] });
  });

  it('a wrong result makes it fail with file, line, operation, field, and both values', () => {
    const { code, out, where, file } = altered(/"op":"alloc".*"ret":33,/, (line) =>
      line.replace('"ret":33', '"ret":34'),
    );
    expect(out).toEqual([
      `${where}: alloc: ret: expected 34, got 33`,
      `${file}: ${lines.length - 1} passed, 1 failed`,
      `${lines.length - 1} passed, 1 failed, 0 skipped`,
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ['the chosen CPU', /"op":"alloc".*"cpu":2/, /"cpu":2/, '"cpu":1', 'cpu: expected 1, got 2'],
    ['a missing choice', /"op":"alloc".*"cpu":2/, /"cpu":2,/, '', 'cpu: expected none, got 2'],
    ['a warning', /"op":"free".*"warn":1/, /"warn":1,/, '', 'warn: expected 0, got 1'],
    [
      'a reservation message',
      /"op":"reserve",/,
      /"op":"reserve",/,
      '"op":"reserve","resv_warn":1,',
      'resv_warn',
    ],
    ['a BUG', /"bug":1/, /"bug":1,/, '', 'bug: expected 0, got 1'],
    [
      'an unknown field',
      /"op":"free"/,
      /"op":"free"/,
      '"op":"free","oops":1',
      'oops: expected 1, got nothing',
    ],
    ['an unknown operation', /"op":"free"/, /"op":"free"/, '"op":"liberate"', 'unknown op "liberate"'],
    ['a missing result', /"op":"alloc"/, /"ret":-?\d+,/, '', 'ret is missing, not an integer'],
    ['missing counters', /"op":"free"/, /"c":.*\]\],/, '', 'c shows CPUs ""'],
    ['a dumped system bit', /"op":"dump"/, /"system":"0-19/, '"system":"0-18', 'system: expected 0-18'],
    ['a CPU left out of a dump', /"op":"dump"/, /\["[^\]]*\],/, '', 'the dump shows'],
    ['a header field', /"trace"/, /"trace"/, '"shift":1,"trace"', 'shift: expected 1'],
  ])('%s that differs makes it fail', (_what, line, from, to, message) => {
    const { code, out, where } = altered(line, (text) => text.replace(from, to));
    expect(out.some((text) => text.startsWith(where) && text.includes(message))).toBe(true);
    expect(code).toBe(1);
  });

  it('every counter of `c` and `g`, and every column of a dump, is compared', () => {
    const fields = [
      [/"op":"free"/, /"c":\[\["\d+",(\d+)/, 'available'],
      [/"op":"free"/, /"c":\[\["\d+",\d+,(\d+)/, 'allocated'],
      [/"op":"free"/, /"c":\[\["\d+",\d+,\d+,(\d+)/, 'managed'],
      [/"op":"free"/, /"c":\[\["\d+",\d+,\d+,\d+,(\d+)/, 'managed_allocated'],
      [/"op":"free"/, /"g":\[(\d+)/, 'g.global_available'],
      [/"op":"free"/, /"g":\[\d+,(\d+)/, 'g.global_reserved'],
      [/"op":"free"/, /"g":\[\d+,\d+,(\d+)/, 'g.total_allocated'],
      [/"op":"free"/, /"g":\[\d+,\d+,\d+,(\d+)/, 'g.online_maps'],
      [/"op":"dump"/, /"cpus":\[\["[\d,-]+",\d+,\d+,\d+,\d+,(\d)/, 'initialized'],
      [/"op":"dump"/, /"cpus":\[\["[\d,-]+",\d+,\d+,\d+,\d+,\d,(\d)/, 'online'],
      [/"op":"dump"/, /"cpus":\[\["[\d,-]+",\d+,\d+,\d+,\d+,\d,\d,"(\d+)/, 'allocated bits'],
      [/"op":"dump"/, /"cpus":\[\["[\d,-]+",\d+,\d+,\d+,\d+,\d,\d,"[^"]*","(\d+)/, 'managed bits'],
    ] as const;
    for (const [line, figure, field] of fields) {
      const { code, out } = altered(line, (text) =>
        text.replace(figure, (match, digits: string) => match.slice(0, -digits.length) + raise(digits)),
      );
      expect([field, code, out.some((text) => text.includes(`${field}: expected`))]).toEqual([
        field,
        1,
        true,
      ]);
    }
  });

  it('every figure of a tree log is compared', () => {
    const tree = fixtureLines('matrix.jsonl.gz');
    const fields = [
      [/"op":"alloc"/, /"ret":(\d+)/, 'ret'],
      [/"op":"alloc"/, /"cpu":(\d+)/, 'cpu'],
      [/"pr_warn":1/, /"pr_warn":(1)/, 'pr_warn'],
      [/"op":"alloc_managed","mask":[1-9]/, /"ret":(\d+)/, 'ret'],
      [/"op":"alloc_managed","cpu_arg"/, /"cpu":(\d+)/, 'cpu'],
      [/"op":"reserve_managed"/, /"ret":(\d+)/, 'ret'],
      [/"op":"query"/, /"available":(\d+)/, 'available'],
      [/"op":"query"/, /"available_cpudown":(\d+)/, 'available_cpudown'],
      [/"op":"query"/, /"reserved":(\d+)/, 'reserved'],
      [/"op":"query"/, /"allocated":(\d+)/, 'allocated'],
      [/"op":"online"/, /"c":\[\[(\d+)/, 'c[0].available'],
      [/"op":"online"/, /"c":\[\[\d+,(\d+)/, 'c[0].allocated'],
      [/"op":"online"/, /"c":\[\[\d+,\d+,(\d+)/, 'c[0].managed'],
      [/"op":"online"/, /"c":\[\[\d+,\d+,\d+,-(1)/, 'c[0].managed_allocated'],
      [/"op":"online"/, /"c":\[\[\d+,\d+,\d+,-1,(\d)/, 'c[0].online'],
      [/"op":"init"/, /"g":\[(\d+)/, 'g.global_available'],
    ] as const;
    for (const [line, figure, field] of fields) {
      const index = tree.findIndex((text) => line.test(text) && figure.test(text));
      const changed = (tree[index] ?? '').replace(
        figure,
        (match, digits: string) => match.slice(0, -digits.length) + raise(digits),
      );
      const { code, out, file } = runLines(tree.slice(0, index).concat(changed));
      expect(code, field).toBe(1);
      expect(out[0], field).toContain(`${file}:${index + 1}: `);
      expect(out[0], field).toContain(` ${field}: expected`);
    }
  });

  it('every field of a spreading case is compared', () => {
    const trees = fixtureLines('spread.jsonl.gz');
    const cases = fixtureLines('aff_61.jsonl.gz');
    const edits: readonly [readonly string[], RegExp, RegExp, string, string][] = [
      [trees, /"kernel":"6.1"/, /"masks":\[\[\d+/, '"masks":[[999', 'masks[0]: expected "999'],
      [trees, /"masks":null/, /"masks":null/, '"masks":[]', 'masks: expected 0 masks, got null'],
      [trees, /"masks":\[/, /"masks":.*/, '"masks":null}', 'masks: expected null, got'],
      [trees, /,\[\d+\]\]}/, /,\[\d+\]\]}/, ']}', 'masks.length: expected'],
      [trees, /"cpu_cluster"/, /"cpu_cluster"/, '"cpu_die":[],"cpu_cluster"', 'cpu_die: expected []'],
      [trees, /"cpu_node"/, /"cpu_node":\[\d+,/, '"cpu_node":[', 'CPUs, cpu_state'],
      [trees, /"cpu_state"/, /"cpu_state":\[\d/, '"cpu_state":[3', 'cpu_state 3 is not known'],
      [trees, /"kernel":"4.14"/, /4.14/, '2.4', 'kernel "2.4" is not one'],
      [cases, /"managed":"\d/, /"managed":"\d+/, '"managed":"77', 'managed: expected "77'],
      [cases, /"masks":\["\d/, /"masks":\["\d+/, '"masks":["999', 'masks[0]: expected "999'],
      [cases, /"warn":1/, /"warn":1/, '"warn":2', 'warn: expected 2, got 1'],
      [cases, /"warn":1/, /,"warn":1/, '', 'warn: expected 0, got 1'],
      [cases, /"oops"/, /"result":"oops"/, '"result":null', 'result: expected null, got oops'],
      [cases, /"result":null/, /"result":null/, '"result":"oops"', 'result: expected oops, got null'],
      [cases, /"result":{/, /"result":{/, '"result":{"shift":1,', 'shift: expected 1'],
      [cases, /"result":{/, /"result":{/, '"node_order":1,"result":{', 'node_order: expected 1'],
      [cases, /"result"/, /,"result":.*?(,"warn"|}$)/, '$1', 'result is missing'],
      [cases, /"v":1/, /"v":1/, '"v":2', 'version 2 of the format'],
      [cases, /"nr_cpu_ids"/, /"nr_cpu_ids":\d+/, '"nr_cpu_ids":9999', 'nr_cpu_ids is 9999'],
      [cases, /"possible_nodes"/, /"possible_nodes":"[^"]*"/, '"possible_nodes":"0,31"', 'nodes are not'],
    ];
    for (const [all, which, from, to, message] of edits) {
      const line = all.find((text) => which.test(text) && from.test(text)) ?? '';
      expect(runLines([line]).out.at(-1), String(from)).toBe('1 passed, 0 failed, 0 skipped');
      const { code, out, file } = runLines([line.replace(from, to)]);
      expect([String(from), code, out[0]]).toEqual([String(from), 1, expect.stringContaining(message)]);
      expect(out[0]).toContain(`${file}:1: `);
    }
  });

  it('shows the first differences of a file and counts the rest', () => {
    const { code, out, file } = runLines(lines.filter((_, index) => index !== at(/"op":"alloc"/)));
    expect(code).toBe(1);
    expect(out.some((line) => /and \d+ more lines that differ$/.test(line))).toBe(true);
    expect(out.length).toBeLessThan(30);
    expect(out.every((line) => line.startsWith(file) || line === out.at(-1))).toBe(true);
  });

  it('a malformed line fails with file and line, and the lines around it still count', () => {
    const broken = runLines(lines.toSpliced(40, 0, '{"op":"free",'));
    expect(broken.code).toBe(1);
    expect(broken.out[0]).toContain(`${broken.file}:41: line: not JSON`);
    expect(broken.out.at(-1)).toBe(`${lines.length} passed, 1 failed, 0 skipped`);
    for (const text of ['[]', '3', '{"colour":"red"}', '{"op":"init"}', '{"trace":"sched"}', '']) {
      expect([text, runLines(lines.toSpliced(40, 0, text)).out.at(-1)]).toEqual([
        text,
        `${lines.length} passed, 1 failed, 0 skipped`,
      ]);
    }
  });

  it('steps without a usable first line fail, they are not passed over', () => {
    expect(runLines(lines.slice(1, 11)).out.at(-1)).toBe('0 passed, 10 failed, 0 skipped');
    const unknownKernel = runLines(lines.slice(0, 11).with(0, (lines[0] ?? '').replace('"6.1"', '"2.4"')));
    expect(unknownKernel.out[0]).toContain('kernel "2.4" is not one the model knows');
    expect(unknownKernel.out.at(-1)).toBe('0 passed, 11 failed, 0 skipped');
  });

  it('an empty log and a broken archive fail', () => {
    const empty = join(scratch, 'empty.jsonl');
    writeFileSync(empty, '');
    expect(run(empty)).toMatchObject({
      code: 1,
      out: [`${empty}:1: file: is empty`, expect.anything(), expect.anything()],
    });
    const cut = join(scratch, 'cut.jsonl.gz');
    writeFileSync(cut, gzipSync('{}\n'.repeat(1000)).subarray(0, 30));
    expect(run(cut).code).toBe(1);
  });

  it.each([
    ['an allocation that took another vector', /"op":"alloc".*"ret":0,"vector":\d+/, 'vector'],
    ['on other CPUs', /"op":"alloc".*"ret":0.*"domain":\d+/, 'domain'],
    ['for other destinations', /"op":"alloc".*"ret":0.*"dest":\d+/, 'dest'],
    ['that found one where there is none', /"op":"alloc".*"ret":-28/, 'ret'],
    ['an old domain', /"op":"set_affinity".*"move":1/, 'move'],
    ['what is held at the end', /"op":"final","slots_used":\[205,205/, 'slots_used[1]'],
  ])('the allocator of 4.14: %s differs, and is found', (_, pattern, field) => {
    const legacy = fixtureLines('legacy.jsonl.gz');
    const index = legacy.findIndex((line) => pattern.test(line));
    expect(index).toBeGreaterThan(0);
    const line = (legacy[index] ?? '').replace(pattern, (found) =>
      found.replace(/\d+$/, (digits) => String(Number(digits) - 1)),
    );
    const { code, out } = runLines(legacy.with(index, line));
    expect(code).toBe(1);
    expect(out[0]).toContain(`: ${field}: expected`);
  });

  it('kinds are told apart by keys, whatever the file: one file may hold several', () => {
    const spread = fixtureLines('spread.jsonl.gz').slice(0, 2);
    const legacy = fixtureLines('legacy.jsonl.gz').slice(0, 3);
    const { out } = runLines([
      ...lines.slice(0, 5),
      ...spread,
      ...lines.slice(5, 9),
      ...legacy,
      ...lines.slice(0, 4),
    ]);
    expect(out.at(-1)).toBe('18 passed, 0 failed, 0 skipped');
  });

  it('a missing directory, one without logs, or none at all is a usage error', () => {
    const bare = join(scratch, 'bare');
    mkdirSync(bare);
    expect(run(join(scratch, 'nowhere'))).toEqual({
      code: 2,
      out: [],
      err: [`conformance: ${join(scratch, 'nowhere')}: no such file or directory`],
    });
    expect(run(fixtures, bare)).toMatchObject({
      code: 2,
      out: [],
      err: [`conformance: ${bare}: no *.jsonl or *.jsonl.gz below this directory`],
    });
    expect(run()).toMatchObject({ code: 2, err: ['conformance: usage: npm run conformance -- DIR...'] });
  });

  it('`node tools/run-ts.mjs test/conformance/main.ts` prints the total last and exits with the code', () => {
    const command = ['tools/run-ts.mjs', 'test/conformance/main.ts'];
    const good = execFileSync(process.execPath, [...command, fixtures], { cwd: root, encoding: 'utf8' });
    expect(good).toMatch(/\n\d+ passed, 0 failed, 0 skipped\n$/);
    const { file } = altered(/"op":"alloc".*"ret":33,/, (line) => line.replace('"ret":33', '"ret":34'));
    const bad = spawnSync(process.execPath, [...command, file], { cwd: root, encoding: 'utf8' });
    expect(bad.status).toBe(1);
    expect(bad.stdout).toContain('ret: expected 34, got 33');
    const missing = spawnSync(process.execPath, [...command, join(scratch, 'nowhere')], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(missing.status).toBe(2);
    expect(missing.stderr.trim().split('\n')).toHaveLength(1);
  });
});
