import { describe, expect, it } from 'vitest';
import { type Bench, DriverBench } from '../../../test/model/driver-bench.ts';
import { EIO, ENODEV, ENOSPC } from '../failures.ts';
import { topologyOfShape } from '../spreading/topology.ts';
import { lpfc } from './lpfc.ts';

/** Expected by hand from lpfc_sli4_enable_msix() (lpfc_init.c) and lpfc_irq_chann_init() (lpfc_attr.c) of 6.1. */
const INTEL = { cpuMaker: 1 };
const AMD = { cpuMaker: 2 };
const OTHER = { cpuMaker: 0 };

/** With remapping: a pinned interrupt is there at once. */
function probed(bench: Bench): DriverBench {
  const made = new DriverBench(lpfc, { ...bench, machine: { remapping: true, ...bench.machine } });
  expect(made.probe()).toBe(0);
  return made;
}
const masks = ({ messages }: DriverBench): string[] => messages.map((line) => line.split(': ')[1] ?? '');

describe('lpfc', () => {
  it('pins one vector to the first thread of each core on Intel', () => {
    const topology = topologyOfShape({ sockets: 1, cores: 2, threads: 2 });
    const bench = probed({ shape: 4, parameters: INTEL, machine: { topology } });
    expect(bench.messages).toEqual(['lpfc:0: plain 0', 'lpfc:1: plain 1']);
    const { kernel } = bench.machine;
    const irq = kernel.pci.irqVector(bench.device.fn.address, 1);
    expect(kernel.writeSmpAffinityList(irq, '3')).toBe(-EIO);
  });

  it('pins one to each CPU of its node on AMD, and spreads managed ones where it has no node', () => {
    const bench = probed({ shape: '2x3', parameters: AMD, fn: { node: 1 } });
    expect(masks(bench)).toEqual(['plain 3', 'plain 4', 'plain 5']);
    const nowhere = probed({ shape: '2x2', parameters: AMD });
    expect(masks(nowhere).toSorted()).toEqual(['managed 0', 'managed 1', 'managed 2', 'managed 3']);
  });

  it.each([
    ['other CPUs', OTHER, ['managed 0', 'managed 1', 'managed 2', 'managed 3']],
    ['lpfc_irq_chann', { ...INTEL, lpfc_irq_chann: 2 }, ['managed 0-1', 'managed 2-3']],
    ['more than there are CPUs', { ...INTEL, lpfc_irq_chann: 9, lpfc_hdw_queue: 9 }, 4],
    ['lpfc_hdw_queue', { ...INTEL, lpfc_hdw_queue: 3 }, ['managed 0-1', 'managed 2', 'managed 3']],
    ['few queues of the firmware', { ...INTEL, queues: 6 }, ['plain 0', 'plain 1']],
    ['a small table', { ...INTEL, msixTable: 3 }, ['plain 0', 'plain 1', 'plain 2']],
  ])('with %s', (_, parameters, expected) => {
    const bench = probed({ shape: 4, parameters });
    if (typeof expected === 'number') expect(bench.enabled).toBe(expected);
    else expect(masks(bench)).toEqual(expected);
  });

  it('has two before SLI-4, not pinned', () => {
    const bench = probed({ shape: 4, parameters: { sli: 3 } });
    expect(bench.messages).toEqual(['lpfc:sp: plain 0-3', 'lpfc:fp: plain 0-3']);
  });

  it.each([
    ['MSI-X', { msixTable: 0 }, 'msi', ['lpfc: managed 0-3']],
    ['MSI-X before SLI-4', { sli: 3, msixTable: 1 }, 'msi', ['lpfc: plain 0-3']],
    ['lpfc_use_msi=1', { lpfc_use_msi: 1 }, 'msi', ['lpfc: managed 0-3']],
    ['lpfc_use_msi=0', { lpfc_use_msi: 0 }, 'intx', []],
  ])('has one without %s, also after a sleep', (_, parameters, mode, messages) => {
    const bench = probed({ shape: 4, parameters, fn: { line: 20 } });
    for (let round = 0; round < 2; round++) {
      expect([bench.device.mode, bench.messages, bench.actions]).toEqual([mode, messages, ['lpfc']]);
      bench.suspend();
      expect([bench.enabled, bench.actions]).toEqual([0, []]);
      expect(bench.resume()).toBe(0);
    }
  });

  it('takes the line where a handler is refused, and fails without it', () => {
    const bench = new DriverBench(lpfc, { shape: 2, fn: { line: 20 } });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect([bench.enabled, bench.actions]).toEqual([0, ['lpfc']]);
    const lineless = new DriverBench(lpfc, { shape: 2 });
    lineless.crowd(1);
    expect(lineless.probe()).toBe(-ENODEV);
    expect([lineless.enabled, lineless.actions]).toEqual([0, []]);
  });

  it('gives up both of a board before SLI-4 for MSI where the second is refused, and all in the end', () => {
    const bench = new DriverBench(lpfc, { shape: 2, parameters: { sli: 3 } });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect([bench.device.mode, bench.actions]).toEqual(['msi', ['lpfc']]);
    const msi = { log2Count: 0, maskable: true, is64Bit: true };
    const refused = new DriverBench(lpfc, { shape: 2, parameters: { sli: 3 }, fn: { msi } });
    refused.crowd(0);
    expect(refused.probe()).toBe(-ENODEV);
    expect(refused.enabled).toBe(0);
  });

  it('asks after a sleep for no more than it got', () => {
    const bench = new DriverBench(lpfc, { shape: 4, machine: { remapping: true } });
    const { pci } = bench.machine.kernel;
    pci.fault = (step, message) => (step === 'irte' && message >= 2 ? -ENOSPC : 0);
    bench.probe();
    pci.fault = () => 0;
    bench.suspend();
    bench.resume();
    expect(masks(bench)).toEqual(['plain 0', 'plain 1']);
  });

  it('asks after a sleep for MSI where it had that', () => {
    const bench = new DriverBench(lpfc, { shape: 4, machine: { remapping: true } });
    let refusals = 1;
    bench.machine.kernel.pci.fault = (step) => (step === 'irte' && refusals-- > 0 ? -ENOSPC : 0);
    bench.probe();
    bench.suspend();
    bench.resume();
    expect([bench.device.mode, bench.messages]).toEqual(['msi', ['lpfc: managed 0-3']]);
  });

  it('moves what it pinned to a CPU that goes, and back', () => {
    const bench = probed({ shape: 4, parameters: INTEL });
    const { device, machine } = bench;
    for (const cpu of [3, 1]) {
      lpfc.cpuGoes?.(device, bench.state, cpu);
      machine.kernel.cpuDown(cpu);
      lpfc.cpusChanged?.(device, bench.state);
    }
    expect(masks(bench)).toEqual(['plain 0', 'plain 2', 'plain 2', 'plain 0']);
    machine.kernel.cpuUp(3);
    lpfc.cpusChanged?.(device, bench.state);
    expect(masks(bench)).toEqual(['plain 0', 'plain 2', 'plain 2', 'plain 3']);
  });

  it('lets go of all where no CPU of its list is left', () => {
    const bench = probed({ shape: '2x1', parameters: AMD, fn: { node: 1 } });
    lpfc.cpuGoes?.(bench.device, bench.state, 1);
    const { kernel } = bench.machine;
    kernel.cpuDown(1);
    const irq = kernel.pci.irqVector(bench.device.fn.address, 0);
    expect(kernel.writeSmpAffinityList(irq, '0')).toBe(0);
    kernel.cpuUp(1);
    lpfc.cpusChanged?.(bench.device, bench.state);
    expect(masks(bench)).toEqual(['plain 1']);
  });

  it('does not care for other CPUs, nor for any where the kernel spread', () => {
    for (const [parameters, node] of [
      [AMD, 1],
      [OTHER, -1],
    ] as const) {
      const bench = probed({ shape: '2x2', parameters, fn: { node } });
      const before = bench.messages;
      lpfc.cpuGoes?.(bench.device, bench.state, 0);
      expect(bench.messages).toEqual(before);
    }
  });

  it('gives all back before the machine sleeps, and has them again', () => {
    const bench = probed({ shape: 3, parameters: INTEL });
    const before = bench.messages;
    bench.suspend();
    expect([bench.enabled, bench.actions, bench.machine.reserved]).toEqual([0, [], 0]);
    expect(bench.resume()).toBe(0);
    expect(bench.messages).toEqual(before);
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.warnings]).toEqual([0, [], []]);
  });

  it('does not come back where nothing is left', () => {
    const bench = new DriverBench(lpfc, { shape: 2 });
    bench.probe();
    bench.suspend();
    bench.crowd(0);
    expect(bench.resume()).toBe(-EIO);
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
  });
});
