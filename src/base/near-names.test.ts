import { describe, expect, it } from 'vitest';
import { nearNames } from './near-names.ts';

const NAMES = ['ahci', 'e1000e', 'igb', 'igbvf', 'mpt3sas', 'nvme', 'virtio_blk', 'virtio_net', 'xhci_hcd'];

describe('nearNames', () => {
  it('takes a word for a part of names, those that begin with it first', () => {
    expect(nearNames('igb', NAMES)).toEqual(['igb', 'igbvf']);
    expect(nearNames('virtio', NAMES)).toEqual(['virtio_blk', 'virtio_net']);
    expect(nearNames('hci', NAMES)).toEqual(['ahci', 'xhci_hcd']);
    expect(nearNames('nvme-pci', NAMES)).toEqual(['nvme']);
  });

  it('forgives case, dashes, and a letter in three', () => {
    expect(nearNames('Virtio-Net', NAMES)[0]).toBe('virtio_net');
    expect(nearNames('mpt2sas', NAMES)).toEqual(['mpt3sas']);
    expect(nearNames('mnve', NAMES)).toEqual([]);
    expect(nearNames('nvm', NAMES)).toEqual(['nvme']);
    expect(nearNames('igc', NAMES)).toEqual(['igb']);
    expect(nearNames('e100e', NAMES)).toEqual(['e1000e']);
  });

  it('names nothing where nothing is near, and never many', () => {
    for (const word of ['', '-', 'a', 'bnx2x', 'x'.repeat(10_000)])
      expect(nearNames(word, NAMES)).toEqual([]);
    expect(
      nearNames(
        'eth',
        Array.from({ length: 9 }, (_, n) => `eth${n}`),
      ),
    ).toEqual(['eth0', 'eth1', 'eth2', 'eth3', 'eth4']);
  });
});
