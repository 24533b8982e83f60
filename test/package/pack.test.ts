/** The package as somebody else gets it: packed, installed elsewhere, used. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { report } from '../../src/format/report.ts';
import { initAfterRequestPairs } from '../audit/pairs/init-after-request.ts';
import { dumpFile } from '../cli/machines.ts';
import { jsonOf, run, serve } from '../cli/run.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { lastingTempDir } from './lasting-temp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What a package holds besides dist. */
const OTHER_FILES = ['LICENSE', 'README.md', 'package.json', 'tools/capture.sh'];

describe('the packed package', () => {
  const home = lastingTempDir();
  const installed = join(home, 'elsewhere');
  const command = join(installed, 'node_modules/.bin/irqspace');
  let tarball = '';
  let files: readonly string[] = [];

  beforeAll(() => {
    // Without the prepack script: npm test has just built, and other tests read dist.
    const packed = run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', home]);
    tarball = join(home, packed.stdout.trim());
    files = run('tar', ['-tzf', tarball])
      .stdout.trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''));
    const install = run(
      'npm',
      ['install', '--prefer-offline', '--no-audit', '--no-fund', '--prefix', installed, tarball],
      { cwd: home },
    );
    expect(install.code, install.stderr).toBe(0);
  });

  it('holds the program, the model and the page, and no sources or tests', () => {
    for (const name of [
      'dist/cli/main.js',
      'dist/audit/tree-sitter-c.wasm',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/web/index.html',
    ]) {
      expect(files).toContain(name);
    }
    expect(files.filter((name) => !name.startsWith('dist/') && !OTHER_FILES.includes(name))).toEqual([]);
    expect(files.filter((name) => /\.test\.|\.tsbuildinfo$|\.map$|(?<!\.d)\.tsx?$/.test(name))).toEqual([]);
  });

  it('says nothing about the machine that built it', () => {
    const found = run('grep', ['-rlF', ROOT, join(installed, 'node_modules/irqspace')]);
    expect(found.stdout).toBe('');
    const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(
      readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
    );
    expect(Object.keys(lock.packages).length).toBeGreaterThan(50);
    expect(Object.values(lock.packages).flatMap(({ resolved }) => resolved ?? [])).toEqual([]);
  });

  it('is what publint calls clean', () => {
    const publint = join(ROOT, 'node_modules/.bin/publint');
    const { code, stdout, stderr } = run(publint, ['run', tarball, '--strict']);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('All good!');
  });

  it('brings the irqspace command', () => {
    const root = dumpFile(tempDir());
    const { version }: { version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(run(command, ['--version'], { cwd: home })).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    const answer = report.parse(jsonOf(run(command, ['report', '--json', '--root', root], { cwd: home })));
    expect(answer.cpus).toHaveLength(3);
    expect(run(command, ['fits', '--hibernate', '--root', root], { cwd: home }).code).toBe(1);
  });

  it('audits C sources with the grammar that it carries', () => {
    const file = join(home, 'foo.c');
    writeFileSync(file, initAfterRequestPairs[0]?.before ?? '');
    const ran = run(command, ['audit', file], { cwd: home });
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toContain('[irq-init-after-request]');
  });

  it('runs through npx from the tarball', () => {
    const ran = run('npx', ['--yes', '--prefer-offline', '-p', tarball, '--', 'irqspace', '--version'], {
      cwd: home,
    });
    expect(ran.stdout, ran.stderr).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('serves the page that it carries', async () => {
    const server = await serve(command, ['serve', '--port', '0'], { cwd: home });
    const page = await (await fetch(server.url)).text();
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(page)?.[1] ?? 'no script in the page';
    expect(files).toContain(`dist/web/${script}`);
    expect((await fetch(`${server.url}${script}`)).headers.get('content-type')).toContain('javascript');
    expect((await fetch(`${server.url}api/report`)).status).toBe(200);
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('can be imported, with types', () => {
    writeFileSync(
      join(installed, 'use.mjs'),
      "import { parseCpuList } from 'irqspace';\nconst l = parseCpuList('0-3,8');\nconsole.log(l.ok && l.value.size);\n",
    );
    expect(run(process.execPath, ['use.mjs'], { cwd: installed }).stdout).toBe('5\n');
    const compilerOptions = { module: 'nodenext', strict: true, noEmit: true, target: 'es2023', types: [] };
    writeFileSync(join(installed, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }));
    const types = (expected: string): number | null => {
      writeFileSync(
        join(installed, 'use.mts'),
        `import { profileNamed } from 'irqspace';\nexport const name: ${expected} | undefined = profileNamed('6.1')?.name;\n`,
      );
      return run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', installed]).code;
    };
    expect(types('string')).toBe(0);
    // Were the types lost, everything would be any.
    expect(types('number')).not.toBe(0);
  });
});
