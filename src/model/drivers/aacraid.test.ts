import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { ENODEV, ENOSPC } from '../failures.ts';
import { aacraid } from './aacraid.ts';

/** Expected by hand from aac_define_int_mode() (comminit.c) and aac_acquire_irq() (commsup.c) of 6.1.192. */
const LINE = { line: 20 };

describe('aacraid', () => {
  it('has a vector per online CPU, all of one name and none managed', () => {
    const bench = new DriverBench(aacraid, { shape: 3 });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual(Array(3).fill('aacraid: plain 0-2'));
  });

  it.each([
    ['32 at most', 40, {}, 32],
    ['what the firmware supports', 40, { vectors: 8 }, 8],
  ])('has %s', (_, shape, parameters, vectors) => {
    const bench = new DriverBench(aacraid, { shape, parameters });
    bench.probe();
    expect([bench.enabled, bench.actions.length]).toEqual([vectors, vectors]);
  });

  it.each([
    ['one CPU', 1, {}],
    ['firmware for one vector', 4, { vectors: 1 }],
    ['firmware for none', 4, { vectors: 0 }],
    ['sync mode', 4, { aac_sync_mode: 1 }],
    ['a board before Series 6', 4, { series: 5 }],
  ])('takes the line with %s', (_, shape, parameters) => {
    const bench = new DriverBench(aacraid, { shape, parameters, fn: LINE });
    expect(bench.probe()).toBe(0);
    expect([bench.enabled, bench.actions]).toEqual([0, ['aacraid']]);
    bench.remove();
    expect([bench.actions, bench.machine.warnings]).toEqual([[], []]);
  });

  it('takes what it gets, but not one alone', () => {
    const two = new DriverBench(aacraid, { shape: 8, fn: { msix: { tableSize: 2 } } });
    two.probe();
    expect(two.actions).toEqual(['aacraid', 'aacraid']);
    const one = new DriverBench(aacraid, { shape: 8, fn: { msix: { tableSize: 1 }, ...LINE } });
    one.probe();
    expect([one.enabled, one.actions]).toEqual([0, ['aacraid']]);
    expect(one.machine.log[0]).toMatch(/^err: aacraid .*: MSIX not supported!! Will try INTX 0xffffffe4\.$/);
  });

  it.each([
    ['Series 6', { series: 6 }],
    ['older boards with msi=1', { series: 5, msi: 1 }],
  ])('has MSI with %s at probe, and its line after a sleep', (_, parameters) => {
    const bench = new DriverBench(aacraid, { parameters, fn: LINE });
    bench.probe();
    expect([bench.device.mode, bench.messages]).toEqual(['msi', ['aacraid: plain 0-3']]);
    bench.suspend();
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
    expect(bench.resume()).toBe(0);
    expect([bench.device.mode, bench.actions]).toEqual(['intx', ['aacraid']]);
  });

  it('does not come back where there is no line', () => {
    const bench = new DriverBench(aacraid, { parameters: { series: 6 } });
    bench.probe();
    bench.suspend();
    expect(bench.resume()).toBe(-ENODEV);
    expect(bench.machine.log).toEqual([
      'err: aacraid0: Interrupt unavailable.',
      'info: aacraid0: resume failed.',
    ]);
  });

  it('fails where a handler finds no vector, and says so of all that follow', () => {
    const bench = new DriverBench(aacraid, { shape: 4, fn: LINE });
    const { machine } = bench;
    bench.crowd(2);
    machine.forget();
    expect(bench.probe()).toBe(-ENODEV);
    expect(machine.log.filter((line) => line.startsWith('err'))).toEqual([
      'err: aacraid0: Failed to register IRQ for vector 2.',
      'err: aacraid0: Failed to register IRQ for vector 3.',
    ]);
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
  });

  it('never has more than it had, whatever CPUs come', () => {
    const bench = new DriverBench(aacraid, { shape: 4 });
    bench.machine.kernel.cpuDown(3);
    bench.probe();
    expect(bench.enabled).toBe(3);
    bench.suspend();
    bench.machine.kernel.cpuUp(3);
    bench.resume();
    expect(bench.enabled).toBe(3);
    bench.suspend();
    bench.machine.kernel.cpuDown(3);
    bench.machine.kernel.cpuDown(2);
    bench.resume();
    expect(bench.enabled).toBe(2);
  });

  it('falls back to its line for good where it is granted none when it resumes', () => {
    const bench = new DriverBench(aacraid, { shape: 2, machine: { remapping: true }, fn: LINE });
    bench.probe();
    bench.suspend();
    const { pci } = bench.machine.kernel;
    pci.fault = (step) => (step === 'irte' ? -ENOSPC : 0);
    bench.resume();
    bench.suspend();
    pci.fault = () => 0;
    bench.resume();
    expect([bench.enabled, bench.actions]).toEqual([0, ['aacraid']]);
  });

  it('leaves nothing behind', () => {
    const bench = new DriverBench(aacraid, { shape: 4 });
    bench.probe();
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.reserved]).toEqual([0, [], 0]);
    expect(bench.machine.warnings).toEqual([]);
  });
});
