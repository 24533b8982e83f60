// Builds dist: the Node code with tsc, the page with Vite. Each does nothing when nothing changed.
import { chmodSync, copyFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bin, QUIET_STDOUT, root, run } from './install.mjs';

const DIST = join(root, 'dist');
const PROGRAM = join(DIST, 'cli', 'main.js');
const PAGE = join(DIST, 'web');
/** The grammar of C: a file of a package that is not needed otherwise. */
const GRAMMAR = join(DIST, 'audit', 'tree-sitter-c.wasm');

/** The page is made of these; tests beside the sources are not worth a distinction. */
const PAGE_INPUTS = [
  ...['web', 'base', 'model', 'parse', 'observe', 'query', 'format'].map((folder) => `src/${folder}`),
  ...['vite.config.ts', 'tsconfig.base.json', 'tsconfig.web.json', 'package-lock.json'],
];

export function build() {
  const args = ['-b', 'tsconfig.pure.json', 'tsconfig.node.json'];
  // tsc trusts its notes in .build; without dist they describe what is no longer there.
  if (!existsSync(PROGRAM)) args.push('--force');
  run(process.execPath, [bin('typescript', 'bin', 'tsc'), ...args], { stdio: QUIET_STDOUT });
  // Only when needed: another user may own the checkout.
  if ((statSync(PROGRAM).mode & 0o111) !== 0o111) chmodSync(PROGRAM, 0o755);
  removeLeftOvers();
  copyGrammar();
  if (!isPageNew()) {
    run(process.execPath, [bin('vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'], {
      stdio: QUIET_STDOUT,
    });
  }
}

/** tsc leaves what it once made of a source that is gone; the package must not carry it. */
function removeLeftOvers() {
  for (const file of filesBelow(DIST)) {
    if (file.startsWith(PAGE) || file === GRAMMAR) continue;
    const source = join(root, 'src', relative(DIST, file).replace(/(?:\.d\.ts|\.js)$/, '.ts'));
    if (!existsSync(source)) rmSync(file);
  }
}

function copyGrammar() {
  const source = bin('tree-sitter-c', 'tree-sitter-c.wasm');
  if (existsSync(GRAMMAR) && statSync(GRAMMAR).size === statSync(source).size) return;
  copyFileSync(source, GRAMMAR);
}

function filesBelow(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function isPageNew() {
  const page = join(PAGE, 'index.html');
  if (!existsSync(page)) return false;
  return statSync(page).mtimeMs > Math.max(...PAGE_INPUTS.map((path) => newest(join(root, path))));
}

/** When something below the path last changed; a folder's own time tells of files that went. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) build();
