// `npm start`: installs and builds what is missing, prints the report of this machine, serves the page.
// Arguments go to `irqspace serve`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { installPackages, root, run } from './install.mjs';

installPackages();
build();
const program = join(root, 'dist', 'cli', 'main.js');
run(process.execPath, [program, 'report']);
process.stdout.write('\n');
// In this process, so that a signal to it reaches the server and nothing is left running.
process.argv = [process.execPath, program, 'serve', ...process.argv.slice(2)];
await import(pathToFileURL(program).href);
