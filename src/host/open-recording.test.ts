import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { INTERRUPTS, rootErrorOf, tarOf, tempDir, writeFiles } from '../../test/host/machine-fixture.ts';
import { LIMITS } from './limits.ts';
import { openRecording, readRecordedText, snapshotName } from './open-recording.ts';

const TRACE = '# tracer: nop\n  init-1 [000] d..1. 1: vector_setup: irq=24 is_legacy=0 ret=0\n';

function capture(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = tempDir();
  writeFiles(folder, { 'trace.txt': TRACE, ...files });
  return folder;
}

describe('a lone trace', () => {
  it('is a file, packed or not', () => {
    const folder = tempDir();
    writeFiles(folder, { plain: TRACE, 'packed.gz': gzipSync(TRACE), odd: gzipSync(TRACE) });
    for (const name of ['plain', 'packed.gz', 'odd']) {
      const path = join(folder, name);
      expect(openRecording(path)).toEqual({
        source: path,
        trace: { file: path, content: TRACE },
        snapshots: [],
        ops: undefined,
        log: undefined,
        irqbalance: [],
      });
    }
  });

  it.each<[string, Record<string, string | Uint8Array>, string, string]>([
    ['that is not there', {}, 'x', 'cannot be read: no such file or directory'],
    ['that is empty', { x: '' }, 'x', 'is empty'],
    ['below a file', { x: 'x' }, 'x/y', 'cannot be read: a part of the path is not a directory'],
  ])('%s is refused in one line', (_, files, name, why) => {
    const folder = tempDir();
    writeFiles(folder, files);
    expect(rootErrorOf(() => openRecording(join(folder, name)))).toContain(why);
  });

  it('is no archive: that is told what to do', () => {
    const machine = tempDir();
    writeFiles(machine, { 'proc/interrupts': INTERRUPTS });
    const archive = tarOf(machine, join(tempDir(), 'a.tar'));
    expect(rootErrorOf(() => openRecording(archive))).toMatch(
      /is an archive; expected a trace, or a capture's folder/,
    );
  });

  it('is bounded', () => {
    const path = join(capture({}), 'trace.txt');
    expect(rootErrorOf(() => openRecording(path, { ...LIMITS, maxBytes: 20 }))).toContain('20');
  });
});

describe('a capture', () => {
  it('has its snapshots in the order of their names, archives and folders alike', () => {
    const machine = tempDir();
    writeFiles(machine, { 'proc/interrupts': INTERRUPTS });
    const folder = capture({ 'snap/02-b/proc/interrupts': INTERRUPTS, 'snap/notes.txt': 'x' });
    tarOf(machine, join(folder, 'snap/03-c.tar.gz'), '-z');
    tarOf(machine, join(folder, 'snap/01-a.tar'));
    const { snapshots } = openRecording(folder);
    expect(snapshots.map(({ name }) => name)).toEqual(['01-a', '02-b', '03-c']);
    for (const { tree } of snapshots) expect(tree.readText('proc/interrupts')).toBe(INTERRUPTS);
  });

  it('brings its writes, the kernel’s log and irqbalance’s along', () => {
    const folder = capture({
      'ops.log': 'ops',
      'dmesg.txt': 'log',
      'irqbalance-two-cycles.log.gz': gzipSync('ib'),
      'irqbalance-once.log': 'ib1',
      'irqbalance.log': 'not one of ours',
    });
    const { source, ops, log, irqbalance } = openRecording(folder);
    expect(source).toBe(folder);
    expect(ops).toEqual({ file: join(folder, 'ops.log'), text: 'ops' });
    expect(log?.text).toBe('log');
    expect(irqbalance.map((run) => [run.name, run.log.text]).sort()).toEqual([
      ['once', 'ib1'],
      ['two-cycles', 'ib'],
    ]);
  });

  it('needs nothing but its trace, the packed one first', () => {
    const folder = capture({ 'trace.txt.gz': gzipSync(TRACE.replace('24', '25')) });
    const recording = openRecording(folder);
    expect(recording.trace.content).toContain('irq=25');
    expect(recording.snapshots).toEqual([]);
    expect(recording.ops).toBeUndefined();
  });

  it('without a trace is refused', () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'snap'));
    expect(rootErrorOf(() => openRecording(folder))).toMatch(
      /holds no trace; expected trace\.txt\.gz or trace\.txt/,
    );
  });

  it('with a broken snapshot is refused, and the snapshot named', () => {
    const folder = capture({ 'snap/01-a.tar.gz': 'no archive' });
    expect(rootErrorOf(() => openRecording(folder))).toContain('01-a.tar.gz');
  });
});

describe('a snapshot', () => {
  it.each([
    ['/x/05-off1.tar.gz', '05-off1'],
    ['05-off1.tar', '05-off1'],
    ['/x/before.tgz', 'before'],
    ['/x/before.tar.zst', 'before'],
    ['/x/folder', 'folder'],
    ['/x/folder.d/', 'folder.d'],
    ['snap.2026.tar.xz', 'snap.2026'],
  ])('%s is called %s', (path, name) => {
    expect(snapshotName(path)).toBe(name);
  });
});

it('a log of writes is read as it is', () => {
  const path = join(capture({ 'o.gz': gzipSync('1.0 LAB mark x\n') }), 'o.gz');
  expect(readRecordedText(path)).toEqual({ file: path, text: '1.0 LAB mark x\n' });
});
