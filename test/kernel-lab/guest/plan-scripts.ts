import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../../src/format/report.ts';
import type { Lab } from './lab.ts';

const JOURNAL = '/tmp/apply.journal';
const DEFAULT_AFFINITY = '/proc/irq/default_smp_affinity';
/** irqbalance's turn: some cycles of it. */
const SECONDS = 14;
const INTERVAL = 2;

type Goals = readonly (readonly string[])[];

/** What is planned on a machine, and which of its CPUs irqbalance is then kept from. */
interface Course {
  readonly goals: Goals;
  readonly half: string;
  /** A mask: the only CPUs that interrupts get while drivers are loaded. */
  readonly crowd?: string;
}

const FOUR: Course = {
  goals: [['balance', '--by', 'vectors'], ['isolate', '3'], ['drain', '1'], ['headroom', '20'], ['spread']],
  half: '2-3',
};
/** The first plans find the CPUs 1 and 2 full to the last vector. */
const FULL: Course = {
  goals: [['headroom', '20'], ['balance', '--by', 'vectors'], ['isolate', '2'], ['spread']],
  half: '2-3',
  crowd: '6',
};
const EIGHT: Course = {
  goals: [['balance', '--by', 'vectors'], ['isolate', '6-7'], ['drain', '1,5'], ['numa-local'], ['spread']],
  half: '4-7',
};
const SIXTEEN: Course = {
  goals: [['balance', '--by', 'vectors'], ['isolate', '12-15'], ['numa-local'], ['spread']],
  half: '8-15',
};

export const planGoals = (lab: Lab): Promise<void> => plan(lab, FOUR);
export const planFull = (lab: Lab): Promise<void> => plan(lab, FULL);
export const planEight = (lab: Lab): Promise<void> => plan(lab, EIGHT);
export const planSixteen = (lab: Lab): Promise<void> => plan(lab, SIXTEEN);

/** Each goal planned, applied by irqspace, and looked at after interrupts have come; then irqbalance's turn. */
async function plan(lab: Lab, { goals, half, crowd }: Course): Promise<void> {
  const everyCpu = readFileSync(DEFAULT_AFFINITY, 'utf8').trim();
  if (crowd !== undefined) {
    // Nothing records when an interrupt was requested that had its vector already: snapshots tell before and after.
    lab.snap('earlyboot');
    lab.write(DEFAULT_AFFINITY, crowd);
  }
  await lab.loadDrivers();
  await lab.linksUp();
  lab.io();
  lab.snap('start');
  if (crowd !== undefined) lab.write(DEFAULT_AFFINITY, everyCpu);
  for (const [at, goal] of goals.entries()) {
    const file = `/tmp/plan-${at}.json`;
    const { code } = await lab.ask('plan', ...goal, '-o', file);
    if (code !== 0) continue;
    await lab.ask('apply', file);
    await lab.ask('apply', file, '--yes', '--journal', JOURNAL);
    // Asked again while moves may still wait, and when some have come.
    await lab.ask('plan', ...goal);
    lab.io();
    lab.traffic();
    lab.places(`after-${goal[0]}`);
    await lab.ask('report');
    await lab.ask('plan', ...goal);
    if (goal[0] === 'drain') await takeOffline(lab, (goal[1] ?? '').split(',').map(Number));
  }
  lab.snap('planned');
  lab.irqbalance('all', '', SECONDS, INTERVAL);
  await lab.ask('plan', 'isolate', half);
  lab.irqbalance('half', half, SECONDS, INTERVAL);
}

/** What draining is for. */
async function takeOffline(lab: Lab, cpus: readonly number[]): Promise<void> {
  for (const cpu of cpus) {
    await lab.ask('fits', '--offline', String(cpu));
    lab.offline(cpu);
  }
  // A CPU that is gone for less than a second is not told from one that never went (docs/limits.md).
  await sleep(3000);
  for (const cpu of cpus) lab.online(cpu);
}

/** More interrupts than the CPUs that are left can hold: irqspace says so, then they are written all the same. */
export async function tooMany(lab: Lab): Promise<void> {
  await lab.loadDrivers();
  lab.snap('start');
  await lab.ask('plan', 'isolate', '2-3');
  const { answer } = await lab.ask('report');
  const leaving = (answer as Report).irqs.filter(
    ({ state, managed, chip, cpu }) =>
      state === 'active' && managed === false && chip !== 'XT-PIC' && (cpu === 2 || cpu === 3),
  );
  const results = lab.pin(
    '0-1',
    leaving.map(({ irq }) => irq),
  );
  lab.say(`${results.length} written, ${results.filter((result) => result === 'OK').length} accepted`);
  lab.snap('written');
  await lab.ask('report');
}

/** The journal and the masks have at most so many writes; a longer plan is killed at these only. */
const MOST_KILLS = 80;

/** `apply` is killed at every write in turn, journal and masks, and `rollback` restores. */
export async function killApply(lab: Lab): Promise<void> {
  await lab.loadDrivers();
  lab.snap('start');
  let died = true;
  for (let at = 1; died && at <= MOST_KILLS; at++) {
    const file = `/tmp/plan-${at}.json`;
    lab.places('before-kill');
    // Whatever moved and stayed where it went: isolating it again still narrows every mask.
    await lab.ask('plan', 'isolate', '3', '-o', file);
    // Every third write is made by half: a journal line, a mask.
    died = lab.applyKilled(file, JOURNAL, at, at % 3 === 0);
    // Killed before the journal was there: nothing was written.
    if (existsSync(JOURNAL)) await lab.ask('rollback', JOURNAL);
    lab.places('after-rollback');
  }
}
