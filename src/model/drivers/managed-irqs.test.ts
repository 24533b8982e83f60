import { describe, expect, it } from 'vitest';
import { DRIVERS, managedByCatalogue } from './managed-irqs.ts';

const managed = (driver: string | undefined, ...actions: string[]): boolean | undefined | 'no answer' => {
  const answer = managedByCatalogue(driver, actions);
  return answer === undefined ? 'no answer' : answer.managed;
};

describe('managedByCatalogue', () => {
  it('nvme: the queues are managed, the admin queue is not', () => {
    expect(managed('nvme', 'nvme0q1')).toBe(true);
    expect(managed('nvme', 'nvme12q128')).toBe(true);
    expect(managed('nvme', 'nvme0q0')).toBe(false);
  });

  it('nvme with one vector: q0 and q1 share it, and nothing is managed, in any order', () => {
    expect(managed('nvme', 'nvme0q0', 'nvme0q1')).toBe(false);
    expect(managed('nvme', 'nvme0q1', 'nvme0q0')).toBe(false);
  });

  it('virtio: request queues of blk and scsi are managed, the rest is not', () => {
    expect(managed('virtio-pci', 'virtio3-req.0')).toBe(true);
    expect(managed('virtio-pci', 'virtio0-request')).toBe(true);
    for (const name of ['config', 'input.3', 'output.0', 'control', 'event', 'virtqueues', 'rx', 'stats']) {
      expect(managed('virtio-pci', `virtio1-${name}`), name).toBe(false);
    }
  });

  it('mpi3mr: all but vector 0', () => {
    expect([managed('mpi3mr', 'mpi3mr0-msix0'), managed('mpi3mr', 'mpi3mr0-msix1')]).toEqual([false, true]);
  });

  it('a name that only looks like a managed queue is none', () => {
    for (const name of ['nvme0q', 'xnvme0q1', 'nvme0q01', 'virtio0-req', 'virtio0-requests']) {
      expect(managed(undefined, name), name).toBe('no answer');
    }
  });

  it('knows a driver by the names of its interrupts where sysfs does not tell', () => {
    expect(managed(undefined, 'nvme1q3')).toBe(true);
    expect(managed(undefined, 'eth0-rx-0')).toBe('no answer');
  });

  it('by the driver: never managed, or undecided with the reason', () => {
    expect(managed('e1000e', 'eth0')).toBe(false);
    expect(managed('mpt3sas', 'mpt3sas0-msix3')).toBeUndefined();
    expect(managedByCatalogue('mpt3sas', ['mpt3sas0-msix3'])?.by).toContain('smp_affinity_enable');
    expect(managed('a_driver_of_my_own', 'x')).toBe('no answer');
  });

  it('a queue driver without a name to go by has no answer', () => {
    expect(managed('nvme')).toBe('no answer');
    expect(managed('virtio_blk', 'something else')).toBe('no answer');
  });

  it('every entry stands once, and says where it was read', () => {
    const names = DRIVERS.map(({ driver }) => driver);
    expect(new Set(names).size).toBe(names.length);
    for (const { driver, source } of DRIVERS) expect(source, driver).toMatch(/^(drivers|sound|fs)\//);
  });
});
