// `npm test`: installs what the tests need, builds, and runs them all with coverage. With arguments: they go
// to vitest (`npm test -- test/cli`), and coverage is up to them.
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
run(process.execPath, [bin('vitest', 'vitest.mjs'), 'run', ...(args.length > 0 ? args : ['--coverage'])]);
