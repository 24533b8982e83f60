// A TypeScript tool for any supported Node: bundled with Vite (which is here for the web page anyway).
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { root } from './install.mjs';

/** @returns the path of the bundle in .build/tools, named after the entry */
export async function bundle(entry) {
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
      // Constants that are `const`, as in dist: with `var` they would be looked up at every use.
      rolldownOptions: { output: { entryFileNames: name, topLevelVar: false } },
    },
  });
  return join(outDir, name);
}
