/** `irqspace audit` as a process: what it prints in every format, what it leaves out, and what it survives. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { auditAnswer, auditInventory } from '../../src/format/audit.ts';
import { initAfterRequestPairs } from '../audit/pairs/init-after-request.ts';
import { unwindIndexPairs } from '../audit/pairs/others.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { complaintOf, MAIN, type Ran, run } from './run.ts';

const LATE = initAfterRequestPairs[0] ?? { before: '', after: '' };
const INDEX = unwindIndexPairs[0] ?? { before: '', after: '' };

/** A folder with these files, and `irqspace audit ARGS` in it. */
function tree(files: Readonly<Record<string, string | Buffer>>): {
  path: string;
  audit: (...args: string[]) => Ran;
} {
  const path = tempDir();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  const audit = (...args: string[]): Ran => run(process.execPath, [MAIN, 'audit', ...args], { cwd: path });
  return { path, audit };
}

function driverTree() {
  return tree({
    'drivers/a/foo.c': LATE.before,
    'drivers/b/foo.c': INDEX.before,
    'drivers/c/foo.c': LATE.after,
  });
}

describe('irqspace audit', () => {
  it('prints findings as a compiler does, with notes, and says 1', () => {
    const { code, stdout, stderr } = driverTree().audit('drivers');
    expect(stderr).toBe('');
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^drivers\/a\/foo\.c:\d+:2: warning: completion 'foo->done' initialised after devm_request_irq\(\) \(line \d+\); handler foo_irq\(\) uses it \[irq-init-after-request\]$/,
    );
    expect(lines[1]).toMatch(/^drivers\/a\/foo\.c:\d+:\d+: note: the handler may run from here on$/);
    expect(stdout).toMatch(/drivers\/b\/foo\.c:\d+:\d+: warning: .*\[irq-unwind-index\]/);
    expect(lines.at(-1)).toBe('2 findings in 3 files in 3 directories');
  });

  it('says 0 where there is nothing to find, and takes single files', () => {
    const { audit } = driverTree();
    expect(audit('drivers/c')).toEqual({
      code: 0,
      stdout: '0 findings in 1 file in 1 directory\n',
      stderr: '',
    });
    expect(audit('drivers/a/foo.c', 'drivers/c/foo.c').stdout).toContain('1 finding in 2 files');
  });

  it('answers alike without threads, with one, and with several', () => {
    const { path, audit } = driverTree();
    const few = audit('drivers', '--format', 'json');
    // More files than are audited without threads.
    for (let at = 0; at < 450; at++) {
      mkdirSync(join(path, `drivers/d/${at % 9}`), { recursive: true });
      writeFileSync(join(path, `drivers/d/${at % 9}/x${at}.c`), 'int x;\n');
    }
    const one = audit('drivers', '--format', 'json', '--jobs', '1');
    expect(audit('drivers', '--format', 'json', '--jobs', '3')).toEqual(one);
    expect(auditAnswer.parse(JSON.parse(one.stdout)).findings).toEqual(
      auditAnswer.parse(JSON.parse(few.stdout)).findings,
    );
  });

  it('reads what a file uses from the files beside it', () => {
    const handler = /static irqreturn_t foo_irq[\s\S]*?\n}\n/.exec(LATE.before)?.[0] ?? '';
    const struct = /[\s\S]*?(?=static irqreturn_t)/.exec(LATE.before)?.[0] ?? '';
    const { audit } = tree({
      'foo/foo.h': struct,
      'foo/irq.c': `#include "foo.h"\n${handler.replace('static ', '')}`,
      'foo/probe.c': `#include "foo.h"\n${LATE.before.slice(LATE.before.indexOf('static int foo_probe'))}`,
    });
    expect(handler).toContain('complete(');
    const ran = audit('foo/probe.c');
    expect(ran.stdout).toContain('foo/irq.c');
    expect(ran.code).toBe(1);
  });

  it('answers in JSON by its schema', () => {
    const { code, stdout } = driverTree().audit('drivers', '--format', 'json');
    const answer = auditAnswer.parse(JSON.parse(stdout));
    expect(code).toBe(1);
    expect(answer.findings.map(({ rule, function: fn }) => [rule, fn])).toEqual([
      ['irq-init-after-request', 'foo_probe'],
      ['irq-unwind-index', 'foo_start'],
    ]);
    expect(answer.findings[0]?.related).toHaveLength(2);
  });

  it('gives the same fingerprint when lines are added above', () => {
    const fingerprints = (text: string): unknown =>
      JSON.parse(tree({ 'a/foo.c': text }).audit('a', '--format', 'json').stdout).findings.map(
        ({ fingerprint }: { fingerprint: string }) => fingerprint,
      );
    expect(fingerprints(`\n/* more */\n\n${LATE.before}`)).toEqual(fingerprints(LATE.before));
    expect(fingerprints(LATE.before)).toHaveLength(1);
  });

  it('writes SARIF with its rules, related places and fingerprints', () => {
    const { path, audit } = driverTree();
    writeFileSync(join(path, 'drivers/c/binary.c'), '\0');
    const { stdout, stderr } = audit('drivers', '--format', 'sarif');
    const { version, runs } = JSON.parse(stdout);
    expect(version).toBe('2.1.0');
    const [{ tool, results, invocations }] = runs;
    expect(stderr).toBe('');
    expect(invocations[0].toolExecutionNotifications).toEqual([
      { level: 'note', message: { text: 'drivers/c/binary.c: holds bytes that are no text: not read' } },
    ]);
    expect(results).toHaveLength(2);
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(result.locations[0].physicalLocation.artifactLocation.uri).toMatch(/^drivers\/[ab]\/foo\.c$/);
      expect(result.locations[0].physicalLocation.region.startLine).toBeGreaterThan(1);
      expect(result.relatedLocations.length).toBeGreaterThan(0);
      expect(Object.values(result.partialFingerprints)).toHaveLength(1);
    }
  });

  it('writes annotations for a workflow, with what would end them escaped', () => {
    const { stdout } = tree({ 'a,b/foo.c': LATE.before }).audit('a,b', '--format', 'github');
    expect(stdout).toMatch(
      /^::warning file=a%2Cb\/foo\.c,line=\d+,col=2,title=irq-init-after-request::completion /,
    );
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  it('writes one page with the code around each finding, and nothing that loads', () => {
    const { stdout } = tree({ 'a/foo.c': LATE.before.replace('"foo", foo)', '"<b>", foo)') }).audit(
      'a',
      '--format',
      'html',
    );
    expect(stdout).toContain('<mark>');
    expect(stdout).toContain('&quot;&lt;b&gt;&quot;');
    expect(stdout).toContain('Inventory');
    expect(stdout).toContain('1 finding (1 warning, 0 notes) in 1 file in 1 directory');
    expect(stdout).toContain('<em>warning</em>');
    expect(stdout).not.toMatch(/<b>"|<script|<link|src=|url\(|https?:/);
  });
});

describe('irqspace audit leaves out', () => {
  it('what the baseline knows, and says what it knows in vain', () => {
    const { path, audit } = driverTree();
    const known = audit('drivers', '--format', 'baseline');
    expect(known.code).toBe(0);
    writeFileSync(join(path, 'known.json'), known.stdout);
    expect(audit('drivers', '--baseline', 'known.json')).toEqual({
      code: 0,
      stdout: '0 findings (2 known) in 3 files in 3 directories\n',
      stderr: '',
    });
    expect(
      audit('drivers/c', '--baseline', 'known.json').stderr.match(/meets nothing: take it out/g),
    ).toHaveLength(2);
  });

  it('what an allow file allows, and says which of its lines are in vain', () => {
    const { path, audit } = driverTree();
    const lines = [
      '# known to the maintainer',
      'a/foo.c foo_probe irq-init-after-request the device is in reset',
      'b/foo.c * irq-unwind-index never fails',
      'b/foo.c other irq-unwind-index gone',
    ];
    writeFileSync(join(path, 'allow'), lines.join('\n'));
    const ran = audit('drivers', '--allow', 'allow');
    expect(ran.stdout).toBe('0 findings (2 allowed) in 3 files in 3 directories\n');
    expect(ran.stderr).toBe('irqspace: allow:4: b/foo.c other irq-unwind-index meets nothing: take it out\n');
    expect(ran.code).toBe(0);
  });

  it('what a comment above the line allows, and says which comment is in vain', () => {
    const comment = '	/* irq-audit: allow(irq-init-after-request) in reset */\n';
    const allowed = LATE.before.replace('	init_completion', `${comment}	init_completion`);
    expect(tree({ 'a/foo.c': allowed }).audit('a').stdout).toBe(
      '0 findings (1 allowed) in 1 file in 1 directory\n',
    );
    const vain = tree({
      'a/foo.c': LATE.after.replace('	init_completion', `${comment}	init_completion`),
    }).audit('a');
    expect(vain.stderr).toMatch(
      /^irqspace: a\/foo\.c:\d+: allow\(irq-init-after-request\) meets nothing: take it out\n$/,
    );
  });

  it('with --diff, functions that were not changed', () => {
    const { path, audit } = driverTree();
    const git = (...args: string[]): Ran =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...args], {
        cwd: path,
      });
    git('init', '-q');
    git('add', '.');
    expect(git('commit', '-qm', 'one').code).toBe(0);
    expect(audit('drivers', '--diff', 'HEAD').stdout).toContain('0 findings');
    writeFileSync(
      join(path, 'drivers/a/foo.c'),
      LATE.before.replace('	init_completion', '\n	init_completion'),
    );
    writeFileSync(join(path, 'drivers/b/foo.c'), `/* above */\n${INDEX.before}`);
    const ran = audit('drivers', '--diff', 'HEAD');
    expect(ran.stdout).toContain('drivers/a/foo.c');
    expect(ran.stdout).not.toContain('drivers/b/foo.c');
    expect(complaintOf(audit('drivers', '--diff', 'no-such-commit'))).toContain('--diff');
    expect(complaintOf(audit('drivers', '--diff', '--output=x'))).toContain('is no range of commits');
  });

  it('what is only possible, without --strict', () => {
    const text = LATE.after.replace(
      '	return 0;\n}',
      '	return 0;\n}\nint f(struct foo *foo) { writel(FOO_ALL, foo->base + FOO_INT_EN); return request_irq(foo->irq, foo_irq, 0, "x", foo); }',
    );
    const { audit } = tree({ 'a/foo.c': text });
    expect(audit('a').code).toBe(0);
    expect(audit('a', '--strict').stdout).toContain('[irq-enable-before-request]');
  });
});

