// `npm run check`: format and lint, types, layering; seconds. A failing check prints the command that fixes it.
import { spawnSync } from 'node:child_process';
import { bin, installPackages, root } from './install.mjs';

installPackages();
const checks = [
  {
    name: 'format and lint',
    args: [bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings'],
    fix: 'npx biome check --write',
  },
  { name: 'types', args: [bin('typescript', 'bin', 'tsc'), '-b'], fix: 'npx tsc -b (and follow its messages)' },
  {
    name: 'layering',
    args: [bin('vitest', 'vitest.mjs'), 'run', '--reporter=dot', 'test/layering.test.ts'],
    fix: 'move the import, or change the table in test/layering.test.ts and src/README.md together',
  },
];
let failed = false;
for (const { name, args, fix } of checks) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) continue;
  failed = true;
  process.stderr.write(`${stdout}${stderr}\n${name}: failed. To fix: ${fix}\n`);
}
if (!failed) process.stdout.write('format, lint, types and layering are in order\n');
process.exit(failed ? 1 : 0);
