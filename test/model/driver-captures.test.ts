import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { type KernelProfile, parseVersion, profileOf } from '../../src/model/kernel-profile.ts';
import { actOut } from './recorded-drivers.ts';
import { recordedEvents, recordedTrace } from './recorded-events.ts';
import { ISOLCPUS, REBIND, type Recorded, SMALL, SRIOV } from './recorded-machines.ts';

function profileFor(text: string): KernelProfile {
  const version = parseVersion(text);
  const profile = version === undefined ? undefined : profileOf(version);
  if (profile === undefined) throw new Error(`no kernel ${text}`);
  return profile;
}

describe.each<Recorded>([
  { capture: 'sriov-6.1', kernel: '6.1.192', ...SRIOV },
  { capture: 'isolcpus12-6.1', kernel: '6.1.192', ...ISOLCPUS },
  { capture: 'afferrir-debugfs', kernel: '6.1.192', ...REBIND },
  { capture: 'small-5.10', kernel: '5.10.223', ...SMALL },
  { capture: 'small-6.1', kernel: '6.1.192', ...SMALL },
  { capture: 'small-6.12', kernel: '6.12.107', ...SMALL },
  { capture: 'small-7.2', kernel: '7.2.12', ...SMALL },
])('the drivers of $capture', (recorded) => {
  const path = recordedTrace(recorded.capture);

  it.skipIf(path === undefined)('do what the kernel recorded, event by event', () => {
    const { kernel, cpus, nodes, remapping, housekeeping } = recorded;
    const possible = CpuSet.span(0, cpus - 1);
    const machine = {
      profile: profileFor(kernel),
      possible,
      nodes: nodes ?? [possible],
      remapping,
      housekeeping,
    };
    const [acted, expected] = actOut({ ...recorded, machine, path: path ?? '' }, recordedEvents(path ?? ''));
    expect(acted).toEqual(expected);
  });
});
