import { describe, expect, it } from 'vitest';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { ENOSPC, EPERM } from '../failures.ts';
import { igbvf } from './igbvf.ts';

function bound(bench: Bench = {}): DriverBench {
  const nic = new DriverBench(igbvf, bench);
  expect(nic.probe()).toBe(0);
  return nic;
}

describe('igbvf', () => {
  it('has three messages, which suspend leaves it, and handlers while the link is up', () => {
    const nic = bound();
    nic.open();
    expect(nic.actions).toEqual(['eth0-tx-0', 'eth0-rx-0', 'eth0']);
    nic.suspend();
    expect([nic.enabled, nic.handlers]).toEqual([3, []]);
    expect([nic.resume(), nic.actions.length]).toEqual([0, 3]);
    nic.stop();
    nic.remove();
    expect([nic.enabled, nic.machine.warnings]).toEqual([0, []]);
  });

  it('binds with less, and does not come up', () => {
    const nic = bound({ fn: { msix: { tableSize: 2 }, line: 16 } });
    expect([nic.enabled, nic.open(), nic.takeCalls()]).toEqual([0, -EPERM, []]);
    expect(nic.machine.log).toEqual([
      'err: igbvf 0000:01:00.0: Failed to initialize MSI-X interrupts.',
      'err: igbvf 0000:01:00.0: Unable to allocate interrupt, Error: -1',
    ]);
  });

  it('does not come up where a handler is refused, and gives the others back', () => {
    const nic = bound();
    nic.crowd(2);
    expect(nic.open()).toBe(-ENOSPC);
    expect(nic.takeCalls()).toEqual([
      '+ eth0-tx-0',
      '+ eth0-rx-0',
      '! eth0 -28',
      '- eth0-rx-0',
      '- eth0-tx-0',
    ]);
    nic.machine.remove('0000:02:00.0');
    expect(nic.open()).toBe(0);
  });
});
