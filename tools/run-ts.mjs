// Runs a TypeScript tool on any supported Node: bundles it with Vite (which is here for the web page anyway)
// into .build/tools and imports the result. Usage: node tools/run-ts.mjs FILE.ts [ARGS...]
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  process.stderr.write('usage: node tools/run-ts.mjs FILE.ts [ARGS...]\n');
  process.exit(2);
}
const name = `${entry.replace(/[^a-zA-Z0-9]+/g, '-')}.mjs`;
const outDir = join(root, '.build', 'tools');
await build({
  root,
  configFile: false,
  logLevel: 'error',
  build: {
    ssr: resolve(entry),
    outDir,
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    rollupOptions: { output: { entryFileNames: name } },
  },
});
process.argv = [process.argv[0], resolve(entry), ...args];
await import(pathToFileURL(join(outDir, name)).href);
