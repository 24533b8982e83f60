// What CI runs on a fresh clone: everything `npm test` has, the checks, the conformance figures, the same tests
// and the long ones on the newest supported Node, and three machines of the kernel lab. All steps run, whatever fails; the
// last line counts, and the exit code tells. A step that is not a test suite counts as one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

/** The engines say >=20.19: `npm test` runs on the Node that is installed, this one is the other end. */
const NEWEST_NODE = '24.9.0';
const onNewestNode = ['npx', '-y', '-p', `node@${NEWEST_NODE}`, '--', 'node'];
const golden = '../shared/golden';
const results = join(root, '.build', 'ci');
const count = { passed: 0, failed: 0 };
/** How the kernel lab says that its packages cannot be had here, with the reason in one line. All else of it fails. */
const NO_LAB = 3;

function run([command, ...args], options = {}) {
  process.stdout.write(`\n== ${[command, ...args].join(' ')}\n`);
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status === 0;
}

/** A step that passes or fails as a whole. */
function step(command, options) {
  const passed = run(command, options);
  count[passed ? 'passed' : 'failed']++;
}

/** The kernel lab, which counts its own checks. */
function lab() {
  const file = join(results, 'lab.json');
  const args = ['tools/lab.mjs', '--twice', '--counts', file, 'ci'];
  process.stdout.write(`\n== node ${args.join(' ')}\n`);
  const { status } = spawnSync('node', args, { cwd: root, stdio: 'inherit' });
  if (status === NO_LAB) {
    process.stdout.write('the kernel lab was left out: see the line above\n');
    return;
  }
  const counted = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 };
  count.passed += counted.passed;
  // A boot that hung twice, or the lab itself: no check failed, but not all is well.
  count.failed += status === 0 ? counted.failed : Math.max(1, counted.failed);
}

/** A run of vitest, counted from its own JSON. */
function suite(name, command, options) {
  const file = join(results, `${name}.json`);
  const passed = run(
    [...command, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    options,
  );
  const { numPassedTests = 0, numFailedTests = 0 } = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : {};
  count.passed += numPassedTests;
  // A file that could not be loaded, or vitest itself: no test failed, but not all is well.
  count.failed += passed ? numFailedTests : Math.max(1, numFailedTests);
}

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
suite('tests', ['npm', 'test', '--']);
step(['npm', 'run', 'check']);
const conformance = ['tools/run-ts.mjs', 'test/conformance/main.ts', golden];
if (existsSync(join(root, golden))) step(['node', ...conformance]);
const newest = { env: { ...process.env, IRQSPACE_EXPECT_NODE: NEWEST_NODE, IRQSPACE_LONG: '1' } };
suite('tests-newest-node', [...onNewestNode, 'node_modules/vitest/vitest.mjs', 'run'], newest);
if (existsSync(join(root, golden))) step([...onNewestNode, ...conformance]);
lab();

process.stdout.write(`\n${count.passed} passed, ${count.failed} failed\n`);
process.exit(count.failed === 0 ? 0 : 1);
