import { describe, expect, it } from 'vitest';
import { numbered } from '../../../test/model/bound-device.ts';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { EINVAL, ENOSPC } from '../failures.ts';
import { ahci } from './ahci.ts';

/** Several messages of MSI take remapping. */
const machine = { remapping: true };

function bound(bench: Bench): DriverBench {
  const controller = new DriverBench(ahci, { machine, ...bench });
  expect(controller.probe()).toBe(0);
  return controller;
}

const msi = (log2Count: number, maskable = false): NonNullable<Bench['fn']> => ({
  msi: { log2Count, maskable, is64Bit: true },
});
const ONE = '0 ahci[0000:01:00.0]';

describe('ahci', () => {
  it('has one MSI for six ports where the controller has no six', () => {
    for (const log2Count of [0, 2]) {
      const controller = bound({ fn: msi(log2Count) });
      expect([controller.enabled, controller.handlers]).toEqual([1, [ONE]]);
    }
  });

  it('has all messages of the controller where they are enough, and a handler for each port', () => {
    const controller = bound({ fn: msi(3) });
    expect(controller.enabled).toBe(8);
    expect(controller.handlers).toEqual(numbered(6, (n) => `${n} ahci${n}`));
  });

  it('has one without remapping', () => {
    expect(bound({ machine: {}, fn: msi(3) }).handlers).toEqual([ONE]);
  });

  it('disables the message of a port that is not there', () => {
    const controller = bound({ fn: msi(2), parameters: { ports: 4, portMap: 0b1011 } });
    expect(controller.handlers).toEqual(['0 ahci0', '1 ahci1', '3 ahci3']);
    expect(controller.machine.irqs('0000:01:00.0').map(({ depth }) => depth)).toEqual([0, 0, 2, 0]);
  });

  it('goes back to one message where the controller does not use several', () => {
    const controller = bound({ fn: msi(3), parameters: { mrsm: 1 } });
    expect([controller.enabled, controller.handlers]).toEqual([1, [ONE]]);
    expect(controller.machine.log).toEqual(['info: ahci: MRSM is on, fallback to single MSI']);
  });

  it('takes a single entry of MSI-X where there is no MSI, and the line where there is neither', () => {
    const other = bound({ fn: { msi: undefined, msix: { tableSize: 1 } } });
    expect([other.device.mode, other.handlers]).toEqual(['msix', [ONE]]);
    const line = bound({ fn: { msi: undefined, line: 16 } });
    expect([line.device.mode, line.handlers]).toEqual(['intx', [ONE]]);
  });

  it('does not bind where no interrupt is left', () => {
    expect(new DriverBench(ahci, { fn: { msi: undefined } }).probe()).toBe(-EINVAL);
  });

  it('gives everything back, last first, where a port has no handler', () => {
    const controller = new DriverBench(ahci, { machine, fn: msi(2, true), parameters: { ports: 4 } });
    controller.crowd(2);
    expect([controller.probe(), controller.enabled]).toEqual([-ENOSPC, 0]);
    expect(controller.takeCalls()).toEqual(['+ ahci0', '+ ahci1', '! ahci2 -28', '- ahci1', '- ahci0']);
  });

  it('keeps its messages and handlers for suspend', () => {
    const controller = bound({});
    controller.takeCalls();
    controller.suspend();
    controller.resume();
    expect([controller.takeCalls(), controller.handlers]).toEqual([[], [ONE]]);
  });
});
