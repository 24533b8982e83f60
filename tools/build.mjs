// Builds dist: the Node code with tsc, the page with Vite. Each does nothing when nothing changed.
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bin, root, run } from './install.mjs';

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** The page is made of these; tests beside the sources are not worth a distinction. */
const PAGE_INPUTS = ['src/web', 'src/base', 'src/model', 'src/parse', 'src/observe', 'src/query', 'src/format'];
const PAGE_CONFIG = ['vite.config.ts', 'package-lock.json'];

export function build() {
  run(process.execPath, [bin('typescript', 'bin', 'tsc'), '-b', 'tsconfig.pure.json', 'tsconfig.node.json']);
  chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755);
  const page = join(root, 'dist', 'web', 'index.html');
  const inputs = [...PAGE_INPUTS, ...PAGE_CONFIG].map((path) => newest(join(root, path)));
  if (existsSync(page) && statSync(page).mtimeMs > Math.max(...inputs)) return;
  run(process.execPath, [bin('vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn']);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) build();
