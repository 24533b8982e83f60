import { type Lab, onlineCpus } from './lab.ts';

/** All that may move: virtio-net requests its interrupts at probe, so they are there at once. */
const MOVABLE = /virtio\d+-(?:input|output|config)/;

/** irqspace is asked, then the kernel: each CPU offline one by one, then online again. */
async function offlineEach(lab: Lab): Promise<void> {
  lab.snap('earlyboot');
  await lab.loadDrivers();
  lab.snap('probed');
  await lab.linksUp();
  lab.io();
  lab.snap('io');
  lab.ask('report');
  const cpus = onlineCpus().slice(1);
  lab.ask('fits', '--offline', cpus.join(','));
  for (const cpu of cpus) await askThenOffline(lab, cpu);
  for (const cpu of cpus) {
    lab.online(cpu);
    lab.snap(`on${cpu}`);
  }
  lab.io();
  lab.snap('final');
  lab.ask('report');
}

async function askThenOffline(lab: Lab, cpu: number): Promise<void> {
  lab.places(`before-off${cpu}`);
  lab.ask('fits', '--offline', String(cpu));
  lab.offline(cpu);
  lab.places(`after-off${cpu}`);
  lab.snap(`off${cpu}`);
}

export const SCRIPTS: Readonly<Record<string, (lab: Lab) => Promise<void>>> = { offlineEach };
