// `npm run check`: format and lint, types, layering; seconds. A failing check prints the command that fixes it.
import { spawn } from 'node:child_process';
import { bin, installPackages, root } from './install.mjs';

const CHECKS = [
  {
    name: 'format and lint',
    args: [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings'],
    fix: 'npx biome check --write (and by hand what it does not fix)',
  },
  {
    name: 'types',
    args: [bin('typescript', 'bin', 'tsc'), '-b'],
    fix: 'npx tsc -b, and follow its messages',
  },
  {
    name: 'layering',
    args: [bin('vitest', 'vitest.mjs'), 'run', '--reporter=dot', 'test/layering.test.ts'],
    fix: 'move the import, or change the table in test/layering.test.ts and src/README.md together',
  },
];

/** The check's output, or undefined where it is content. */
function complaint({ args }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('close', (code) => resolve(code === 0 ? undefined : output));
  });
}

installPackages();
// All at once: they do not know each other.
const complaints = await Promise.all(CHECKS.map(complaint));
for (const [at, { name, fix }] of CHECKS.entries()) {
  if (complaints[at] !== undefined)
    process.stderr.write(`${complaints[at]}\n${name}: failed. To fix: ${fix}\n\n`);
}
const failed = complaints.some((text) => text !== undefined);
if (!failed) process.stdout.write('format, lint, types and layering are in order\n');
process.exit(failed ? 1 : 0);
