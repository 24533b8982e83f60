/**
 * `npm run lab -- NAME...`: boots the machines, plays their scripts, and compares irqspace with the kernel.
 * docs/lab.md says what it needs. Arguments of tools/lab.mjs: the repository, the guest's program, and the user's.
 */
import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot } from './boot.ts';
import { type Finding, readLabCapture } from './checks.ts';
import type { Series } from './machines.ts';
import { LabError, NoLab } from './packages.ts';
import { IN_CI, SCENARIOS, type Scenario } from './scenarios.ts';

const [root = '', guest = '', ...args] = process.argv.slice(2);
const cache = process.env.IRQSPACE_LAB ?? join(root, '.build', 'lab');
/** tools/ci.mjs goes on without. */
const EXIT_NO_LAB = 3;
const USAGE = `usage: npm run lab -- [--kernel SERIES] [--check-only] [--twice] [--counts FILE] NAME...|ci|all
  boots machines in QEMU and compares irqspace with their kernels (docs/lab.md)
  --kernel SERIES   5.10, 6.1, 6.12 or 7.2 instead of the scenario's own
  --check-only      the checks alone, on the captures of the last boots
  --twice           a machine with a check that fails is booted once more, and only what fails again counts
  --counts FILE     {"passed": N, "failed": N} as JSON`;

interface Wish {
  readonly names: readonly string[];
  readonly series: Series | undefined;
  readonly boots: boolean;
  readonly twice: boolean;
  readonly counts: string | undefined;
}

function wishOf(given: readonly string[]): Wish {
  const names: string[] = [];
  let series: Series | undefined;
  let boots = true;
  let twice = false;
  let counts: string | undefined;
  for (let at = 0; at < given.length; at++) {
    const word = given[at] ?? '';
    if (word === '--check-only') boots = false;
    else if (word === '--twice') twice = true;
    else if (word === '--counts') counts = given[++at];
    else if (word === '--kernel') series = seriesNamed(given[++at]);
    else if (word === 'ci') names.push(...IN_CI);
    else if (word === 'all') names.push(...Object.keys(SCENARIOS));
    else if (SCENARIOS[word] !== undefined) names.push(word);
    else throw new LabError(`no scenario "${word}"; npm run lab lists them`);
  }
  return { names, series, boots, twice, counts };
}

function seriesNamed(name: string | undefined): Series {
  if (name === '5.10' || name === '6.1' || name === '6.12' || name === '7.2') return name;
  throw new LabError(`--kernel: expected 5.10, 6.1, 6.12 or 7.2, found "${name ?? ''}"`);
}

/** A busy host decides races in a guest: what it made fail once is shown, and asked of another boot. */
async function judge(name: string, scenario: Scenario, wish: Wish): Promise<Finding[]> {
  const out = captureOf(name, scenario, wish);
  const findings = await play(name, scenario, wish, out);
  const failed = findings.filter(({ holds }) => !holds);
  if (!wish.twice || !wish.boots || failed.length === 0) return findings;
  for (const { claim, shows } of failed) process.stdout.write(`  once ${claim}\n       ${shows}\n`);
  const first = `${out}.first`;
  rmSync(first, { recursive: true, force: true });
  renameSync(out, first);
  process.stdout.write(`  its capture: ${first}; the second boot counts\n`);
  return play(name, scenario, wish, out);
}

function captureOf(name: string, scenario: Scenario, { series }: Wish): string {
  return join(cache, 'captures', `${name}-${series ?? scenario.series}`);
}

async function play(
  name: string,
  scenario: Scenario,
  { series, boots }: Wish,
  out: string,
): Promise<Finding[]> {
  const kernel = series ?? scenario.series;
  const start = Date.now();
  const seconds = (): string => `${((Date.now() - start) / 1000).toFixed(0)} s`;
  process.stdout.write(`\n${name} on ${kernel}: ${scenario.says}\n`);
  if (boots) {
    const { machine, script, programs = [] } = scenario;
    const tries = await boot({
      ...{ root, guest, cache, machine, script, programs, out, series: kernel, seconds: scenario.seconds },
      onProgress: (line) => process.stderr.write(`  ${seconds().padStart(5)}  ${line}\n`),
    });
    process.stdout.write(`  ${seconds()}${tries > 1 ? `, ${tries} tries` : ''}; capture: ${out}\n`);
  }
  const capture = readLabCapture(out, root);
  return scenario.checks.flatMap((check) => check(capture));
}

/** Networks with many queues are taps, which only root makes. */
function requireTaps(): void {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    throw new LabError('/dev/net/tun cannot be opened: QEMU makes its networks there, as root');
  }
}

async function main(): Promise<void> {
  const wish = wishOf(args);
  if (wish.names.length === 0) {
    const list = Object.entries(SCENARIOS).map(([name, { says }]) => `  ${name.padEnd(12)}${says}`);
    process.stdout.write(`${USAGE}\n\n${list.join('\n')}\n`);
    return;
  }
  if (wish.boots) requireTaps();
  const count = { passed: 0, failed: 0 };
  for (const name of wish.names) {
    const scenario = SCENARIOS[name];
    if (scenario === undefined) continue;
    for (const { claim, holds, shows } of await judge(name, scenario, wish)) {
      count[holds ? 'passed' : 'failed']++;
      process.stdout.write(`  ${holds ? 'ok  ' : 'FAIL'} ${claim}\n       ${shows}\n`);
    }
  }
  if (wish.counts !== undefined) writeFileSync(wish.counts, JSON.stringify(count));
  process.stdout.write(`\n${count.passed} passed, ${count.failed} failed\n`);
  process.exitCode = count.failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  const noLab = error instanceof NoLab;
  process.stderr.write(`lab: ${noLab ? 'not on this machine: ' : ''}${error.message}\n`);
  process.exitCode = noLab ? EXIT_NO_LAB : 2;
}
