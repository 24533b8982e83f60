import { describe, expect, it } from 'vitest';
import { BoundDevice } from '../../../test/model/bound-device.ts';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { ENOSPC, KernelBug } from '../failures.ts';
import { e1000e } from './e1000e.ts';

function bound(bench: Bench = {}): DriverBench {
  const nic = new DriverBench(e1000e, bench);
  expect(nic.probe()).toBe(0);
  return nic;
}

const OPEN = ['+ eth0-rx-0', '+ eth0-tx-0', '+ eth0'];
const STOP = ['- eth0-rx-0', '- eth0-tx-0', '- eth0'];
/** The test handler comes and goes in between. */
const MSI_OPEN = ['+ eth0', '- eth0', '+ eth0', '- eth0', '+ eth0'];
const ADDRESS = '0000:01:00.0';

describe('e1000e', () => {
  it('has three messages from probe on, and their handlers while the link is up', () => {
    const nic = bound();
    expect([nic.enabled, nic.takeCalls()]).toEqual([3, []]);
    expect([nic.open(), nic.takeCalls()]).toEqual([0, OPEN]);
    nic.stop();
    expect([nic.enabled, nic.takeCalls()]).toEqual([3, STOP]);
  });

  it('uses a single MSI, which it tries out first, where it is told to or has no MSI-X', () => {
    for (const bench of [{ parameters: { IntMode: 1 } }, { fn: { msix: undefined } }]) {
      const nic = bound(bench);
      expect([nic.open(), nic.device.mode, nic.takeCalls()]).toEqual([0, 'msi', MSI_OPEN]);
      expect(nic.machine.log).toEqual([]);
    }
  });

  it('uses its line where it is told to or has nothing else', () => {
    for (const bench of [{ parameters: { IntMode: 0 } }, { fn: { msix: undefined, msi: undefined } }]) {
      const nic = bound({ ...bench, fn: { line: 20, ...bench.fn } });
      expect([nic.open(), nic.device.mode, nic.takeCalls()]).toEqual([0, 'intx', ['+ eth0']]);
    }
  });

  it('says what it falls back to, before it has a name', () => {
    const nic = bound({ fn: { msix: { tableSize: 2 }, msi: undefined, line: 20 } });
    const who = `err: e1000e ${ADDRESS} ${ADDRESS} (uninitialized)`;
    expect(nic.machine.log).toEqual([
      `${who}: Failed to initialize MSI-X interrupts.  Falling back to MSI interrupts.`,
      `${who}: Failed to initialize MSI interrupts.  Falling back to legacy interrupts.`,
    ]);
  });

  it('without a vector left fails, and has only its line from then on', () => {
    const nic = bound({ shape: 1, fn: { line: 20 } });
    nic.crowd(0);
    expect([nic.open(), nic.enabled]).toEqual([-ENOSPC, 0]);
    expect(nic.takeCalls()).toEqual(['! eth0-rx-0 -28', '! eth0 -28']);
    expect(nic.machine.log.slice(1)).toEqual([
      `err: e1000e ${ADDRESS} eth0: Failed to initialize MSI interrupts.  Falling back to legacy interrupts.`,
      `err: e1000e ${ADDRESS} eth0: Unable to allocate interrupt, Error: -28`,
    ]);
    nic.machine.remove('0000:02:00.0');
    expect([nic.open(), nic.device.mode, nic.takeCalls()]).toEqual([0, 'intx', ['+ eth0']]);
  });

  it('takes MSI where its second handler is refused, and forgets the first', () => {
    const nic = bound({ shape: 1 });
    nic.crowd(1);
    expect([nic.open(), nic.device.mode]).toEqual([0, 'msi']);
    expect(nic.takeCalls()).toEqual(['+ eth0-rx-0', '! eth0-tx-0 -28', '- eth0-rx-0', ...MSI_OPEN]);
  });

  it('stops an old kernel by that handler', () => {
    const machine = new TestMachine('5.10', 1);
    const nic = new BoundDevice(machine, e1000e);
    nic.probe();
    machine.free(machine.irq(machine.fill(0), 0));
    expect(() => nic.open()).toThrow(KernelBug);
  });

  it('gives up everything for suspend and gets it back, handlers only where the link is up', () => {
    const nic = bound();
    nic.suspend();
    expect([nic.enabled, nic.resume(), nic.enabled, nic.takeCalls()]).toEqual([0, 0, 3, []]);
    nic.open();
    nic.suspend();
    expect([nic.enabled, nic.takeCalls()]).toEqual([0, [...OPEN, ...STOP]]);
    expect([nic.resume(), nic.takeCalls()]).toEqual([0, OPEN]);
    nic.remove();
    expect([nic.enabled, nic.takeCalls(), nic.machine.warnings]).toEqual([0, STOP, []]);
  });
});
