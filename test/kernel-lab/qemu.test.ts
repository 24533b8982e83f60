import { describe, expect, it } from 'vitest';
import { CROWDED, NUMA16, SMALL } from './machines.ts';
import { qemuArguments } from './qemu.ts';

const FILES = { kernel: 'vmlinuz', initramfs: 'cpio', disk: 'disk.img' };

/** What follows an option, each time. */
function of(args: readonly string[], option: string): string[] {
  return args.flatMap((word, at) => (args[at - 1] === option ? [word] : []));
}

describe('the machines as QEMU gets them', () => {
  it('have a remapping unit exactly where they are to have one, and are told to use it', () => {
    const plain = qemuArguments(SMALL, FILES);
    expect(of(plain, '-device').join()).not.toContain('intel-iommu');
    expect(of(plain, '-append')[0]).not.toContain('intel_iommu');
    const remapped = qemuArguments({ ...SMALL, remapping: 'xapic' }, FILES);
    expect(of(remapped, '-device')[0]).toBe('intel-iommu,intremap=on,device-iotlb=off,eim=off');
    expect(of(remapped, '-append')[0]).toContain('intel_iommu=on');
    expect(of(remapped, '-machine')).toEqual(['q35,kernel-irqchip=split']);
  });

  it('have a port for each device, and a vector for each queue and the rest', () => {
    const devices = of(qemuArguments(SMALL, FILES), '-device');
    expect(devices.filter((device) => device.startsWith('pcie-root-port'))).toHaveLength(4);
    expect(devices).toContain('nvme,id=d1,bus=rp1,serial=d1,drive=bd1,max_ioqpairs=8,msix_qsize=9');
    expect(devices).toContain('virtio-net-pci,id=d2,bus=rp2,netdev=bd2,mq=on,vectors=10,romfile=');
    expect(of(qemuArguments(CROWDED, FILES), '-netdev').filter((one) => /queues=64/.test(one))).toHaveLength(
      3,
    );
  });

  it('share memory and CPUs among their nodes, with a host bridge for each but the first', () => {
    const args = qemuArguments(NUMA16, FILES);
    expect(of(args, '-numa')).toEqual([
      'node,nodeid=0,memdev=m0,cpus=0-3',
      'node,nodeid=1,memdev=m1,cpus=4-7',
      'node,nodeid=2,memdev=m2,cpus=8-11',
      'node,nodeid=3,memdev=m3,cpus=12-15',
    ]);
    expect(of(args, '-object')[0]).toBe('memory-backend-ram,id=m0,size=1024M');
    const bridges = of(args, '-device').filter((device) => device.startsWith('pxb-pcie'));
    expect(bridges.map((device) => /numa_node=(\d)/.exec(device)?.[1])).toEqual(['1', '2', '3']);
    expect(of(args, '-device')).toContain('pcie-root-port,id=rp8,bus=pxb3,chassis=8,slot=8');
  });
});
