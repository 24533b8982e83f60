import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ran, run } from '../cli/run.ts';
import { tempDir } from '../host/machine-fixture.ts';

const INSTALL = join(import.meta.dirname, '../../tools/install.mjs');
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** What `npm test` does first, for files that it needs, as a user who may not install. */
function installAsNobody(...wanted: readonly (readonly [string, string])[]): Ran {
  const home = tempDir();
  // The checkout may lie where only root can read.
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'tools'));
  copyFileSync(INSTALL, join(home, 'tools/install.mjs'));
  const script = `import('${home}/tools/install.mjs').then((tool) => tool.installDebian(${JSON.stringify(wanted)}))`;
  const [command = '', ...args] =
    process.getuid?.() === 0 ? [...AS_NOBODY, process.execPath] : [process.execPath];
  return run(command, [...args, '-e', script], { cwd: '/' });
}

describe.skipIf(!existsSync('/usr/bin/apt-get'))('what the tests need of Debian', () => {
  it('is left alone where it is there', () => {
    expect(installAsNobody(['/bin/sh', 'dash'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('is told with the command that installs it, to who is not root', () => {
    const ran = installAsNobody(['/bin/sh', 'dash'], ['/no/such/a', 'chromium'], ['/no/such/b', 'zstd']);
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'irqspace: the tests need chromium, zstd: run "apt-get update && apt-get install -y ' +
        '--no-install-recommends chromium zstd" as root, then try again\n',
    });
  });
});
