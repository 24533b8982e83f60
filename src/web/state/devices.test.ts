import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../../test/web/sample-reports.ts';
import { filterDevices, listDevices, sortDevices } from './devices.ts';

const rows = listDevices(SAMPLES.numa16().report());

describe('the device list', () => {
  test('has one line per PCI device, and one per chip for the rest', () => {
    expect(rows.map((row) => row.key).sort()).toEqual([
      '0000:00:1f.2',
      '0000:01:00.0',
      '0000:41:00.0',
      '0000:42:00.0',
      '0000:81:00.0',
      '0000:81:00.1',
      '0000:c1:00.0',
      'IR-IO-APIC',
    ]);
  });

  test('counts what is requested, reserved and managed, and the CPUs in use', () => {
    const nvme = rows.find((row) => row.key === '0000:41:00.0');
    expect(nvme).toMatchObject({
      driver: 'nvme',
      requested: 17,
      reserved: 0,
      isPci: true,
      managed: 16,
      shutdown: 1,
      managedUnknown: 0,
    });
    // CPU 13 is offline: its queue is shut down, so the device has nothing there.
    expect(nvme?.cpus.toString()).toBe('0-12,14-15');
    const xhci = rows.find((row) => row.driver === 'xhci_hcd');
    expect(xhci).toMatchObject({ requested: 1, reserved: 7 });
  });

  test('says that a managed flag cannot be told, and that no count was readable', () => {
    const unknown = listDevices(SAMPLES.undecided().report()).find((row) => row.driver === 'qedf');
    expect(unknown).toMatchObject({ managed: 0, managedUnknown: 48 });
    const silent = listDevices(SAMPLES.threadripper().report()).find((row) => row.requested === 0);
    expect(silent?.count).toBeUndefined();
  });

  test('finds words in the address, the driver, names and numbers', () => {
    expect(filterDevices(rows, 'NVME :42').map((row) => row.key)).toEqual(['0000:42:00.0']);
    expect(filterDevices(rows, 'enp129s0f1').map((row) => row.key)).toEqual(['0000:81:00.1']);
    expect(filterDevices(rows, '24').map((row) => row.driver)).toEqual(['nvme']);
    expect(filterDevices(rows, ' ')).toHaveLength(rows.length);
    expect(filterDevices(rows, 'nothing')).toEqual([]);
  });

  test('sorts by each column, ties by the address', () => {
    expect(sortDevices(rows, 'irqs', true)[0]?.key).toBe('0000:41:00.0');
    expect(sortDevices(rows, 'irqs', false)[0]?.driver).toBe('ahci');
    expect(sortDevices(rows, 'driver', false).at(-1)?.driver).toBe('xhci_hcd');
    expect(sortDevices(rows, 'reserved', true)[0]?.driver).toBe('xhci_hcd');
    expect(sortDevices(rows, 'cpus', true)[0]?.cpus.size).toBe(15);
    expect(sortDevices(rows, 'count', true)[0]?.key).toBe('0000:c1:00.0');
    expect(sortDevices(rows, 'device', true)[0]?.key).toBe('IR-IO-APIC');
  });
});
