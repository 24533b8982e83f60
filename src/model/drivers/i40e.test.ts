import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { type Shape, TestMachine } from '../../../test/model/test-machine.ts';
import { i40e } from './i40e.ts';

const ADDRESS = '0000:01:00.0';
const MISC = `i40e-${ADDRESS}:misc`;
const FDIR = `i40e-${ADDRESS}:fdir-TxRx-0`;
const txRx = (count: number): string[] => numbered(count, (n) => `${n + 1} i40e-eth0-TxRx-${n}`);

function bound(cpus: Shape, options: BoundOptions = {}, profile = '6.1.192'): BoundDevice {
  const nic = new BoundDevice(new TestMachine(profile, cpus), i40e, options);
  expect(nic.probe()).toBe(0);
  return nic;
}

describe('i40e', () => {
  it('probes with a vector per online CPU, one for the rest, one for the Flow Director, eight for VMDq', () => {
    const nic = bound(8);
    expect(nic.enabled).toBe(1 + 8 + 1 + 8);
    expect(nic.takeCalls()).toEqual([`+ ${FDIR}`, `+ ${MISC}`]);
    expect(nic.handlers).toEqual([`0 ${MISC}`, `9 ${FDIR}`]);
  });

  it('requests those of its queues when the link comes up, and gives them back when it goes down', () => {
    const nic = bound(4);
    expect(nic.open()).toBe(0);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(4), `5 ${FDIR}`]);
    nic.stop();
    expect(nic.handlers).toEqual([`0 ${MISC}`, `5 ${FDIR}`]);
  });

  it('publishes a CPU for each queue, without setting it', () => {
    const nic = bound('2x2');
    nic.open();
    expect(nic.hints).toEqual(['1 0', '2 1', '3 2', '4 3', '5 0']);
    expect(nic.affinities).toEqual(['0 0-3', '1 0-3', '2 0-3', '3 0-3', '4 0-3', '5 0-3']);
    nic.stop();
    expect(nic.hints).toEqual(['5 0']);
  });

  it('before 5.17 sets what it publishes', () => {
    const nic = bound(2, {}, '5.10.223');
    nic.open();
    expect(nic.affinities).toEqual(['0 0-1', '1 0', '2 1', '3 0']);
  });

  it('on one CPU has neither VMDq nor iWARP', () => {
    expect(bound(1, { parameters: { iwarp: 1 } }).enabled).toBe(1 + 1 + 1);
  });

  it('with iWARP holds a vector per CPU and one more for it; the X722 has four queues per VMDq VSI', () => {
    const nic = bound(8, { parameters: { iwarp: 1, vmdqQueues: 4, rssQueues: 128 } });
    expect(nic.enabled).toBe(1 + 8 + 1 + 9 + 8 * 4);
    expect(nic.handlers).toEqual([`0 ${MISC}`, `9 ${FDIR}`]);
  });

  it('gives the queues more than half of its vectors only after all else: 72 CPUs, 64 and 8 more', () => {
    expect(bound(72).enabled).toBe(1 + 72 + 1 + 8);
    // 128 CPUs: 128 left, 64 for queues, 1, 8 for VMDq, and the 55 that are left.
    expect(bound(128).enabled).toBe(129);
  });

  it('with a firmware limit of 8 has three queues and three VSIs on 8 CPUs', () => {
    const nic = bound(8, { parameters: { vectors: 8 } });
    expect(nic.enabled).toBe(8);
    nic.open();
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(3), `4 ${FDIR}`]);
  });

  it('with a firmware limit of 2 has one queue, and of 3 no VMDq', () => {
    const nic = bound(8, { parameters: { vectors: 2 } });
    nic.open();
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(1)]);
    const three = bound(8, { parameters: { vectors: 3, iwarp: 1 } });
    three.open();
    expect(three.handlers).toEqual([`0 ${MISC}`, ...txRx(1), `2 ${FDIR}`]);
    expect(three.machine.log).toEqual([
      `info: i40e ${ADDRESS}: VMDq disabled, not enough MSI-X vectors`,
      `info: i40e ${ADDRESS}: IWARP disabled, not enough MSI-X vectors`,
    ]);
  });

  it.each([
    // vec = 7: VMDq 3, Flow Director 1, 3 for queues.
    { granted: 8, lan: 3, fdir: 4 },
    { granted: 4, lan: 2, fdir: 3 },
    { granted: 3, lan: 1, fdir: 2 },
    // One for the rest and one for a queue: the Flow Director finds none.
    { granted: 2, lan: 1, fdir: undefined },
  ])('redistributes what it gets: $granted of 18', ({ granted, lan, fdir }) => {
    const nic = bound(8, { fn: { msix: { tableSize: granted } } });
    expect(nic.enabled).toBe(granted);
    nic.open();
    const last = fdir === undefined ? [] : [`${fdir} ${FDIR}`];
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(lan), ...last]);
  });

  it('with iWARP gives it a third: 11 granted are 3 queues, 1, 3 for iWARP, 3 for VMDq', () => {
    const nic = bound(8, { parameters: { iwarp: 1 }, fn: { msix: { tableSize: 11 } } });
    nic.open();
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(3), `4 ${FDIR}`]);
    const four = bound(8, { parameters: { iwarp: 1 }, fn: { msix: { tableSize: 4 } } });
    four.open();
    expect(four.handlers).toEqual([`0 ${MISC}`, ...txRx(1), `2 ${FDIR}`]);
  });

  it('says so when it gets fewer', () => {
    const nic = bound(8, { fn: { msix: { tableSize: 8 } } });
    expect(nic.machine.log).toContain(
      `info: i40e ${ADDRESS}: MSI-X vector limit reached with 8, wanted 18, attempting to redistribute vectors`,
    );
  });

  it('without MSI-X does everything with one MSI, requested when the link comes up', () => {
    const nic = bound(8, { fn: { msix: undefined } });
    expect([nic.enabled, nic.device.mode, nic.handlers]).toEqual([1, 'msi', []]);
    expect(nic.machine.log.slice(-2)).toEqual([
      `info: i40e ${ADDRESS}: MSI-X vector reservation failed: -22`,
      `info: i40e ${ADDRESS}: MSI-X not available, trying MSI`,
    ]);
    nic.open();
    expect(nic.handlers).toEqual([`0 ${MISC}`]);
  });

  it('without MSI either shares its line', () => {
    const nic = bound(8, { fn: { msix: undefined, msi: undefined, line: 16 } });
    nic.open();
    expect(nic.device.mode).toBe('intx');
    expect(nic.handlers).toEqual([`0 ${MISC}`]);
    const { line } = nic.device.fn;
    expect(nic.machine.kernel.requestIrq(line ?? 0, true, { flags: 0x80, name: 'other' })).toBe(0);
    expect(nic.machine.log).toContain(
      `info: i40e ${ADDRESS}: MSI-X and MSI not available, falling back to Legacy IRQ`,
    );
  });

  it('gives everything back before the machine sleeps, and takes it again afterwards', () => {
    const nic = bound(2);
    nic.open();
    nic.takeCalls();
    nic.suspend();
    expect(nic.enabled).toBe(0);
    expect(nic.takeCalls()).toEqual(['- i40e-eth0-TxRx-0', '- i40e-eth0-TxRx-1', `- ${FDIR}`, `- ${MISC}`]);
    expect(nic.resume()).toBe(0);
    expect(nic.enabled).toBe(1 + 2 + 1 + 8);
    expect(nic.takeCalls()).toEqual([`+ ${MISC}`, '+ i40e-eth0-TxRx-0', '+ i40e-eth0-TxRx-1', `+ ${FDIR}`]);
  });

  it('keeps its number of queues over sleep when CPUs went before', () => {
    const nic = bound(4);
    nic.open();
    nic.machine.kernel.cpuDown(3);
    nic.suspend();
    nic.resume();
    expect(nic.enabled).toBe(1 + 3 + 1 + 8);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(4), `5 ${FDIR}`]);
  });

  it('does not open what was closed when the machine went to sleep', () => {
    const nic = bound(2);
    nic.suspend();
    nic.resume();
    expect(nic.handlers).toEqual([`0 ${MISC}`, `3 ${FDIR}`]);
  });

  it('a refused queue resets the function: the Flow Director is closed and opened', () => {
    const nic = bound(2);
    nic.machine.fill(0);
    nic.machine.fill(1);
    nic.takeCalls();
    expect(nic.open()).toBe(-28);
    expect(nic.takeCalls()).toEqual(['! i40e-eth0-TxRx-0 -28', `- ${FDIR}`, `+ ${FDIR}`]);
  });

  it('fails to probe without a vector for the rest', () => {
    const machine = new TestMachine('6.1.192', 1);
    machine.fill(0);
    const nic = new BoundDevice(machine, i40e);
    expect(nic.probe()).toBe(-14);
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
  });

  it('ethtool -L leaves vectors without a queue, and these without a handler', () => {
    const nic = bound(8, { parameters: { channels: 3 } });
    nic.open();
    expect(nic.enabled).toBe(18);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(3), `9 ${FDIR}`]);
  });

  it('virtual functions reset it first, and are as many as there are queues for', () => {
    const nic = bound(2, { parameters: { queues: 19 } });
    nic.open();
    nic.takeCalls();
    const reset = [
      '- i40e-eth0-TxRx-0',
      '- i40e-eth0-TxRx-1',
      `- ${FDIR}`,
      '+ i40e-eth0-TxRx-0',
      '+ i40e-eth0-TxRx-1',
      `+ ${FDIR}`,
    ];
    // 19 pairs: 2 for the LAN, 1 for the Flow Director, 4 for each of 4.
    expect(nic.configureVfs(4)).toBe(4);
    expect([nic.vfs, nic.takeCalls()]).toEqual([[4], reset]);
    expect(nic.configureVfs(0)).toBe(0);
    expect([nic.vfs, nic.takeCalls()]).toEqual([[4, 0], reset]);
    expect(nic.configureVfs(5)).toBe(-1);
    expect(nic.vfs).toEqual([4, 0]);
    expect(nic.machine.log.at(-1)).toBe(
      `warn: i40e ${ADDRESS}: Unable to enable 5 VFs. Limited to 4 VFs due to device resource constraints.`,
    );
  });

  it('leaves nothing behind', () => {
    const nic = bound(4);
    nic.open();
    nic.configureVfs(2);
    nic.remove();
    expect([nic.enabled, nic.handlers, nic.vfs]).toEqual([0, [], [2, 0]]);
    expect(nic.machine.reserved).toBe(0);
    expect(nic.machine.warnings).toEqual([]);
  });
});
