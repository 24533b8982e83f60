import { describe, expect, it } from 'vitest';
import { BoundDevice, type BoundOptions, numbered } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { CpuSet } from '../../base/cpu-set.ts';
import { ice } from './ice.ts';

const ADDRESS = '0000:01:00.0';
const MISC = `ice-${ADDRESS}:misc`;
const CONTROL = `ice-${ADDRESS}:ctrl-TxRx-0`;
const txRx = (count: number, base = 1): string[] => numbered(count, (n) => `${base + n} ice-eth0-TxRx-${n}`);

function bound(cpus: number, options: BoundOptions = {}): BoundDevice {
  const nic = new BoundDevice(new TestMachine('6.1.192', cpus), ice, options);
  expect(nic.probe()).toBe(0);
  return nic;
}

function opened(cpus: number, options: BoundOptions = {}): BoundDevice {
  const nic = bound(cpus, options);
  expect(nic.open()).toBe(0);
  return nic;
}

describe('ice', () => {
  it('takes a vector per CPU for queues, one per CPU and four for RDMA, two for flows, two more', () => {
    const nic = bound(4);
    expect(nic.enabled).toBe(4 + (4 + 4) + 2 + 2);
    expect(nic.takeCalls()).toEqual([`+ ${MISC}`, `+ ${CONTROL}`]);
    nic.open();
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(4), `5 ${CONTROL}`]);
    nic.stop();
    expect(nic.handlers).toEqual([`0 ${MISC}`, `5 ${CONTROL}`]);
  });

  it('binds each queue to the CPU of its number, and the control queue to CPU 0', () => {
    const nic = opened(4);
    expect(nic.hints).toEqual(['1 0', '2 1', '3 2', '4 3', '5 0']);
    expect(nic.affinities).toEqual(['0 0-3', '1 0', '2 1', '3 2', '4 3', '5 0']);
  });

  it('has an empty hint where that CPU was not online, although there is a vector per online CPU', () => {
    const machine = new TestMachine('6.1.192', 4, { online: CpuSet.from([0, 1, 3]) });
    const nic = new BoundDevice(machine, ice);
    nic.probe();
    nic.open();
    expect(nic.hints).toEqual(['1 0', '2 1', '3 ', '4 0']);
  });

  it.each([
    // 4 for other uses; 8 left: two for RDMA. 16 left: half of 12 and 4.
    { vectors: 12, lan: 6, rdma: 2 },
    { vectors: 20, lan: 6, rdma: 10 },
    { vectors: 7, lan: 1, rdma: 2 },
    { vectors: 6, lan: 1, rdma: 0 },
  ])('a firmware limit of $vectors on 8 CPUs leaves $lan queues and $rdma for RDMA', (given) => {
    const nic = opened(8, { parameters: { vectors: given.vectors } });
    expect(nic.enabled).toBe(4 + given.lan + given.rdma);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(given.lan), `${given.lan + 1} ${CONTROL}`]);
    expect(nic.machine.log[0]).toBe(
      `warn: ice ${ADDRESS}: not enough device MSI-X vectors. wanted = 24, available = ${given.vectors}`,
    );
  });

  it.each([
    { granted: 16, lan: 4, control: 5 },
    { granted: 8, lan: 2, control: 3 },
    { granted: 3, lan: 1, control: 2 },
    { granted: 2, lan: 1, control: undefined },
  ])('makes do with $granted of 24', ({ granted, lan, control }) => {
    const nic = opened(8, { fn: { msix: { tableSize: granted } } });
    const last = control === undefined ? [] : [`${control} ${CONTROL}`];
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(lan), ...last]);
    expect(nic.machine.log).toContain(
      `warn: ice ${ADDRESS}: not enough OS MSI-X vectors. requested = 24, obtained = ${granted}`,
    );
    const before = nic.handlers.length;
    nic.suspend();
    nic.resume();
    expect([nic.handlers.length, nic.stop(), nic.open()]).toEqual([before, undefined, 0]);
  });

  it.each([
    { msix: undefined, msi: { log2Count: 0, maskable: true, is64Bit: true } },
    { msix: { tableSize: 1 } },
  ])('does not bind without two vectors of MSI-X, whatever else there is', (fn) => {
    const nic = new BoundDevice(new TestMachine('6.1.192', 4), ice, { fn: { ...fn, line: 16 } });
    expect(nic.probe()).toBe(-5);
    expect([nic.enabled, nic.device.mode]).toEqual([0, 'intx']);
  });

  it('without its package has one queue and no more than two vectors', () => {
    const nic = opened(8, { parameters: { package: 0 } });
    expect(nic.enabled).toBe(2);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(1)]);
    expect(nic.configureVfs(1)).toBe(-95);
  });

  it('gives everything back before the machine sleeps; afterwards RDMA has the vectors before the queues', () => {
    const nic = opened(4);
    nic.takeCalls();
    nic.suspend();
    expect(nic.enabled).toBe(0);
    expect(nic.takeCalls()).toEqual([
      ...numbered(4, (n) => `- ice-eth0-TxRx-${n}`),
      `- ${CONTROL}`,
      `- ${MISC}`,
    ]);
    expect(nic.resume()).toBe(0);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(4, 9), `13 ${CONTROL}`]);
    expect(nic.takeCalls()[0]).toBe(`+ ${MISC}`);
  });

  it('counts CPUs anew after sleep', () => {
    const nic = opened(4);
    nic.machine.kernel.cpuDown(3);
    nic.suspend();
    nic.resume();
    expect(nic.enabled).toBe(3 + 7 + 4);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(3, 8), `11 ${CONTROL}`]);
  });

  it('has to be loaded again where a vector is missing after sleep', () => {
    const nic = opened(1);
    nic.suspend();
    const filler = nic.machine.fill(0);
    nic.takeCalls();
    expect(nic.resume()).toBe(0);
    expect(nic.takeCalls()).toEqual([`! ${MISC} -28`, '! ice-eth0-TxRx-0 -28']);
    expect(nic.machine.log).toContain(`err: ice ${ADDRESS}: Cannot restore interrupt scheme: -28`);
    nic.machine.remove(filler);
    expect([nic.open(), nic.handlers]).toEqual([-5, []]);
    nic.remove();
    expect([nic.enabled, nic.probe(), nic.open()]).toEqual([0, 0, 0]);
  });

  it('has to be loaded again where messages are missing after sleep', () => {
    const nic = opened(2);
    nic.suspend();
    nic.machine.kernel.pci.fault = (step) => (step === 'map table' ? -12 : 0);
    expect([nic.resume(), nic.enabled, nic.open()]).toEqual([0, 0, -5]);
    nic.remove();
    expect(nic.handlers).toEqual([]);
  });

  it('ethtool -L leaves the control queue where it was, until the machine has slept', () => {
    const nic = opened(4, { parameters: { channels: 2 } });
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(2), `5 ${CONTROL}`]);
    nic.suspend();
    nic.resume();
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(2, 9), `11 ${CONTROL}`]);
  });

  it('with more channels than CPUs keeps what it has', () => {
    expect(opened(2, { parameters: { channels: 3 } }).handlers).toEqual([
      `0 ${MISC}`,
      ...txRx(2),
      `3 ${CONTROL}`,
    ]);
  });

  it('cannot take back its handlers where a queue is refused, and does not open again', () => {
    const nic = bound(2);
    const { machine } = nic;
    const [filler] = machine.irqs(machine.fill(0));
    machine.fill(1);
    if (filler !== undefined) machine.free(filler);
    expect(nic.open()).toBe(-28);
    expect(nic.handlers).toEqual([`0 ${MISC}`, ...txRx(1), `3 ${CONTROL}`]);
    expect(nic.hints).toEqual(['3 0']);
    expect(nic.open()).toBe(-16);
    nic.remove();
    expect([nic.enabled, nic.handlers]).toEqual([0, []]);
  });

  it('beyond 256 queues only sends', () => {
    const nic = opened(258);
    expect(nic.handlers.slice(256, 259)).toEqual([
      '256 ice-eth0-TxRx-255',
      '257 ice-eth0-tx-256',
      '258 ice-eth0-tx-257',
    ]);
  });

  it('grants virtual functions what it left: 17, 5, 3 or 2 vectors each, and as many queues less one', () => {
    // 16 of 64 vectors are its own.
    const nic = bound(4, { parameters: { vectors: 64 } });
    const share = (count: number) => nic.driver.vfParameters?.(nic.device, nic.state, count);
    expect(share(2)).toEqual({ vectors: 17, queues: 16 });
    expect(share(4)).toEqual({ vectors: 5, queues: 4 });
    expect(share(16)).toEqual({ vectors: 3, queues: 2 });
    expect(share(24)).toEqual({ vectors: 2, queues: 1 });
    expect(nic.configureVfs(25)).toBe(-28);
    expect(nic.configureVfs(129)).toBe(-95);
    expect(nic.vfs).toEqual([]);
    expect(nic.configureVfs(24)).toBe(24);
    expect(nic.configureVfs(0)).toBe(0);
    expect(nic.vfs).toEqual([24, 0]);
  });

  it('shares out its queues in powers of two where they are the less', () => {
    // 17 pairs: 4 of the LAN and the control queue's are its own; 12 for 2.
    const nic = bound(4, { parameters: { queues: 17 } });
    expect(nic.driver.vfParameters?.(nic.device, nic.state, 2)).toEqual({ vectors: 17, queues: 4 });
  });

  it('leaves nothing behind', () => {
    const nic = opened(4);
    nic.configureVfs(2);
    nic.remove();
    expect([nic.enabled, nic.handlers, nic.vfs]).toEqual([0, [], [2, 0]]);
    expect(nic.machine.reserved).toBe(0);
    expect(nic.machine.warnings).toEqual([]);
  });
});
