import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { EINVAL, ENOSPC } from '../failures.ts';
import { idxd } from './idxd.ts';

/** Expected by hand from idxd_setup_interrupts() (init.c) and drv_enable_wq() (device.c), drivers/dma/idxd of 6.1. */
const lines = ({ machine }: DriverBench): string[] =>
  machine.log.map((line) => line.replace(/0000:\S+ /, ''));

describe('idxd', () => {
  it('has a vector for each work queue and one more, of which only that one is requested at probe', () => {
    const bench = new DriverBench(idxd, { shape: 2 });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual(['idxd-misc: plain 0-1', ...Array(8).fill('-: plain 0-1')]);
    // They reserve a place each; only one took it.
    expect(bench.machine.reserved).toBe(8);
  });

  it('asks for as many whatever the CPUs', () => {
    const bench = new DriverBench(idxd, { shape: 1 });
    bench.probe();
    expect(bench.enabled).toBe(9);
  });

  it('requests one for each kernel queue that is enabled, and frees it with the queue', () => {
    const bench = new DriverBench(idxd, { shape: 2, parameters: { kernelQueues: 3 } });
    bench.probe();
    expect(bench.open()).toBe(0);
    expect(bench.messages.slice(0, 5)).toEqual([
      'idxd-misc: plain 0-1',
      'idxd-portal: plain 0-1',
      'idxd-portal: plain 0-1',
      'idxd-portal: plain 0-1',
      '-: plain 0-1',
    ]);
    bench.stop();
    expect([bench.actions, bench.machine.reserved]).toEqual([['idxd-misc'], 8]);
    bench.open();
    expect(bench.actions).toHaveLength(4);
  });

  it('enables no more queues than it has', () => {
    const bench = new DriverBench(idxd, { parameters: { workQueues: 2, kernelQueues: 5 } });
    bench.probe();
    expect(bench.open()).toBe(0);
    expect(bench.actions).toEqual(['idxd-misc', 'idxd-portal', 'idxd-portal']);
  });

  it('keeps all its interrupts while the machine sleeps', () => {
    const bench = new DriverBench(idxd, { parameters: { kernelQueues: 2 } });
    bench.probe();
    bench.open();
    const before = bench.messages;
    bench.suspend();
    expect(bench.messages).toEqual(before);
    bench.resume();
    expect(bench.messages).toEqual(before);
  });

  it('fails where it is granted fewer than its table has', () => {
    const bench = new DriverBench(idxd, { machine: { remapping: true } });
    bench.machine.kernel.pci.fault = (step, message) => (step === 'irte' && message >= 8 ? -ENOSPC : 0);
    expect(bench.probe()).toBe(-ENOSPC);
    expect(lines(bench)).toEqual([
      'err: idxd Failed enabling 9 MSIX entries: -28',
      'err: idxd Intel(R) IDXD DMA Engine init failed',
    ]);
    expect([bench.enabled, bench.machine.reserved]).toEqual([0, 0]);
  });

  it('fails without MSI-X, although there is a line', () => {
    const bench = new DriverBench(idxd, { fn: { msix: undefined, line: 20 } });
    expect(bench.probe()).toBe(-ENOSPC);
    expect(lines(bench)[0]).toBe('err: idxd Not MSI-X interrupt capable.');
  });

  it('fails where the first handler finds no vector', () => {
    const bench = new DriverBench(idxd, { shape: 1 });
    bench.crowd(0);
    expect(bench.probe()).toBe(-ENOSPC);
    expect(lines(bench).slice(-3)).toEqual([
      'err: idxd Failed to allocate misc interrupt.',
      'err: idxd No usable interrupts',
      'err: idxd Intel(R) IDXD DMA Engine init failed',
    ]);
    expect(bench.enabled).toBe(0);
  });

  it('keeps the queues that were enabled where another finds no vector', () => {
    const bench = new DriverBench(idxd, { shape: 1, parameters: { kernelQueues: 3 } });
    bench.probe();
    bench.crowd(2);
    expect(bench.open()).toBe(-ENOSPC);
    expect(bench.actions).toEqual(['idxd-misc', 'idxd-portal', 'idxd-portal']);
    bench.remove();
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
  });

  it('has no vector for a queue beyond the table', () => {
    const bench = new DriverBench(idxd, { parameters: { kernelQueues: 2 }, fn: { msix: { tableSize: 2 } } });
    bench.probe();
    expect(bench.open()).toBe(-EINVAL);
    expect(bench.actions).toEqual(['idxd-misc', 'idxd-portal']);
  });

  it('leaves nothing behind', () => {
    const bench = new DriverBench(idxd, { parameters: { kernelQueues: 8 } });
    bench.probe();
    bench.open();
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.reserved]).toEqual([0, [], 0]);
    expect(bench.machine.warnings).toEqual([]);
  });
});
