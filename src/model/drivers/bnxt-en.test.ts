import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { type Shape, TestMachine } from '../../../test/model/test-machine.ts';
import { bnxtEn } from './bnxt-en.ts';

const all = (rings: number): string[] => numbered(rings, (n) => `${n} eth0-TxRx-${n}`);

function bound(cpus: Shape, options: BoundOptions = {}, profile = '6.1.192'): BoundDevice {
  const nic = new BoundDevice(new TestMachine(profile, cpus), bnxtEn, options);
  expect(nic.probe()).toBe(0);
  return nic;
}

function opened(cpus: Shape, options: BoundOptions = {}, profile = '6.1.192'): BoundDevice {
  const nic = bound(cpus, options, profile);
  expect(nic.open()).toBe(0);
  return nic;
}

describe('bnxt_en', () => {
  it('has a vector for every second core, and as many on all ports as there are CPUs', () => {
    // 16 cores without siblings.
    expect(bound(16).enabled).toBe(8);
    expect(bound(16, { parameters: { ports: 4 } }).enabled).toBe(4);
    expect(bound(2, { parameters: { ports: 4 } }).enabled).toBe(1);
    expect(opened(2, { parameters: { ports: 1 } }).handlers).toEqual(all(2));
  });

  it('before 5.18 has one per CPU, up to eight', () => {
    expect(opened(6, { parameters: { ports: 1 } }, '5.10.223').handlers).toEqual(all(6));
    expect(bound(32, { parameters: { ports: 1 } }, '5.10.223').enabled).toBe(8);
  });

  it('requests them when the link comes up, each bound to a CPU, those of its node first', () => {
    const nic = bound('2x2', { fn: { node: 1 }, parameters: { channels: 4 } });
    expect(nic.handlers).toEqual([]);
    nic.open();
    expect(nic.handlers).toEqual(all(4));
    expect(nic.hints).toEqual(['0 2', '1 3', '2 0', '3 1']);
    expect(nic.affinities).toEqual(nic.hints);
    nic.stop();
    expect([nic.enabled, nic.handlers]).toEqual([4, []]);
  });

  it('leaves two vectors for RDMA where there are more', () => {
    expect(bound(64, { parameters: { vectors: 9 } }).enabled).toBe(7);
    expect(bound(64, { parameters: { vectors: 9, rdma: 0 } }).enabled).toBe(9);
    expect(bound(64, { parameters: { vectors: 2 } }).enabled).toBe(2);
  });

  it('trims its rings to the vectors that the kernel grants', () => {
    const nic = new BoundDevice(new TestMachine('6.1.192', 16), bnxtEn);
    nic.machine.kernel.pci.fault = (step, message) => (step === 'descriptor' && message >= 3 ? -28 : 0);
    nic.probe();
    nic.open();
    expect([nic.enabled, nic.handlers]).toEqual([3, all(3)]);
  });

  it('without MSI-X has one pair of rings on its line, also where there is MSI; a virtual function has none', () => {
    const fn = { msix: undefined, msi: { log2Count: 0, maskable: true, is64Bit: true }, line: 16 };
    const nic = opened(16, { fn });
    expect([nic.device.mode, nic.handlers]).toEqual(['intx', all(1)]);
    expect(nic.configureVfs(1)).toBe(0);
    expect(nic.machine.log.at(-1)).toBe(
      'warn: bnxt_en 0000:01:00.0 eth0: Not allow SRIOV if the irq mode is not MSIX',
    );
    const virtual = new BoundDevice(new TestMachine('6.1.192', 16), bnxtEn, {
      fn,
      parameters: { virtual: 1 },
    });
    expect(virtual.probe()).toBe(-19);
  });

  it('frees what it has where a vector is refused, and may try again', () => {
    const nic = bound(4, { parameters: { ports: 1, channels: 3 } });
    const { machine } = nic;
    const [filler, ...rest] = [0, 1, 2, 3].map((cpu) => machine.fill(cpu));
    const [one, two] = machine.irqs(filler ?? '');
    for (const desc of [one, two]) if (desc !== undefined) machine.free(desc);
    expect(nic.open()).toBe(-28);
    expect(nic.takeCalls()).toEqual([
      '+ eth0-TxRx-0',
      '+ eth0-TxRx-1',
      '! eth0-TxRx-2 -28',
      '- eth0-TxRx-0',
      '- eth0-TxRx-1',
    ]);
    for (const address of rest) machine.remove(address);
    expect([nic.open(), nic.handlers]).toEqual([0, all(3)]);
  });

  it('keeps its vectors while the machine sleeps, without handlers', () => {
    const nic = opened(8);
    nic.suspend();
    expect([nic.enabled, nic.handlers]).toEqual([4, []]);
    expect([nic.resume(), nic.handlers]).toEqual([0, all(4)]);
    nic.stop();
    nic.suspend();
    expect([nic.resume(), nic.handlers]).toEqual([0, []]);
  });

  it('ethtool -L gives it other vectors, also those for RDMA', () => {
    const channels = (count: number) => opened(8, { parameters: { vectors: 6, channels: count } }).handlers;
    expect(channels(2)).toEqual(all(2));
    expect(channels(6)).toEqual(all(6));
    expect(channels(7)).toEqual(all(4));
  });

  it('has virtual functions only while its link is up', () => {
    const nic = bound(8);
    expect(nic.configureVfs(2)).toBe(0);
    nic.open();
    expect(nic.configureVfs(2)).toBe(2);
    expect(nic.configureVfs(0)).toBe(0);
    expect(nic.vfs).toEqual([2, 0]);
    expect(nic.driver.vfParameters?.(nic.device, nic.state, 2)).toEqual({
      virtual: 1,
      vectors: 9,
      queues: 8,
      ports: 2,
      rdma: 1,
    });
  });

  it('says that there are virtual functions where the bus refused them', () => {
    const nic = opened(8, { setVfs: () => -12 });
    expect(nic.configureVfs(2)).toBe(2);
    nic.remove();
    expect(nic.vfs).toEqual([2]);
  });

  it('leaves nothing behind', () => {
    const nic = opened(8);
    nic.configureVfs(2);
    nic.remove();
    expect([nic.enabled, nic.handlers, nic.vfs]).toEqual([0, [], [2, 0]]);
    expect([nic.machine.reserved, nic.machine.warnings]).toEqual([0, []]);
  });
});
