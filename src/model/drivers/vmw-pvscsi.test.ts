import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { EINVAL, ENOSPC } from '../failures.ts';
import { vmwPvscsi } from './vmw-pvscsi.ts';

/** Expected by hand from pvscsi_probe(), vmw_pvscsi.c of 6.1. */
describe('vmw_pvscsi', () => {
  it.each([
    ['msix', {}, 'MSI-X', ['vmw_pvscsi: plain 0-3']],
    ['msi', { disable_msix: 1 }, 'MSI', ['vmw_pvscsi: plain 0-3']],
    ['intx', { disable_msix: 1, disable_msi: 1 }, 'INTx', []],
  ])('has one interrupt: %s with %o', (mode, parameters, kind, messages) => {
    const bench = new DriverBench(vmwPvscsi, { parameters, fn: { line: 20 } });
    expect(bench.probe()).toBe(0);
    expect([bench.device.mode, bench.messages, bench.actions]).toEqual([mode, messages, ['vmw_pvscsi']]);
    expect(bench.machine.log).toEqual([`info: vmw_pvscsi: using ${kind}`]);
    bench.suspend();
    expect(bench.actions).toEqual(['vmw_pvscsi']);
    bench.resume();
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.warnings]).toEqual([0, [], []]);
  });

  it('fails without an interrupt, or without a vector for it', () => {
    expect(new DriverBench(vmwPvscsi, { fn: { msix: undefined, msi: undefined } }).probe()).toBe(-EINVAL);
    const bench = new DriverBench(vmwPvscsi, { shape: 2, fn: { line: 20 } });
    bench.crowd(0);
    expect(bench.probe()).toBe(-ENOSPC);
    expect(bench.machine.log.at(-1)).toBe('err: vmw_pvscsi: unable to request IRQ: -28');
    expect(bench.enabled).toBe(0);
  });
});
