import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TarMember } from './tar.ts';
import { TarTree } from './tar-tree.ts';

const member = (text: string | Uint8Array, mode = 0o444): TarMember => ({
  kind: 'file',
  mode,
  bytes: Buffer.from(text),
  linkName: '',
});
const link = (linkName: string): TarMember => ({
  kind: 'symlink',
  mode: 0o777,
  bytes: new Uint8Array(0),
  linkName,
});
const tree = (members: Readonly<Record<string, TarMember>>): TarTree =>
  new TarTree('t', new Map(Object.entries(members)));

describe('TarTree', () => {
  test('lists a directory with numbers by value, then names, each once', () => {
    const t = tree({
      'proc/irq/10/node': member(''),
      'proc/irq/2/node': member(''),
      'proc/irq/2-odd': member(''),
      'proc/irq/2/spurious': member(''),
      'proc/irq/default_smp_affinity': member(''),
      'proc/irqx': member(''),
    });
    expect(t.list('proc/irq')).toEqual(['2', '10', '2-odd', 'default_smp_affinity']);
    expect(t.list('proc/irq/')).toEqual(t.list('proc/irq'));
    expect(t.list('')).toEqual(['proc']);
    expect(t.list('nowhere')).toEqual([]);
    expect(t.list('proc/irqx')).toEqual([]);
  });

  test('reads texts and packed texts; absent, damaged and directories are undefined', () => {
    const t = tree({ 'a.gz': member(gzipSync('inside')), 'b.gz': member('no gzip'), 'd/e': member('x') });
    expect([t.readText('a.gz'), t.readText('b.gz'), t.readText('d'), t.readText('z')]).toEqual([
      'inside',
      undefined,
      undefined,
      undefined,
    ]);
    expect(t.readBytes('b.gz')).toHaveLength(7);
  });

  test('linkTarget is the last component; a link inside the tree leads on, one that leaves it leads nowhere', () => {
    const t = tree({
      'sys/class/net/eth0': link('../../devices/pci0/net/eth0'),
      'sys/devices/pci0/net/eth0/operstate': member('up'),
      'sys/devices/pci0/net/eth0/device': link('../../../0000:00:03.0/'),
      out: link('../../etc/passwd'),
      absolute: link('/etc/passwd'),
      round: link('round'),
    });
    expect(t.linkTarget('sys/class/net/eth0/device')).toBe('0000:00:03.0');
    expect(t.readText('sys/class/net/eth0/operstate')).toBe('up');
    expect(t.list('sys/class/net/eth0')).toEqual(['device', 'operstate']);
    for (const path of ['out', 'absolute', 'round', 'sys/devices/pci0/net/eth0/device']) {
      expect(t.readText(path)).toBeUndefined();
      expect(t.mode(path)).toBeUndefined();
    }
    expect(t.linkTarget('absolute')).toBe('passwd');
    expect(t.linkTarget('sys/devices/pci0')).toBeUndefined();
  });

  test('keeps modes only when the capture says so', () => {
    const note = (text: string): TarTree =>
      tree({ 'irqspace-capture.json': member(text), f: member('', 0o600) });
    expect(note('{"irqspaceCapture":1,"modes":true}').keepsModes).toBe(true);
    expect(note('{"irqspaceCapture":1,"modes":false}').keepsModes).toBe(false);
    expect(note('{"irqspaceCapture":2,"modes":true}').keepsModes).toBe(false);
    expect(note('[1').keepsModes).toBe(false);
    expect(note('null').keepsModes).toBe(false);
    expect(tree({}).keepsModes).toBe(false);
    expect(note('{}').mode('f')).toBe(0o600);
  });
});
