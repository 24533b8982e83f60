// `npm test`: installs what the tests need, builds, and runs them; the two longest files only with
// IRQSPACE_LONG=1 (vitest.config.ts). Arguments go to vitest
// (`npm test -- test/cli`, `npm test -- --coverage`, which takes a quarter longer).
import { build } from './build.mjs';
import { bin, installDebian, installPackages, run } from './install.mjs';

installPackages();
installDebian([
  ['/usr/bin/chromium', 'chromium'],
  ['/usr/bin/xz', 'xz-utils'],
  ['/usr/bin/zstd', 'zstd'],
  ['/usr/bin/bzip2', 'bzip2'],
]);
build();
const args = process.argv.slice(2);
run(process.execPath, [bin('vitest', 'vitest.mjs'), 'run', ...args]);
