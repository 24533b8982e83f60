import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { ENODEV, ENOSPC } from '../failures.ts';
import { mpt3sas } from './mpt3sas.ts';

/** Expected by hand from _base_enable_msix() and _base_assign_reply_queues(), mpt3sas_base.c of 6.1. */
const AERO = { series: 5 };
const managed = ({ messages }: DriverBench): number =>
  messages.filter((line) => line.includes('managed')).length;

describe('mpt3sas', () => {
  it('asks for a managed vector per online CPU', () => {
    const bench = new DriverBench(mpt3sas, { shape: 4 });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual([
      'mpt3sas0-msix0: managed 0',
      'mpt3sas0-msix1: managed 1',
      'mpt3sas0-msix2: managed 2',
      'mpt3sas0-msix3: managed 3',
    ]);
    // As a 9405W-16i on four CPUs prints it.
    expect(bench.machine.log).toEqual([
      'info: mpt3sas_cm0:  0 4 4',
      'info: mpt3sas_cm0: High IOPs queues : disabled',
    ]);
  });

  it('adds eight queues for high rates on Aero, steered to its node until the machine sleeps', () => {
    const machine = { remapping: true };
    const bench = new DriverBench(mpt3sas, { shape: '2x8', machine, fn: { node: 1 }, parameters: AERO });
    bench.probe();
    expect([bench.enabled, managed(bench)]).toEqual([8 + 16, 16]);
    const steered = Array.from({ length: 8 }, (_, n) => `mpt3sas0-msix${n}: plain 8-15 hint 8-15`);
    expect(bench.messages.slice(0, 8)).toEqual(steered);
    bench.suspend();
    bench.resume();
    // A message of a device that spreads belongs to the node of the first CPU in its mask: here the default's.
    expect(bench.messages.slice(0, 8)).toEqual(
      Array.from({ length: 8 }, (_, n) => `mpt3sas0-msix${n}: plain 0-7`),
    );
  });

  it('steers them to every CPU where it has no node', () => {
    const machine = { remapping: true };
    const bench = new DriverBench(mpt3sas, { shape: '2x8', machine, parameters: AERO });
    bench.probe();
    expect(bench.messages[0]).toBe('mpt3sas0-msix0: plain 0-15 hint 0-15');
  });

  it('steers them to the first node where that is its own', () => {
    const machine = { remapping: true };
    const bench = new DriverBench(mpt3sas, { shape: '2x8', machine, fn: { node: 0 }, parameters: AERO });
    bench.probe();
    expect(bench.messages[0]).toBe('mpt3sas0-msix0: plain 0-7 hint 0-7');
  });

  it.each([
    ['few CPUs', 7, {}, 7],
    ['enough of them', 8, {}, 16],
    ['perf_mode=1', 8, { perf_mode: 1 }, 8],
    ['perf_mode=2', 8, { perf_mode: 2 }, 8],
    ['a slow link', 8, { linkSpeed: 3 }, 8],
    ['a slow link, but perf_mode=0', 8, { linkSpeed: 3, perf_mode: 0 }, 16],
    ['a small table', 8, { msixTable: 96 }, 8],
    ['a limit, however large', 8, { max_msix_vectors: 128 }, 8],
    ['polled queues', 8, { poll_queues: 1 }, 8],
    ['gen 3.5', 8, { series: 4 }, 8],
  ])('with %s: %i CPUs, %o', (_, shape, parameters, vectors) => {
    const bench = new DriverBench(mpt3sas, { shape, parameters: { ...AERO, ...parameters } });
    bench.probe();
    expect(bench.enabled).toBe(vectors);
  });

  it.each([
    ['without RDPQ', { rdpq: 0 }, 8],
    ['without RDPQ and an option', { rdpq: 0, max_msix_vectors: 12 }, 12],
    ['max_msix_vectors', { max_msix_vectors: 5 }, 5],
    ['a small table', { msixTable: 6 }, 6],
    ['msix_disable=0, which is its default in words', { msix_disable: 0 }, 16],
    ['SAS2008, whatever its table', { series: 1, msixTable: 15 }, 1],
    ['SAS2308', { series: 2, msixTable: 16 }, 16],
    ['SAS3', { series: 3, msixTable: 96, maxMsixVectors: 96 }, 16],
  ])('on 16 CPUs, %s: %o', (_, parameters, vectors) => {
    const bench = new DriverBench(mpt3sas, { shape: 16, parameters });
    bench.probe();
    expect([bench.enabled, managed(bench)]).toEqual([vectors, vectors]);
  });

  it('has no interrupt for queues that are polled', () => {
    const polling = (parameters: Record<string, number>): number => {
      const bench = new DriverBench(mpt3sas, { shape: 8, parameters });
      bench.probe();
      return bench.enabled;
    };
    expect(polling({ poll_queues: 2 })).toBe(8);
    // The table holds the polled ones too.
    expect(polling({ poll_queues: 2, msixTable: 9 })).toBe(7);
    expect(polling({ poll_queues: 7, msixTable: 9 })).toBe(2);
    // As many as the others: none is polled.
    expect(polling({ poll_queues: 8, msixTable: 9 })).toBe(8);
    for (const parameters of [{ series: 3 }, { host_tagset_enable: 0 }, { smp_affinity_enable: 0 }]) {
      expect(polling({ poll_queues: 2, msixTable: 9, ...parameters })).toBe(8);
    }
  });

  it('manages none with smp_affinity_enable=0', () => {
    const bench = new DriverBench(mpt3sas, { parameters: { smp_affinity_enable: 0 } });
    bench.probe();
    expect(bench.messages[3]).toBe('mpt3sas0-msix3: plain 0-3');
  });

  it.each([
    [3, 8, 0],
    [3, 9, 4],
    [4, 16, 0],
    [4, 17, 4],
    [2, 8, 4],
  ])('series %i with firmware for %i vectors manages %i after a sleep', (series, maxMsixVectors, after) => {
    const bench = new DriverBench(mpt3sas, { parameters: { series, maxMsixVectors } });
    bench.probe();
    expect(managed(bench)).toBe(4);
    bench.suspend();
    bench.resume();
    expect([bench.enabled, managed(bench)]).toEqual([4, after]);
  });

  it('hears of that only with MSI-X, be it after a sleep', () => {
    const bench = new DriverBench(mpt3sas, {
      parameters: { series: 3, maxMsixVectors: 8 },
      machine: { remapping: true },
      fn: { line: 20 },
    });
    const { pci } = bench.machine.kernel;
    pci.fault = (step) => (step === 'irte' ? -ENOSPC : 0);
    bench.probe();
    expect(bench.device.mode).toBe('intx');
    pci.fault = () => 0;
    const after = [0, 1].map(() => {
      bench.suspend();
      bench.resume();
      return managed(bench);
    });
    expect(after).toEqual([4, 0]);
  });

  it('goes on with what it gets', () => {
    const bench = new DriverBench(mpt3sas, { shape: 4, machine: { remapping: true } });
    bench.machine.kernel.pci.fault = (step, message) => (step === 'irte' && message >= 3 ? -ENOSPC : 0);
    bench.probe();
    expect(bench.messages.map((line) => line.split(' ').at(-1))).toEqual(['0-1', '2', '3']);
  });

  it('takes the line where no managed message finds a vector, and never MSI', () => {
    const bench = new DriverBench(mpt3sas, { shape: 2, fn: { line: 20 } });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect(bench.machine.log).toContain('info: mpt3sas_cm0: pci_alloc_irq_vectors failed (r=-22) !!!');
    expect([bench.device.mode, bench.actions]).toEqual(['intx', ['mpt3sas0']]);
  });

  it('takes the line where a handler is refused', () => {
    const bench = new DriverBench(mpt3sas, {
      shape: 2,
      fn: { line: 20 },
      parameters: { smp_affinity_enable: 0 },
    });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect([bench.enabled, bench.actions]).toEqual([0, ['mpt3sas0']]);
  });

  it.each([{ msix_disable: 1 }, { max_msix_vectors: 0 }, { msixTable: 0 }])(
    'takes the line with %o, and fails without one',
    (parameters) => {
      const bench = new DriverBench(mpt3sas, { parameters, fn: { line: 20 } });
      expect(bench.probe()).toBe(0);
      expect(bench.actions).toEqual(['mpt3sas0']);
      bench.suspend();
      expect(bench.actions).toEqual([]);
      expect(bench.resume()).toBe(0);
      expect(bench.actions).toEqual(['mpt3sas0']);
      bench.remove();
      expect([bench.actions, bench.machine.warnings]).toEqual([[], []]);
      expect(new DriverBench(mpt3sas, { parameters }).probe()).toBe(-ENODEV);
    },
  );

  it('fails where not even the line has a vector', () => {
    const bench = new DriverBench(mpt3sas, { shape: 2, fn: { line: 20 } });
    bench.crowd(0);
    expect(bench.probe()).toBe(-ENODEV);
  });

  it('gives all back before the machine sleeps, and counts the CPUs of its probe when it resumes', () => {
    const bench = new DriverBench(mpt3sas, { shape: 8 });
    bench.probe();
    bench.suspend();
    expect([bench.enabled, bench.actions, bench.machine.reserved]).toEqual([0, [], 0]);
    bench.machine.kernel.cpuDown(7);
    expect(bench.resume()).toBe(0);
    expect(bench.enabled).toBe(8);
    bench.remove();
    expect([bench.enabled, bench.machine.reserved, bench.machine.warnings]).toEqual([0, 0, []]);
  });
});