describe('irqspace audit --inventory', () => {
  const files = {
    'drivers/net/queue.c':
      'int f(void) { n = num_online_cpus(); pci_alloc_irq_vectors(p, 1, n, PCI_IRQ_MSIX | PCI_IRQ_AFFINITY); return request_irq(a, b, 0, c, d); }',
    'drivers/rtc/one.c':
      'int f(void) { return devm_request_irq(a, b, c, 0, d, e); }\nmodule_platform_driver(one);\n',
    'drivers/rtc/two.c':
      '/* pci_enable_msi( */ int f(void) { irq_set_affinity_hint(a, b); pci_enable_msix_range(p, e, 1, 2); return request_irq(a, b, 0, c, d); }\nmodule_pci_driver(two);\n',
  };

  it('has a row per driver: a directory, or a file where a directory holds several', () => {
    const ran = tree(files).audit('drivers', '--inventory', '--format', 'json');
    const { drivers } = auditInventory.parse(JSON.parse(ran.stdout));
    expect(ran.code).toBe(0);
    expect(
      drivers.map(({ driver, api, managed, hints, cpuCounts }) => [driver, api, managed, hints, cpuCounts]),
    ).toEqual([
      ['drivers/net', 'vectors', true, 'none', ['online']],
      ['drivers/rtc/one.c', 'line', false, 'none', []],
      ['drivers/rtc/two.c', 'legacy', false, 'old', []],
    ]);
    expect(drivers[0]?.hotplug).toContain('shut down with their last CPU');
  });

  it('is a table, a sheet, or a page', () => {
    const { audit } = tree(files);
    expect(audit('drivers', '--inventory').stdout).toContain(
      '3 drivers: 1 with pci_alloc_irq_vectors(), 1 with deprecated calls',
    );
    const csv = audit('drivers', '--inventory', '--format', 'csv').stdout.trimEnd().split('\r\n');
    expect(csv[0]).toBe('driver,requests,api,managed,hints,cpu_counts,cpu_callbacks,hotplug');
    expect(csv).toHaveLength(4);
    expect(csv[1]).toMatch(/^drivers\/net,1,vectors,true,none,online,false,/);
    expect(audit('drivers', '--inventory', '--format', 'html').stdout).toContain('<td>drivers/net</td>');
  });
});

