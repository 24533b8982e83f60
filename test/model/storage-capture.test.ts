import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { profileNamed } from '../../src/model/kernel-profile.ts';
import { plainTopology } from '../../src/model/spreading/topology.ts';
import { actOut, type Story } from './recorded-drivers.ts';
import { recordedEvents } from './recorded-events.ts';

/**
 * Debian's 6.1.176 in QEMU 7.2 with two MegaRAID controllers of the MFI series that have MSI-X, a third one that has
 * not, and two PVSCSI with MSI alone; then `echo devices > /sys/power/pm_test; echo mem > /sys/power/state`.
 */
const path = join(import.meta.dirname, '../fixtures/drivers/storage-6.1-trace.txt.gz');
const possible = CpuSet.span(0, 3);
const profile = profileNamed('6.1.176');

const DEVICES: Story['devices'] = {
  megasas6: { driver: 'megaraid_sas', parameters: { series: 1 }, line: 20 },
  megasas7: { driver: 'megaraid_sas', parameters: { series: 1 }, line: 21 },
  pvscsi9: { driver: 'vmw_pvscsi', msix: 0, parameters: { disable_msix: 1 }, line: 21 },
  pvscsi10: { driver: 'vmw_pvscsi', msix: 0, parameters: { disable_msix: 1 }, line: 23 },
};

/** The third controller's line was set up before its driver was there: what is done to it is followed, not acted. */
const STEPS: Story['steps'] = [
  { device: 'megasas6', does: 'probe', begins: ['set up', 20] },
  { device: 'megasas7', does: 'probe', begins: ['set up', 29] },
  { begins: ['start', 22] },
  { device: 'pvscsi9', does: 'probe', begins: ['set up', 30] },
  { device: 'pvscsi10', does: 'probe', begins: ['set up', 31] },
  { device: 'megasas6', does: 'suspend', begins: ['stop', 28] },
  { device: 'megasas7', does: 'suspend', begins: ['stop', 29] },
  { device: 'megasas6', does: 'resume', begins: ['set up', 28] },
  { device: 'megasas7', does: 'resume', begins: ['set up', 29] },
];

describe('storage drivers on a real kernel', () => {
  it('do what it recorded, event by event', () => {
    if (profile === undefined) throw new Error('no kernel 6.1.176');
    const topology = plainTopology(possible, [possible]);
    const machine = { profile, possible, nodes: [possible], topology, remapping: false };
    const story = { path, machine, devices: DEVICES, steps: STEPS };
    const { acted, recorded } = actOut(story, recordedEvents(path));
    expect(recorded.length).toBeGreaterThan(60);
    expect(acted).toEqual(recorded);
  });
});
