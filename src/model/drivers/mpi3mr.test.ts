import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { ENODEV, ENOSPC } from '../failures.ts';
import { mpi3mr } from './mpi3mr.ts';

/** Expected by hand from mpi3mr_setup_isr() and mpi3mr_create_op_queues(), mpi3mr_fw.c of 6.1. */
const masks = ({ messages }: DriverBench): string[] => messages.map((line) => line.split(': ')[1] ?? '');
const setups = ({ machine }: DriverBench): number =>
  machine.events.filter(({ name }) => name === 'vector_setup').length;

describe('mpi3mr', () => {
  it('asks for a vector for the administration and a managed one per online CPU, after a first one alone', () => {
    const bench = new DriverBench(mpi3mr, { shape: 4 });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual([
      'mpi3mr0-msix0: plain 0-3',
      'mpi3mr0-msix1: managed 0',
      'mpi3mr0-msix2: managed 1',
      'mpi3mr0-msix3: managed 2',
      'mpi3mr0-msix4: managed 3',
    ]);
    expect(setups(bench)).toBe(1 + 5);
    expect(bench.machine.log).toEqual([
      'info: mpi3mr0: MSI-X vectors supported: 128, no of cores: 4,',
      'info: mpi3mr0: MSI-x vectors requested: 5 poll_queues 0',
    ]);
  });

  it('spreads what firmware and table allow over the CPUs', () => {
    for (const parameters of [{ maxMsixVectors: 4 }, { msixTable: 4 }]) {
      const bench = new DriverBench(mpi3mr, { shape: 8, parameters });
      bench.probe();
      expect(masks(bench)).toEqual(['plain 0-7', 'managed 0-2', 'managed 3-5', 'managed 6-7']);
    }
  });

  it('has vectors for polled queues too, the last of which is disabled', () => {
    const bench = new DriverBench(mpi3mr, { shape: 8, parameters: { poll_queues: 2 } });
    bench.probe();
    expect(bench.enabled).toBe(1 + 8 + 2);
    expect(bench.messages.slice(8)).toEqual([
      'mpi3mr0-msix8: managed 7',
      'mpi3mr0-msix9: plain 0-7',
      'mpi3mr0-msix10: plain 0-7 off',
    ]);
  });

  it('disables none where the firmware has too few queues for the polled ones', () => {
    const bench = new DriverBench(mpi3mr, { shape: 8, parameters: { poll_queues: 2, queues: 8 } });
    bench.probe();
    expect(bench.messages.filter((line) => line.endsWith('off'))).toEqual([]);
    expect(bench.enabled).toBe(11);
  });

  it.each([
    [5, 2, ['plain 0-7', 'managed 0-3', 'managed 4-7', 'plain 0-7', 'plain 0-7 off']],
    [4, 2, ['plain 0-7', 'managed 0-2', 'managed 3-5', 'managed 6-7']],
    [4, 1, ['plain 0-7', 'managed 0-3', 'managed 4-7', 'plain 0-7 off']],
    [3, 1, ['plain 0-7', 'managed 0-3', 'managed 4-7']],
    [2, 1, ['plain 0-7', 'managed 0-7']],
    [1, 1, ['plain 0-7']],
  ])('of %i vectors polls %i queues only where others are left', (msixTable, poll_queues, expected) => {
    const bench = new DriverBench(mpi3mr, { shape: 8, parameters: { msixTable, poll_queues } });
    expect(bench.probe()).toBe(0);
    expect(masks(bench)).toEqual(expected);
  });

  it('says so where it is granted less', () => {
    const bench = new DriverBench(mpi3mr, { shape: 4, machine: { remapping: true } });
    bench.machine.kernel.pci.fault = (step, message) => (step === 'irte' && message >= 3 ? -ENOSPC : 0);
    bench.probe();
    expect(masks(bench)).toEqual(['plain 0-3', 'managed 0-1', 'managed 2-3']);
    expect(bench.machine.log.at(-1)).toBe(
      'info: mpi3mr0: allocated vectors (3) are less than configured (5)',
    );
  });

  it('serves everything by one vector where the CPUs have none for managed interrupts', () => {
    const bench = new DriverBench(mpi3mr, { shape: 2 });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual(['mpi3mr0-msix0: plain 0-1']);
  });

  it('fails where the first vector alone finds no room', () => {
    const bench = new DriverBench(mpi3mr, { shape: 2, fn: { line: 20 } });
    bench.crowd(0);
    const { reserved } = bench.machine;
    expect(bench.probe()).toBe(-ENODEV);
    expect([bench.enabled, bench.actions, bench.machine.reserved]).toEqual([0, [], reserved]);
  });

  it('fails without MSI-X', () => {
    const bench = new DriverBench(mpi3mr, { fn: { msix: undefined, line: 20 } });
    expect(bench.probe()).toBe(-ENODEV);
    expect(bench.machine.log).toEqual(['err: mpi3mr0: Unable to find MSI-X Capabilities']);
  });

  it('gives all back before the machine sleeps, and has it again afterwards', () => {
    const bench = new DriverBench(mpi3mr, { shape: 8, parameters: { poll_queues: 2 } });
    bench.probe();
    const before = bench.messages;
    bench.suspend();
    expect([bench.enabled, bench.actions, bench.machine.reserved]).toEqual([0, [], 0]);
    expect(bench.resume()).toBe(0);
    expect(bench.messages).toEqual(before);
    bench.remove();
    expect([bench.enabled, bench.machine.reserved, bench.machine.warnings]).toEqual([0, 0, []]);
  });

  it('disables the last vector where fewer CPUs are online when it resumes: it has a queue more than vectors', () => {
    const bench = new DriverBench(mpi3mr, { shape: 4 });
    bench.probe();
    bench.suspend();
    bench.machine.kernel.cpuDown(1);
    expect(bench.resume()).toBe(0);
    expect(masks(bench)).toEqual(['plain 0,2-3', 'managed 0-1', 'managed 2', 'managed 3 off']);
  });

  it('stays without interrupts where it cannot resume', () => {
    const bench = new DriverBench(mpi3mr, { shape: 2 });
    bench.probe();
    bench.suspend();
    const hogs = [bench.machine.fill(0), bench.machine.fill(1)];
    expect(bench.resume()).toBe(-ENOSPC);
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
    for (const hog of hogs) bench.machine.remove(hog);
    bench.remove();
    expect(bench.machine.reserved).toBe(0);
  });
});
