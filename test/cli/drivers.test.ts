import { describe, expect, it } from 'vitest';
import { drivers } from '../../src/format/drivers.ts';
import { complaintOf, hasScript, inTerminal, irqspace, jsonOf } from './run.ts';

/** Issue 4 names these. */
const ASKED_FOR = [
  ...['nvme', 'virtio_net', 'virtio_blk', 'virtio_scsi', 'e1000e', 'igb', 'igbvf', 'vmxnet3', 'ahci'],
  ...['xhci_hcd', 'i40e', 'ice', 'ixgbe', 'mlx5_core', 'megaraid_sas', 'mpi3mr', 'idxd'],
];

describe('irqspace drivers', () => {
  it('has a row for each driver: name, kernel, what it asks for', () => {
    const { code, stdout, stderr } = irqspace('drivers');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ASKED_FOR) expect(stdout).toMatch(new RegExp(`^  ${name} +\\d+\\.\\d+ +[A-Z]`, 'm'));
    expect(stdout).toMatch(/^ {2}nvme +6\.1 +One vector for the admin queue and one per I\/O queue/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('tells everything about one that is named', () => {
    const { code, stdout, stderr } = irqspace('drivers', 'igb');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual(
      expect.arrayContaining([
        'igb',
        '  devices: eth0, eth1, ...; by default with MSI-X (10 entries) and MSI (1 message)',
        '  virtual functions: by default up to 7, driven by igbvf',
        '  steps of a scenario: probe, remove, link-up, link-down, vfs',
        '  suspend, hibernation: its interrupts change when the machine sleeps, or when it wakes',
        '  parameter      kind    default  range',
        '  max_vfs        module        0  0 to 7',
        '      virtual functions that come with the probe',
        '  drivers/net/ethernet/intel/igb/igb_main.c of 6.1: igb_sw_init(), igb_probe_vfs(),',
      ]),
    );
  });

  it('says which drivers know no link, refuse to sleep, or follow the CPUs', () => {
    expect(irqspace('drivers', 'hpsa').stdout).toMatch(
      /: probe, remove\n {2}suspend, hibernation: it refuses, and the machine stays awake$/m,
    );
    expect(irqspace('drivers', 'ahci').stdout).toContain('hibernation: its interrupts stay as they are\n');
    expect(irqspace('drivers', 'virtio_net').stdout).toContain('remove; it follows CPUs that come and go\n');
    expect(irqspace('drivers', 'igbvf').stdout).not.toContain('parameter');
  });

  it.skipIf(!hasScript)('keeps to the width of a terminal, and cuts nothing of a driver', () => {
    const words = (text: string): string[] => text.split(/\s+/);
    for (const name of ['lpfc', 'mlx5_core', 'smartpqi']) {
      const narrow = inTerminal(60, ['drivers', name], { NO_COLOR: '1' }).stdout;
      expect(narrow.split('\n').filter((line) => line.length > 60 && line.trim().includes(' '))).toEqual([]);
      expect(words(narrow)).toEqual(words(irqspace('drivers', name).stdout));
    }
    const table = inTerminal(60, ['drivers'], { NO_COLOR: '1' }).stdout;
    expect(table.split('\n').filter((line) => line.length > 60)).toEqual([]);
  });

  it('answers in JSON, all of them by name or the one', () => {
    const all = drivers.parse(jsonOf(irqspace('drivers', '--json'))).drivers;
    const names = all.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(ASKED_FOR));
    const one = drivers.parse(jsonOf(irqspace('drivers', 'nvme', '--json'))).drivers;
    expect(one).toEqual(all.filter(({ name }) => name === 'nvme'));
    expect(one[0]).toMatchObject({
      instance: 'nvme',
      capabilities: { msix: 65 },
      steps: { link: false, vfs: false, cpus: false, suspend: 'changes' },
      sources: [{ file: 'drivers/nvme/host/pci.c', kernel: '6.1' }],
    });
    expect(one[0]?.parameters[0]).toEqual({
      ...{ name: 'queues', is: 'device', min: 1, max: 65_535, default: 64 },
      meaning: 'I/O queues that the controller grants (Number of Queues)',
    });
  });

  it('names those that were meant where none has the name', () => {
    const complaint = (...args: string[]): string => complaintOf(irqspace('drivers', ...args));
    expect(complaint('virtio')).toBe(
      'no driver "virtio" in the catalogue; near it: virtio_blk, virtio_net, virtio_scsi',
    );
    expect(complaint('mpt2sas', '--json')).toContain('near it: mpt3sas');
    expect(complaint('bnx2x')).toBe('no driver "bnx2x" in the catalogue; irqspace drivers lists them');
    expect(complaint('x'.repeat(5000)).length).toBeLessThan(120);
    expect(complaint('')).toContain('irqspace drivers lists them');
    expect(complaint('nvme', 'ahci')).toContain('too many arguments');
  });
});
