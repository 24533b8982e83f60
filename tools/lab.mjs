// `npm run lab -- NAME...`: the kernel lab (docs/lab.md). Installs and builds what it needs, then runs
// test/kernel-lab/main.ts, which fetches kernels by itself.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { installDebian, installPackages, root } from './install.mjs';

/** As in test/kernel-lab/main.ts: nothing is wrong with irqspace. */
const EXIT_NO_LAB = 3;

installPackages();
installDebian(
  [
    ['/usr/bin/qemu-system-x86_64', 'qemu-system-x86'],
    ['/usr/bin/busybox', 'busybox-static'],
    ['/usr/bin/xz', 'xz-utils'],
  ],
  (need) => {
    process.stderr.write(`lab: not on this machine: its boots ${need}\n`);
    process.exit(EXIT_NO_LAB);
  },
);
build();
// Vite is a package: known only now.
const { bundle } = await import('./bundle.mjs');
const lab = join(root, 'test', 'kernel-lab');
const guest = await bundle(join(lab, 'guest', 'main.ts'));
const program = await bundle(join(lab, 'main.ts'));
process.argv = [process.execPath, program, root, guest, ...process.argv.slice(2)];
await import(pathToFileURL(program).href);