/** Root reads what nobody may. */
function isBoundByRights(): boolean {
  return process.geteuid?.() !== 0;
}

/** `irqspace audit` as root without root's right to read all; undefined where it cannot be given up. */
function auditWithoutRights(cwd: string): ((...args: string[]) => Ran) | undefined {
  const drop = ['--bounding-set=-dac_override,-dac_read_search'];
  const setpriv = (...args: string[]): Ran => run('setpriv', [...drop, ...args], { cwd });
  try {
    if (setpriv('true').code !== 0) return undefined;
  } catch {
    return undefined;
  }
  return (...args) => setpriv(process.execPath, MAIN, 'audit', ...args);
}

describe('irqspace audit survives', () => {
  it('binaries, endless lines, what is no C, links in a circle: a note, and the rest is audited', () => {
    const { path, audit } = tree({
      'drivers/a/foo.c': LATE.before,
      'drivers/a/binary.c': Buffer.from([0x7f, 0x45, 0, 1, 2, 3, 0xff]),
      'drivers/a/line.c': `int x = request_irq(${'a'.repeat(200_000)});`,
      'drivers/a/open.c': 'static int f(void) { request_irq( "never closed',
      'drivers/a/prose.c': "This is no C: don't call request_irq(it), (((( {{{{ #if \n#else } free_irq(x",
      'drivers/a/deep.c': `int f(void) { return request_irq(${'('.repeat(20_000)}1${')'.repeat(20_000)}); }`,
      'drivers/a/latin.c': Buffer.from('/* \xe9\xff */ int f(void) { free_irq(1, 0); }', 'latin1'),
      'drivers/a/empty.c': '',
    });
    symlinkSync('..', join(path, 'drivers/a/up'));
    symlinkSync('nowhere.c', join(path, 'drivers/a/dangling.c'));
    const ran = audit('drivers');
    expect(ran.stdout).toContain('drivers/a/foo.c');
    expect(ran.stdout).toMatch(/1 finding in \d+ files in 1 directory/);
    expect(
      ran.stderr
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual([
      'irqspace: drivers/a/binary.c: holds bytes that are no text: not read',
      'irqspace: drivers/a/dangling.c: no such file or directory: not read',
      'irqspace: drivers/a/line.c: has a line of more than 100000 characters: not read',
    ]);
    expect(ran.code).toBe(1);
  });

  it('what cannot be read, and what is no file: a note each, and the rest is audited', () => {
    const { path, audit } = tree({
      'drivers/a/foo.c': LATE.before,
      'drivers/a/secret.c': LATE.before,
      'drivers/locked/foo.c': LATE.before,
      'drivers/a/folder.c/foo.c': '',
    });
    // Opens, and fails where it is read: for root as well.
    symlinkSync('/proc/self/mem', join(path, 'drivers/a/memory.c'));
    symlinkSync('self.c', join(path, 'drivers/a/self.c'));
    expect(run('mkfifo', [join(path, 'drivers/a/fifo.c')]).code).toBe(0);
    chmodSync(join(path, 'drivers/a/secret.c'), 0);
    chmodSync(join(path, 'drivers/locked'), 0);
    onTestFinished(() => chmodSync(join(path, 'drivers/locked'), 0o700));
    const odd = [
      'irqspace: drivers/a/fifo.c: not a regular file: not read',
      'irqspace: drivers/a/memory.c: input/output error: not read',
      'irqspace: drivers/a/self.c: too many symbolic links: not read',
    ];
    const withoutRights = [
      ...odd,
      'irqspace: drivers/a/secret.c: permission denied: not read',
      'irqspace: drivers/locked: permission denied',
    ];
    const asked = isBoundByRights() ? audit : auditWithoutRights(path);
    const ran = asked?.('drivers') ?? audit('drivers');
    expect(ran.stderr.trimEnd().split('\n').sort()).toEqual(
      (asked === undefined ? odd : withoutRights).sort(),
    );
    expect(ran.stdout).toContain('drivers/a/foo.c');
    expect(ran.code).toBe(1);
    for (const name of ['drivers/locked', 'drivers/a/secret.c']) {
      if (asked !== undefined) expect(complaintOf(asked(name))).toBe(`${name}: permission denied`);
    }
  });

  it('a line of 100 MB without reading it', () => {
    const { audit } = tree({ 'a/foo.c': LATE.before, 'a/huge.c': Buffer.alloc(100 * 1024 * 1024, 0x20) });
    const ran = audit('a');
    expect(ran.stderr).toBe('irqspace: a/huge.c: larger than 8 MiB: not read\n');
    expect(ran.stdout).toContain('1 finding');
  });
});

describe('irqspace audit refuses', () => {
  it.each([
    [['nowhere'], 'nowhere: no such file or directory'],
    [['.', '--format', 'xml'], '--format: "xml" is none of gcc, json, sarif, github, html, baseline'],
    [['.', '--inventory', '--format', 'sarif'], '--format: "sarif" is none of text, csv, json, html'],
    [['.', '--jobs', '0'], '--jobs: "0" is no number from 1 to 64'],
    [['.', '--baseline', 'no.json'], 'no.json: cannot be read: no such file or directory'],
    [['.', '--baseline', 'foo.c'], 'foo.c: is no JSON; expected what --format baseline wrote'],
    [['.', '--allow', 'allow'], 'allow:1: no rule "irq-nothing"; expected one of irq-init-after-request'],
    [['.', '--allow', 'bare'], 'bare:1: no reason is given; expected PATH FUNCTION RULE REASON'],
  ])('%j', (args, complaint) => {
    const files = {
      'foo.c': 'int x;',
      allow: 'foo.c f irq-nothing because',
      bare: 'foo.c f irq-unwind-index',
    };
    expect(complaintOf(tree(files).audit(...args))).toContain(complaint);
  });

  it('nothing that its help does not name', () => {
    const help = run(process.execPath, [MAIN, 'audit', '--help']).stdout;
    for (const option of [
      '--strict',
      '--inventory',
      '--format',
      '--diff',
      '--baseline',
      '--allow',
      '--jobs',
    ]) {
      expect(help).toContain(option);
      expect(readFileSync(join(import.meta.dirname, '../../docs/audit.md'), 'utf8')).toContain(option);
    }
  });
});
