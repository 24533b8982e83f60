import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { ENODEV } from '../failures.ts';
import { megaraidSas } from './megaraid-sas.ts';

/** Expected by hand from megasas_init_fw() and megasas_alloc_irq_vectors(), megaraid_sas_base.c of 6.1. */
const VENTURA = { series: 4, interruptCoalescing: 0 };
const AERO = { series: 5 };

const granted = ({ machine }: DriverBench): string[] =>
  machine.log.flatMap((line) => /requested.*/.exec(line)?.[0] ?? []);
const name = (line: string): string => line.split(':')[0] ?? '';

describe('megaraid_sas', () => {
  it('asks for a queue per online CPU and one before them that is not spread', () => {
    const bench = new DriverBench(megaraidSas, { shape: 4, parameters: VENTURA });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual([
      'megasas0-msix0: plain 0-3',
      'megasas0-msix1: managed 0',
      'megasas0-msix2: managed 1',
      'megasas0-msix3: managed 2',
      'megasas0-msix4: managed 3',
    ]);
    // As a 9440-8i on four CPUs prints it.
    expect(bench.machine.log.map((line) => line.replace(/0000:\S+/, 'ADDRESS'))).toEqual([
      'info: megaraid_sas ADDRESS firmware supports msix\t: (128)',
      'info: megaraid_sas ADDRESS requested/available msix 5/5 poll_queue 0',
      'info: megaraid_sas ADDRESS current msix/online cpus\t: (5/4)',
    ]);
  });

  it('adds eight queues for high rates on Aero, steered to the CPUs of its node', () => {
    const bench = new DriverBench(megaraidSas, { shape: '2x8', fn: { node: 1 } });
    bench.probe();
    expect(bench.enabled).toBe(8 + 16);
    expect(bench.messages.slice(0, 8)).toEqual(
      Array.from({ length: 8 }, (_, n) => `megasas0-msix${n}: plain 8-15 hint 8-15`),
    );
    const cpus = bench.messages.slice(8).map((line) => /: managed (\d+)$/.exec(line)?.[1]);
    expect(cpus.map(Number).sort((a, b) => a - b)).toEqual([...CpuSet.span(0, 15)]);
  });

  it('steers them to the first node where it has none itself', () => {
    const bench = new DriverBench(megaraidSas, { shape: '2x8' });
    bench.probe();
    expect(bench.messages[0]).toBe('megasas0-msix0: plain 0-7 hint 0-7');
  });

  it.each([
    ['few CPUs', 7, {}, 1 + 7],
    ['a slow link', 8, { linkSpeed: 3 }, 1 + 8],
    ['perf_mode=0 on a slow link', 8, { linkSpeed: 3, perf_mode: 0 }, 8 + 8],
    ['perf_mode=2', 8, { perf_mode: 2 }, 1 + 8],
    ['perf_mode=0 without coalescing', 8, { perf_mode: 0, interruptCoalescing: 0 }, 1 + 8],
    ['fewer than 128 queues', 8, { replyQueues: 127 }, 1 + 8],
    ['an option that leaves fewer than 128', 8, { msix_vectors: 127 }, 1 + 8],
    ['Ventura that coalesces; it has no perf_mode', 8, { series: 4, perf_mode: 2 }, 8 + 8],
  ])('with %s: %i CPUs, %o', (_, shape, parameters, vectors) => {
    const bench = new DriverBench(megaraidSas, { shape, parameters: { ...AERO, ...parameters } });
    bench.probe();
    expect(bench.enabled).toBe(vectors);
  });

  it('goes without the eight where not every vector is granted', () => {
    const bench = new DriverBench(megaraidSas, { shape: 16, fn: { msix: { tableSize: 20 } } });
    bench.probe();
    expect(granted(bench)).toEqual(['requested/available msix 17/17 poll_queue 0']);
    expect(bench.messages.slice(0, 2)).toEqual(['megasas0-msix0: plain 0-15', 'megasas0-msix1: managed 0']);
  });

  it('spreads what it gets where that is less than the CPUs', () => {
    const bench = new DriverBench(megaraidSas, {
      shape: 16,
      parameters: VENTURA,
      fn: { msix: { tableSize: 6 } },
    });
    bench.probe();
    expect(granted(bench)).toEqual(['requested/available msix 17/6 poll_queue 0']);
    const masks = bench.messages.map((line) => line.split(': ')[1]);
    expect(masks).toEqual([
      'plain 0-15',
      'managed 0-3',
      'managed 4-6',
      'managed 7-9',
      'managed 10-12',
      'managed 13-15',
    ]);
  });

  it('says of MFI only how many it has, as the real one does', () => {
    const bench = new DriverBench(megaraidSas, { parameters: { series: 1 } });
    bench.probe();
    expect(bench.machine.log.map((line) => line.replace(/^.*0000:\S+ /, ''))).toEqual([
      'requested/available msix 1/1 poll_queue 0',
      'current msix/online cpus\t: (1/4)',
    ]);
  });

  it.each([
    ['Invader with 8 queues', { series: 3, replyQueues: 8 }, 0],
    ['Invader with 9 queues', { series: 3, replyQueues: 9 }, 8],
    ['Ventura with 16 queues', { series: 4, replyQueues: 16 }, 0],
    ['Thunderbolt with 16 queues', { series: 2, replyQueues: 16 }, 15],
    ['Ventura with 17 queues of which 5 are wanted', { series: 4, replyQueues: 17, msix_vectors: 5 }, 4],
    ['smp_affinity_enable=0', { smp_affinity_enable: 0 }, 0],
    ['MFI, whose only vector is not spread', { series: 1 }, 0],
  ])('manages %#: %s', (_, parameters, managed) => {
    const bench = new DriverBench(megaraidSas, {
      shape: 24,
      parameters: { interruptCoalescing: 0, ...parameters },
    });
    bench.probe();
    expect(bench.enabled).toBeGreaterThan(0);
    expect(bench.messages.filter((line) => line.includes('managed'))).toHaveLength(managed);
  });

  it('has no interrupt for queues that are polled, and each resume gives as many up again', () => {
    const bench = new DriverBench(megaraidSas, { shape: 16, parameters: { poll_queues: 4 } });
    bench.probe();
    expect(bench.enabled).toBe(17 - 4);
    bench.suspend();
    expect(bench.resume()).toBe(0);
    expect(bench.enabled).toBe(13 - 4);
    expect(granted(bench)).toEqual([
      'requested/available msix 13/13 poll_queue 4',
      'requested/available msix 9/9 poll_queue 4',
    ]);
  });

  it('polls nothing where that left fewer than three queues', () => {
    const bench = new DriverBench(megaraidSas, { shape: 4, parameters: { ...VENTURA, poll_queues: 3 } });
    bench.probe();
    expect(granted(bench)).toEqual(['requested/available msix 5/5 poll_queue 0']);
  });

  it('polls nothing where not every vector is granted', () => {
    const bench = new DriverBench(megaraidSas, {
      shape: 16,
      parameters: { poll_queues: 4 },
      fn: { msix: { tableSize: 12 } },
    });
    bench.probe();
    expect(granted(bench)).toEqual(['requested/available msix 17/12 poll_queue 0']);
  });

  it('gives all back before the machine sleeps and asks for as many again, whatever CPUs there are', () => {
    const bench = new DriverBench(megaraidSas, { shape: 16 });
    bench.probe();
    const before = bench.messages;
    bench.suspend();
    expect([bench.enabled, bench.machine.reserved, bench.actions]).toEqual([0, 0, []]);
    bench.machine.kernel.cpuDown(15);
    bench.resume();
    expect(bench.messages.map(name)).toEqual(before.map(name));
    // It is there without its CPU: its mask has none that is online.
    expect(bench.messages[23]).toBe('megasas0-msix23: managed 15 off');
  });

  it('takes the line as if it were a message where nothing else is there', () => {
    const fn = { msix: undefined, msi: undefined, line: 20 };
    const bench = new DriverBench(megaraidSas, { parameters: VENTURA, fn });
    expect(bench.probe()).toBe(0);
    expect(bench.actions).toEqual(['megasas0-msix0']);
  });

  it('asks for the line by itself where only MSI-X was allowed, or MSI-X is off', () => {
    const fn = { msix: undefined, line: 20 };
    for (const parameters of [{ smp_affinity_enable: 0 }, { msix_disable: 1 }, { replyQueues: 0 }]) {
      const bench = new DriverBench(megaraidSas, { parameters, fn });
      expect(bench.probe()).toBe(0);
      expect(bench.actions).toEqual(['megasas0']);
      bench.suspend();
      expect(bench.actions).toEqual([]);
      expect(bench.resume()).toBe(0);
      expect(bench.actions).toEqual(['megasas0']);
      bench.remove();
      expect(bench.machine.warnings).toEqual([]);
    }
  });

  it('fails without any interrupt', () => {
    const bench = new DriverBench(megaraidSas, { fn: { msix: undefined, msi: undefined } });
    expect(bench.probe()).toBe(-ENODEV);
  });

  it('takes MSI where the device has no MSI-X', () => {
    const bench = new DriverBench(megaraidSas, { parameters: VENTURA, fn: { msix: undefined, line: 20 } });
    expect(bench.probe()).toBe(0);
    expect([bench.device.mode, bench.messages]).toEqual(['msi', ['megasas0-msix0: plain 0-3']]);
  });

  it('goes on with the message that is not spread where no managed one finds a vector', () => {
    const bench = new DriverBench(megaraidSas, { shape: 2, parameters: VENTURA });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect(granted(bench)).toEqual(['requested/available msix 3/1 poll_queue 0']);
    expect([bench.device.mode, bench.messages]).toEqual(['msix', ['megasas0-msix0: plain 0-1']]);
  });

  it('gives up all messages for the line where a handler finds no vector', () => {
    const bench = new DriverBench(megaraidSas, {
      shape: 2,
      parameters: { ...VENTURA, smp_affinity_enable: 0 },
      fn: { line: 20 },
    });
    bench.crowd(2);
    expect(bench.probe()).toBe(0);
    expect(bench.machine.log.at(-1)).toMatch(/^err: megaraid_sas .*: Failed to register IRQ for vector 2\.$/);
    expect([bench.enabled, bench.actions]).toEqual([0, ['megasas0']]);
  });

  it('keeps the messages that it has no handlers for where it resumes in vain', () => {
    const bench = new DriverBench(megaraidSas, {
      shape: 2,
      parameters: { ...VENTURA, smp_affinity_enable: 0 },
      fn: { line: 20 },
    });
    bench.probe();
    bench.suspend();
    const hogs = [bench.machine.fill(0), bench.machine.fill(1)];
    expect(bench.resume()).toBe(-ENODEV);
    expect([bench.enabled, bench.actions]).toEqual([3, []]);
    for (const hog of hogs) bench.machine.remove(hog);
    bench.remove();
    expect(bench.actions).toEqual([]);
  });

  it('leaves nothing behind', () => {
    const bench = new DriverBench(megaraidSas, { shape: 16 });
    bench.probe();
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.warnings]).toEqual([0, [], []]);
    expect(bench.machine.reserved).toBe(0);
  });
});
