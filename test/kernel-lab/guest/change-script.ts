import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import type { Report } from '../../../src/format/report.ts';
import { type Lab, onlineCpus } from './lab.ts';

const CHANGES = 50;
const CPUS = [1, 2, 3];
/** Drivers whose devices come and go, with what `fits --add` calls them. */
const COME_AND_GO: Readonly<Record<string, string>> = { nvme: 'nvme=1x4', e1000e: 'e1000e=1' };

/** The numbers of a small generator: the same script every time (Park and Miller's). */
class Draws {
  private state = 20261122;

  below(limit: number): number {
    this.state = (this.state * 48271) % 2147483647;
    return this.state % limit;
  }

  of<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }
}

/** Generated changes: irqspace is asked, then the kernel does it. */
export async function generatedChanges(lab: Lab): Promise<void> {
  await lab.loadDrivers();
  await lab.linksUp();
  lab.snap('start');
  const draws = new Draws();
  const gone: { driver: string; bdf: string }[] = [];
  for (let left = CHANGES; left > 0; ) {
    const online = onlineCpus();
    const offline = CPUS.filter((cpu) => !online.includes(cpu));
    const kind = draws.of(['offline', 'online', 'pin', 'pin', 'pin', 'unbind', 'bind']);
    let done = true;
    if (kind === 'offline' && online.length > 1) {
      await offlineOne(lab, draws.of(online.slice(1)) ?? 1);
    } else if (kind === 'online' && offline.length > 0) {
      const cpu = draws.of(offline) ?? 1;
      lab.places('before-change');
      await lab.ask('fits', '--online', String(cpu));
      lab.online(cpu);
      await lab.settle();
      lab.places('after-change');
    } else if (kind === 'pin') await pinSome(lab, draws, online);
    else if (kind === 'unbind' && gone.length === 0) gone.push(...(await unbindOne(lab, draws)));
    else if (kind === 'bind' && gone.length > 0) await bindBack(lab, gone.splice(0));
    else done = false;
    if (!done) continue;
    left--;
    await lab.settle();
    await lab.ask('report');
    if (left % 10 === 0) lab.snap(`left${left}`);
  }
}

async function offlineOne(lab: Lab, cpu: number): Promise<void> {
  await lab.ask('fits', '--offline', String(cpu));
  lab.offline(cpu);
}

async function pinSome(lab: Lab, draws: Draws, online: readonly number[]): Promise<void> {
  const { answer } = await lab.ask('report');
  const movable = (answer as Report).irqs
    .filter(
      ({ state, managed, chip }) => state === 'active' && managed === false && chip?.includes('MSI') === true,
    )
    .map(({ irq }) => irq);
  const irqs = Array.from({ length: 1 + draws.below(5) }, () => draws.of(movable) ?? 0);
  const cpus = [...new Set([draws.of(online) ?? 0, draws.of(online) ?? 0])].sort((a, b) => a - b);
  const ascending = [...new Set(irqs)].sort((a, b) => a - b);
  lab.places('before-change');
  await lab.ask('fits', '--pin', `${ascending.join(',')}=${cpus.join(',')}`);
  lab.pin(cpus.join(','), ascending);
  await lab.settle();
  lab.places('after-change');
}

async function unbindOne(lab: Lab, draws: Draws): Promise<{ driver: string; bdf: string }[]> {
  const driver = draws.of(Object.keys(COME_AND_GO)) ?? 'nvme';
  const folder = `/sys/bus/pci/drivers/${driver}`;
  const bdf = existsSync(folder) ? readdirSync(folder).find((name) => /^[0-9a-f]{4}:/.test(name)) : undefined;
  if (bdf === undefined) return [];
  await lab.ask('fits', '--remove', bdf);
  lab.write(`${folder}/unbind`, bdf);
  return [{ driver, bdf }];
}

async function bindBack(lab: Lab, gone: readonly { driver: string; bdf: string }[]): Promise<void> {
  for (const { driver, bdf } of gone) {
    await lab.ask('fits', '--add', COME_AND_GO[driver] ?? driver);
    lab.write(`/sys/bus/pci/drivers/${driver}/bind`, bdf);
    // A network device requests its interrupts when its link goes up; fits counts it as in use.
    await lab.settle();
    await lab.linksUp();
    lab.say(`${driver} ${bdf} is ${boundTo(bdf)}`);
  }
}

function boundTo(bdf: string): string {
  const link = `/sys/bus/pci/devices/${bdf}/driver`;
  return existsSync(link) ? readlinkSync(link).replace(/.*\//, '') : 'free';
}
