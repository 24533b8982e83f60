import { describe, expect, it } from 'vitest';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { EINVAL } from '../failures.ts';
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
});
