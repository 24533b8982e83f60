import { existsSync } from 'node:fs';
import type { Report } from '../../../src/format/report.ts';
import type { Lab } from './lab.ts';

const JOURNAL = '/tmp/apply.journal';

/** Each goal planned, applied by irqspace, and looked at after interrupts have come. */
const GOALS: readonly (readonly string[])[] = [
  ['balance', '--by', 'vectors'],
  ['isolate', '3'],
  ['drain', '1'],
  ['headroom', '20'],
  ['spread'],
];

export async function planGoals(lab: Lab): Promise<void> {
  await lab.loadDrivers();
  await lab.linksUp();
  lab.io();
  lab.snap('start');
  for (const [at, goal] of GOALS.entries()) {
    const file = `/tmp/plan-${at}.json`;
    const { code } = await lab.ask('plan', ...goal, '-o', file);
    if (code !== 0) continue;
    await lab.ask('apply', file);
    await lab.ask('apply', file, '--yes', '--journal', JOURNAL);
    lab.io();
    lab.places(`after-${goal[0]}`);
    await lab.ask('report');
    lab.snap(`${goal[0]}`);
    // A balanced machine gets an empty plan: the same goal again has nothing to do.
    await lab.ask('plan', ...goal);
    if (goal[0] === 'drain') await takeOffline(lab, Number(goal[1]));
  }
}

/** What draining is for. */
async function takeOffline(lab: Lab, cpu: number): Promise<void> {
  await lab.ask('fits', '--offline', String(cpu));
  lab.offline(cpu);
  lab.online(cpu);
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
