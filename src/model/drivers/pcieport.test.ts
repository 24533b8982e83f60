import { describe, expect, it } from 'vitest';
import { BoundDevice } from '../../../test/model/bound-device.ts';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { ENODEV } from '../failures.ts';
import { pcieport } from './pcieport.ts';

const setUps = ({ machine }: BoundDevice): number =>
  machine.events.filter(({ name }) => name === 'vector_setup').length;

describe('pcieport', () => {
  it('takes as many messages as it can get, and keeps as many as its services number', () => {
    const port = new DriverBench(pcieport, {
      fn: { msix: { tableSize: 4 } },
      parameters: { dpc: 1, dpcMessage: 2 },
    });
    expect(port.probe()).toBe(0);
    expect([port.enabled, setUps(port)]).toEqual([3, 4 + 3]);
    expect(port.takeCalls()).toEqual(['+ PCIe PME', '+ aerdrv', '+ pcie-dpc']);
    expect(port.handlers).toEqual(['0 aerdrv', '2 pcie-dpc']);
  });

  it('shares one message among all services, and asks once where it has no more', () => {
    const port = new DriverBench(pcieport, { parameters: { hotplug: 1, dpc: 1 } });
    port.probe();
    expect([port.device.mode, port.enabled, setUps(port)]).toEqual(['msi', 1, 1]);
    expect(port.takeCalls()).toEqual(['+ PCIe PME', '+ aerdrv', '+ pciehp', '+ pcie-dpc']);
  });

  it.each([
    ['6.12', []],
    ['7.2', ['+ PCIe bwctrl']],
  ])('on %s has the handlers for bandwidth %j', (kernel, more) => {
    const port = new BoundDevice(new TestMachine(kernel, 2), pcieport);
    port.probe();
    expect(port.takeCalls()).toEqual(['+ PCIe PME', '+ aerdrv', ...more]);
  });

  it('uses its line where a service numbers a message that it did not get', () => {
    const fn = { line: 16, msix: { tableSize: 1 } };
    const port = new DriverBench(pcieport, { fn, parameters: { aerMessage: 1 } });
    expect(port.probe()).toBe(0);
    expect([port.device.mode, port.takeCalls()]).toEqual(['intx', ['+ PCIe PME', '+ aerdrv']]);
  });

  it('does not bind without messages and line, unless it has hotplug, which then hears nothing', () => {
    const nothing = { msix: undefined, msi: undefined };
    expect(new DriverBench(pcieport, { fn: nothing }).probe()).toBe(-ENODEV);
    const port = new DriverBench(pcieport, { fn: nothing, parameters: { hotplug: 1 } });
    expect([port.probe(), port.takeCalls()]).toEqual([0, []]);
  });

  it('without a service asks for nothing', () => {
    const port = new DriverBench(pcieport, { parameters: { pme: 0, aer: 0, bandwidth: 0 } });
    expect([port.probe(), port.enabled, port.takeCalls()]).toEqual([0, 0, []]);
  });

  it('keeps a service without a handler where it is refused', () => {
    const port = new DriverBench(pcieport, { fn: { msix: { tableSize: 1 } } });
    port.crowd(0);
    expect(port.probe()).toBe(0);
    expect(port.takeCalls()).toEqual(['! PCIe PME -28', '! aerdrv -28']);
    port.remove();
    expect(port.machine.warnings.filter((line) => line.startsWith('WARN'))).toEqual([]);
  });

  it('gives back its handlers, its messages and its line', () => {
    const port = new DriverBench(pcieport, { fn: { line: 16 } });
    port.probe();
    expect(port.machine.kernel.desc(16)).toBeDefined();
    port.takeCalls();
    port.remove();
    expect([port.takeCalls().length, port.enabled]).toEqual([2, 0]);
    expect(port.machine.kernel.desc(16)).toBeUndefined();
    expect(port.machine.warnings).toEqual([]);
  });
});
