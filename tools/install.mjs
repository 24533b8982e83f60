// Brings node_modules in line with the lock file, and Debian packages where tests need them. Quick when
// there is nothing to do. Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the repository with its output shown; a failure ends the process with its status. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error !== undefined) fail(`${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Output that is not the answer goes to stderr: `npm pack` and others read stdout. */
export const QUIET_STDOUT = ['ignore', process.stderr, 'inherit'];

export function fail(message) {
  process.stderr.write(`irqspace: ${message}\n`);
  process.exit(1);
}

/** The path of a package's own program, run by this very Node. */
export function bin(...parts) {
  return join(root, 'node_modules', ...parts);
}

/** Inside node_modules: npm ci removes it first, so a broken installation has no stamp. */
const STAMP = join(root, 'node_modules', '.irqspace-lock');

function lockHash() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(lock).digest('hex');
}

/** True when what is installed came from this lock file. */
export function arePackagesInstalled() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lockHash();
}

/** `npm ci` where needed. */
export function installPackages() {
  if (arePackagesInstalled()) return;
  process.stderr.write('irqspace: installing packages (npm ci)\n');
  // No package needs its install script: tree-sitter-c's would look for a native build of what is used as wasm.
  run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'], {
    stdio: QUIET_STDOUT,
  });
  writeFileSync(STAMP, lockHash());
}

/**
 * @param wanted pairs of a file that must exist and the Debian package that brings it
 * @param giveUp ends the process with one line where they cannot be had: it gets what is needed, after a subject
 */
export function installDebian(wanted, giveUp = (need) => fail(`the tests ${need}`)) {
  const missing = wanted.filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (missing.length === 0) return;
  const names = missing.join(', ');
  if (!existsSync('/usr/bin/apt-get')) {
    giveUp(`need ${names}: install them with your package manager, then try again`);
  }
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) giveUp(`need ${names}: run "${command}" as root, then try again`);
  process.stderr.write(`irqspace: ${command}\n`);
  const { status, stderr } = spawnSync('sh', ['-c', command], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) giveUp(`need ${names}, and ${command} failed: ${stderr.trim().split('\n').at(-1)}`);
}
