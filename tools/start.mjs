// `npm start`: installs and builds what is missing, prints the report of this machine, serves the page.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { installPackages, root, run } from './install.mjs';

installPackages();
build();
const program = join(root, 'dist', 'cli', 'main.js');
run(process.execPath, [program, 'report']);
process.stdout.write('\n');
const server = spawn(process.execPath, [program, 'serve', ...process.argv.slice(2)], { stdio: 'inherit' });
// Ctrl-C reaches both; this process stays until the server has closed.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 0));
