import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { EINVAL, ENODEV, ENOSPC } from '../failures.ts';
import { hpsa } from './hpsa.ts';

/** Expected by hand from hpsa_interrupt_mode() and hpsa_request_irqs(), hpsa.c of 6.1. */
describe('hpsa', () => {
  it('has a managed vector per possible CPU', () => {
    const bench = new DriverBench(hpsa, { shape: 3, name: 'hpsa2' });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual([
      'hpsa2-msix0: managed 0',
      'hpsa2-msix1: managed 1',
      'hpsa2-msix2: managed 2',
    ]);
  });

  it('has 64 at most, or as many as its table', () => {
    const bench = new DriverBench(hpsa, { shape: 80 });
    bench.probe();
    expect(bench.enabled).toBe(64);
    const small = new DriverBench(hpsa, { shape: 8, fn: { msix: { tableSize: 2 } } });
    small.probe();
    expect(small.messages).toEqual(['hpsa0-msix0: managed 0-3', 'hpsa0-msix1: managed 4-7']);
  });

  it('uses the third alone in simple mode', () => {
    const bench = new DriverBench(hpsa, { shape: 4, parameters: { hpsa_simple_mode: 1 } });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual(['-: managed 0', '-: managed 1', 'hpsa0-msix: managed 2', '-: managed 3']);
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.warnings]).toEqual([0, [], []]);
  });

  it('fails in simple mode where there are only two', () => {
    const bench = new DriverBench(hpsa, { shape: 2, parameters: { hpsa_simple_mode: 1 } });
    expect(bench.probe()).toBe(-ENODEV);
    expect(bench.enabled).toBe(0);
  });

  it('takes MSI, then the line', () => {
    const msi = new DriverBench(hpsa, { fn: { msix: undefined, line: 20 } });
    msi.probe();
    expect(msi.messages).toEqual(['hpsa0-msi: plain 0-3']);
    const line = new DriverBench(hpsa, { fn: { msix: undefined, msi: undefined, line: 20 } });
    line.probe();
    expect([line.enabled, line.actions]).toEqual([0, ['hpsa0-intx']]);
    line.remove();
    expect([line.actions, line.machine.warnings]).toEqual([[], []]);
  });

  it('takes nothing but the line on boards that only pretend', () => {
    const bench = new DriverBench(hpsa, { parameters: { boardWithoutMsi: 1 }, fn: { line: 20 } });
    bench.probe();
    expect([bench.enabled, bench.actions]).toEqual([0, ['hpsa0-intx']]);
  });

  it('fails without any interrupt', () => {
    expect(new DriverBench(hpsa, { fn: { msix: undefined, msi: undefined } }).probe()).toBe(-EINVAL);
    expect(new DriverBench(hpsa, { parameters: { boardWithoutMsi: 1 } }).probe()).toBe(-ENOSPC);
  });

  it('takes MSI where no managed vector is left', () => {
    const bench = new DriverBench(hpsa, { shape: 2, fn: { line: 20 } });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect(bench.actions).toEqual(['hpsa0-msi']);
  });

  it('fails where its only handler finds no vector', () => {
    const bench = new DriverBench(hpsa, { shape: 2, fn: { line: 20 } });
    bench.crowd(0);
    expect(bench.probe()).toBe(-ENODEV);
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
  });

  it('leaves nothing behind', () => {
    const bench = new DriverBench(hpsa, { shape: 4 });
    bench.probe();
    bench.remove();
    expect([bench.enabled, bench.machine.managedBits(3), bench.machine.warnings]).toEqual([0, 0, []]);
  });
});
