import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { EINVAL, ENOSPC } from '../failures.ts';
import { smartpqi } from './smartpqi.ts';

/** Expected by hand from pqi_calculate_queue_resources() and pqi_request_irqs(), smartpqi_init.c of 6.1. */
describe('smartpqi', () => {
  it('asks for a managed vector per online CPU, all of one name', () => {
    const bench = new DriverBench(smartpqi, { shape: 4 });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual([
      'smartpqi: managed 0',
      'smartpqi: managed 1',
      'smartpqi: managed 2',
      'smartpqi: managed 3',
    ]);
  });

  it.each([
    ['64 at most', 70, {}, 64],
    ['half the inbound queues', 16, { inboundQueues: 9 }, 4],
    ['the outbound queues but one', 16, { outboundQueues: 4 }, 3],
  ])('has %s', (_, shape, parameters, vectors) => {
    const bench = new DriverBench(smartpqi, { shape, parameters });
    bench.probe();
    expect(bench.enabled).toBe(vectors);
  });

  it('spreads what is granted', () => {
    const bench = new DriverBench(smartpqi, { shape: 8, fn: { msix: { tableSize: 3 } } });
    bench.probe();
    expect(bench.messages).toEqual([
      'smartpqi: managed 0-2',
      'smartpqi: managed 3-5',
      'smartpqi: managed 6-7',
    ]);
  });

  it('manages none with disable_managed_interrupts', () => {
    const bench = new DriverBench(smartpqi, { shape: 2, parameters: { disable_managed_interrupts: 1 } });
    bench.probe();
    expect(bench.messages).toEqual(['smartpqi: plain 0-1', 'smartpqi: plain 0-1']);
  });

  it('fails without MSI-X, whatever else there is', () => {
    const msi = { log2Count: 0, maskable: true, is64Bit: true };
    const bench = new DriverBench(smartpqi, { fn: { msix: undefined, msi, line: 20 } });
    expect(bench.probe()).toBe(-EINVAL);
    expect(bench.machine.log[0]).toMatch(/^err: smartpqi .*: MSI-X init failed with error -22$/);
  });

  it('fails where no CPU has a vector for it, or a handler finds none', () => {
    for (const disable_managed_interrupts of [0, 1]) {
      const bench = new DriverBench(smartpqi, { shape: 2, parameters: { disable_managed_interrupts } });
      bench.crowd(1);
      expect(bench.probe()).toBe(-ENOSPC);
      expect([bench.enabled, bench.actions]).toEqual([0, []]);
    }
  });

  it('frees its handlers before the machine sleeps, and keeps its messages', () => {
    const bench = new DriverBench(smartpqi, { shape: 2 });
    bench.probe();
    bench.suspend();
    expect(bench.messages).toEqual(['-: managed 0', '-: managed 1']);
    expect([bench.machine.managedBits(0), bench.machine.managedBits(1)]).toEqual([1, 1]);
    expect(bench.resume()).toBe(0);
    expect(bench.messages).toEqual(['smartpqi: managed 0', 'smartpqi: managed 1']);
  });

  it('keeps those handlers that it has where it resumes in vain', () => {
    const bench = new DriverBench(smartpqi, { shape: 2, parameters: { disable_managed_interrupts: 1 } });
    bench.probe();
    bench.suspend();
    bench.crowd(1);
    expect(bench.resume()).toBe(-ENOSPC);
    expect(bench.actions).toEqual(['smartpqi']);
    bench.remove();
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
  });

  it('leaves nothing behind', () => {
    const bench = new DriverBench(smartpqi, { shape: 4 });
    bench.probe();
    bench.remove();
    expect([bench.enabled, bench.machine.managedBits(3), bench.machine.warnings]).toEqual([0, 0, []]);
  });
});
