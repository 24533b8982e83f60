// Runs a TypeScript tool on any supported Node: bundles it into .build/tools and imports the result.
// Usage: node tools/run-ts.mjs FILE.ts [ARGS...]
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  process.stderr.write('usage: node tools/run-ts.mjs FILE.ts [ARGS...]\n');
  process.exit(2);
}
const program = await bundle(entry);
process.argv = [process.argv[0], resolve(entry), ...args];
await import(pathToFileURL(program).href);
