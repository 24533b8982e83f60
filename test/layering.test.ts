import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');

/** Who may import whom. Inside a folder imports are free; what is not listed is forbidden. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  audit: ['base'],
  model: ['base'],
  policy: ['base', 'model'],
  parse: ['base'],
  observe: ['base', 'model', 'parse'],
  format: ['base', 'model', 'parse'],
  replay: ['base', 'model', 'observe', 'parse', 'format'],
  scenario: ['base', 'model', 'policy', 'format'],
  plan: ['base', 'model', 'parse', 'format'],
  query: ['base', 'model', 'policy', 'parse', 'observe', 'format', 'replay', 'scenario', 'plan'],
  host: ['base', 'parse', 'observe', 'format'],
  server: ['base', 'format', 'query'],
  cli: [
    'base',
    'audit',
    'model',
    'policy',
    'parse',
    'observe',
    'format',
    'replay',
    'plan',
    'query',
    'host',
    'server',
  ],
  web: ['base', 'model', 'parse', 'observe', 'format', 'replay', 'query'],
};

/** Packages, and the only folders that may know them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  zod: ['format', 'server'],
  'jsonc-parser': ['format'],
  fzstd: ['parse'],
  hono: ['server'],
  '@hono/node-server': ['server'],
  '@hono/zod-openapi': ['server'],
  commander: ['cli'],
  'web-tree-sitter': ['audit'],
  preact: ['web'],
  '@preact/signals': ['web'],
};

/** Folders that may use Node's own modules; all others run in a browser too. */
const NODE_REALM: ReadonlySet<string> = new Set(['host', 'server', 'cli']);

function sources(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) ? [path] : [];
  });
}

/** A quoted word `from` is no import. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:(?<!')\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].flatMap(
    (match) => match[1] ?? [],
  );
}

/** What is wrong with one import, or undefined. */
function violation(folder: string, path: string, specifier: string): string | undefined {
  const where = `${relative(src, path)} imports ${specifier}`;
  if (specifier.startsWith('.')) {
    const target = relative(src, join(dirname(path), specifier));
    const other = target.split('/')[0] ?? '';
    if (target.startsWith('..')) return `${where}: outside src`;
    if (other === folder || MAY_IMPORT[folder]?.includes(other) === true) return undefined;
    return `${where}: ${folder} may not import ${other}`;
  }
  if (specifier.startsWith('node:'))
    return NODE_REALM.has(folder) ? undefined : `${where}: ${folder} is not Node's`;
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  return PACKAGES[name]?.includes(folder) === true
    ? undefined
    : `${where}: ${name} is not allowed in ${folder}`;
}

describe('the import table', () => {
  const folders = readdirSync(src).filter((name) => statSync(join(src, name)).isDirectory());

  it('names every folder', () => {
    expect(folders.filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([]);
  });

  it('is kept by every file', () => {
    const violations = folders.flatMap((folder) =>
      sources(join(src, folder)).flatMap((path) =>
        importsOf(path).flatMap((specifier) => violation(folder, path, specifier) ?? []),
      ),
    );
    expect(violations).toEqual([]);
  });

  it('would notice a model that reads files, and a parser that knows the model', () => {
    expect(violation('model', join(src, 'model/x.ts'), 'node:fs')).toContain("is not Node's");
    expect(violation('parse', join(src, 'parse/x.ts'), '../model/ids.ts')).toContain('may not import model');
    expect(violation('query', join(src, 'query/x.ts'), 'hono')).toContain('not allowed');
    expect(violation('web', join(src, 'web/x.ts'), '../../test/x.ts')).toContain('outside src');
  });

  it('is the table that src/README.md shows', () => {
    const readme = readFileSync(join(src, 'README.md'), 'utf8');
    for (const [folder, may] of Object.entries(MAY_IMPORT)) {
      expect(readme).toContain(`| \`${folder}\` | ${may.length === 0 ? 'nothing' : may.join(', ')} |`);
    }
  });
});

describe('what Node can do to a machine', () => {
  /** Members of node:fs that only look. `openSync` is not among them: its flags decide. */
  const LOOKS: ReadonlySet<string> = new Set([
    'closeSync',
    'constants',
    'Dirent',
    'existsSync',
    'fstatSync',
    'lstatSync',
    'readdirSync',
    'readFileSync',
    'readlinkSync',
    'readSync',
    'realpathSync',
    'statSync',
  ]);

  /** All other members of node:fs and node:child_process, and the only files that may import them. */
  const MAY_DO_MORE: Readonly<Record<string, readonly string[]>> = {
    // The affinity masks of a machine: nothing else writes to it, and this file writes nothing else.
    'host/apply.ts': ['openSync', 'writeSync'],
    // git diff, for the lines that it shows.
    'host/git-diff.ts': ['spawnSync'],
    // What is about to be written, to restore it after a kill.
    'host/journal.ts': ['fsyncSync', 'mkdirSync', 'openSync', 'renameSync', 'writeSync'],
    // For reading.
    'host/kept-tree.ts': ['openSync'],
    'host/read-file.ts': ['openSync'],
    // A tracing instance of its own, where the user asked for one (watch --trace): made, switched on, removed.
    'host/trace-instance.ts': ['mkdirSync', 'openSync', 'rmdirSync', 'writeSync'],
    // xz, zstd and bzip2, and the archive that they read.
    'host/unpack.ts': ['openSync', 'spawnSync'],
    // The file that the user named.
    'host/write-file.ts': ['renameSync', 'rmSync', 'writeFileSync'],
  };

  /** What a source imports of the two modules besides looking; a form that hides the names is named itself. */
  function doesMore(text: string): string[] {
    const named = /import (?:type )?\{([^}]*)\} from 'node:(?:fs|child_process)';/g;
    const members = [...text.matchAll(named)]
      .flatMap(([, list = '']) => list.split(','))
      .map((member) => member.replace(/^\s*(?:type )?|(?: as .*)?\s*$/g, ''))
      .filter((member) => member !== '' && !LOOKS.has(member));
    const hidden = text.replace(named, '').match(/\b(?:fs|child_process)(?:\/promises)?'/g) ?? [];
    return [...members, ...hidden].sort();
  }

  it('is left to the files that are listed, and these do what is listed', () => {
    const found = sources(src).map((path) => [relative(src, path), doesMore(readFileSync(path, 'utf8'))]);
    expect(Object.fromEntries(found.filter(([, members]) => members?.length))).toEqual(MAY_DO_MORE);
  });

  it.each([
    ["import { readFileSync, type Dirent } from 'node:fs';", []],
    ["import { appendFileSync, rmSync as gone } from 'node:fs';", ['appendFileSync', 'rmSync']],
    ["import {\n  existsSync,\n  cpSync,\n} from 'node:fs';", ['cpSync']],
    ["import { execFileSync } from 'node:child_process';", ['execFileSync']],
    ["import * as fs from 'node:fs';", ["fs'"]],
    ["import fs, { statSync } from 'node:fs';", ["fs'"]],
    ["const { writeFile } = await import('node:fs/promises');", ["fs/promises'"]],
    ["import { readFile } from 'node:fs/promises';", ["fs/promises'"]],
    ["process.getBuiltinModule('child_process');", ["child_process'"]],
  ])('is seen in %j', (text, members) => {
    expect(doesMore(text)).toEqual(members);
  });
});
