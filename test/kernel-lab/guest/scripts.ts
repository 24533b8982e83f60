import { generatedChanges } from './change-script.ts';
import { besideIrqbalance } from './irqbalance-script.ts';
import { type Lab, onlineCpus } from './lab.ts';
import { killApply, planEight, planFull, planGoals, planSixteen, tooMany } from './plan-scripts.ts';

/** All that may move: virtio-net requests its interrupts at probe, so they are there at once. */
const MOVABLE = /virtio\d+-(?:input|output|config)/;

/** irqspace is asked, then the kernel: each CPU offline one by one, then online again. */
async function offlineEach(lab: Lab): Promise<void> {
  lab.snap('earlyboot');
  await lab.loadDrivers();
  await lab.linksUp();
  lab.io();
  lab.snap('io');
  lab.run('report');
  await offlineAll(lab);
  lab.io();
  lab.snap('final');
  await lab.ask('report');
}

/** All but CPU 0, asked one at a time and all at once before. */
async function offlineAll(lab: Lab): Promise<void> {
  const cpus = onlineCpus().slice(1);
  await lab.ask('fits', '--offline', cpus.join(','));
  const gone: number[] = [];
  for (const cpu of cpus) {
    await lab.ask('fits', '--offline', String(cpu));
    if (lab.offline(cpu) === 'OK') gone.push(cpu);
    lab.snap(`off${cpu}`);
  }
  for (const cpu of gone) lab.online(cpu);
  lab.snap('on');
}

/** Everything that moves to one CPU until the kernel refuses, then the CPUs that would have to make room go. */
async function exhaust(lab: Lab): Promise<void> {
  await lab.loadDrivers();
  lab.snap('probed');
  const movable = lab.irqsOf(MOVABLE);
  lab.run('report');
  for (const cpu of [1, 2]) {
    lab.places(`before-pin${cpu}`);
    await lab.ask('report');
    lab.pin(String(cpu), movable);
    lab.places(`after-pin${cpu}`);
    await lab.ask('report');
    lab.snap(`pin${cpu}`);
  }
  await offlineAll(lab);
}

/** Everything that moves to one CPU until the kernel refuses, and somebody watches. */
async function watchMoves(lab: Lab): Promise<void> {
  await lab.loadDrivers();
  lab.snap('probed');
  const movable = lab.irqsOf(MOVABLE);
  lab.run('report');
  lab.places('before');
  await lab.watched(() => lab.pin('1', movable));
  lab.places('after');
  lab.snap('pinned');
}

export const SCRIPTS: Readonly<Record<string, (lab: Lab) => Promise<void>>> = {
  offlineEach,
  exhaust,
  watchMoves,
  planGoals,
  planFull,
  planEight,
  planSixteen,
  killApply,
  tooMany,
  besideIrqbalance,
  generatedChanges,
};
