import { describe, expect, it } from 'vitest';
import { BoundDevice } from '../../../test/model/bound-device.ts';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { EINVAL, ENOSPC } from '../failures.ts';
import { xhciHcd } from './xhci-hcd.ts';

function bound(bench: Bench = {}): DriverBench {
  const controller = new DriverBench(xhciHcd, bench);
  expect(controller.probe()).toBe(0);
  return controller;
}

describe('xhci_hcd', () => {
  it('has a message per online CPU and one more, as far as there are interrupters', () => {
    expect(bound().actions).toEqual(Array.from({ length: 5 }, () => 'xhci_hcd'));
    expect(bound({ parameters: { interrupters: 2 } }).enabled).toBe(2);
    expect(bound({ shape: 16 }).enabled).toBe(8);
  });

  it('has one MSI where the table is too small or a handler is refused', () => {
    const small = bound({ fn: { msix: { tableSize: 4 } } });
    expect([small.device.mode, small.actions]).toEqual(['msi', ['xhci_hcd']]);
    const controller = new DriverBench(xhciHcd, { shape: 1 });
    controller.crowd(1);
    expect([controller.probe(), controller.device.mode]).toEqual([0, 'msi']);
    expect(controller.takeCalls()).toEqual(['+ xhci_hcd', '! xhci_hcd -28', '- xhci_hcd', '+ xhci_hcd']);
  });

  it('shares its line where it has neither, and does not bind without', () => {
    const nothing = { msix: undefined, msi: undefined };
    expect(bound({ fn: { ...nothing, line: 16 } }).actions).toEqual(['xhci_hcd:usb0']);
    expect(new DriverBench(xhciHcd, { fn: nothing }).probe()).toBe(-EINVAL);
  });

  it('keeps its messages for suspend, and asks for them again where it is reset', () => {
    const kept = bound();
    kept.takeCalls();
    kept.suspend();
    expect([kept.resume(), kept.takeCalls()]).toEqual([0, []]);
    const reset = bound({ parameters: { resets: 1, interrupters: 2 } });
    reset.takeCalls();
    reset.suspend();
    expect(reset.enabled).toBe(2);
    expect([reset.resume(), reset.takeCalls()]).toEqual([
      0,
      ['- xhci_hcd', '- xhci_hcd', '+ xhci_hcd', '+ xhci_hcd'],
    ]);
    reset.remove();
    expect([reset.enabled, reset.machine.warnings]).toEqual([0, []]);
  });

  it('from 6.8 on uses one message of those it gets, and keeps it', () => {
    const machine = new TestMachine('7.2', 4);
    const controller = new BoundDevice(machine, xhciHcd, {
      parameters: { resets: 1 },
      fn: { msix: { tableSize: 3 } },
    });
    expect([controller.probe(), controller.enabled]).toEqual([0, 3]);
    controller.suspend();
    expect([controller.resume(), controller.takeCalls()]).toEqual([0, ['+ xhci_hcd']]);
    controller.remove();
    expect([controller.enabled, controller.takeCalls()]).toEqual([0, ['- xhci_hcd']]);
  });

  it('from 6.8 on has its line where its only handler is refused', () => {
    const machine = new TestMachine('7.2', 1);
    const controller = new BoundDevice(machine, xhciHcd, { fn: { line: 16 } });
    machine.fill(0);
    expect(controller.probe()).toBe(-ENOSPC);
    expect(controller.takeCalls()).toEqual(['! xhci_hcd -28', '! xhci_hcd:eth0 -28']);
    expect(controller.enabled).toBe(0);
  });
});
