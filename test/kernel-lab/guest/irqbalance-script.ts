import type { Lab } from './lab.ts';

const SECONDS = 40;
const INTERVAL = 5;

/** irqbalance within all CPUs, three and two of them; then irqspace, asked for the same CPUs. */
export async function besideIrqbalance(lab: Lab): Promise<void> {
  await lab.loadDrivers();
  await lab.linksUp();
  lab.io();
  lab.snap('start');
  for (const [name, banned] of [
    ['all', ''],
    ['three', '3-7'],
    ['two', '2-7'],
  ] as const) {
    lab.irqbalance(name, banned, SECONDS, INTERVAL);
    lab.snap(`irqbalance-${name}`);
  }
  for (const [name, banned] of [
    ['two', '2-7'],
    ['three', '3-7'],
    ['four', '4-7'],
  ] as const) {
    const file = `/tmp/${name}.json`;
    const { code } = await lab.ask('plan', 'isolate', banned, '-o', file);
    if (code === 0) await lab.ask('apply', file, '--yes', '--journal', `/tmp/${name}.journal`);
    lab.snap(`irqspace-${name}`);
  }
}
