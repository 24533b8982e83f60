/** `irqspace replay` of trace-cmd's own file: the same answer as of its text, and one line for what is no such file. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ReplayAnswer, replayAnswer } from '../../src/format/replay.ts';
import { tempDir } from '../host/machine-fixture.ts';
import { BOOT, datBytes, datFile, datText } from '../trace-dat.ts';
import { traceFile } from './recordings.ts';
import { complaintOf, irqspace, jsonOf, MAIN, type Ran, run } from './run.ts';

const SNAPSHOTS = ['01-io', '02-off3', '03-final'].map((name) => join(BOOT, 'snap', `${name}.tar.gz`));
const boot = datBytes('boot/trace');

/** The JSON answer without the recording's name, which the schema must accept. */
function answerOf(ran: Ran): Omit<ReplayAnswer, 'source'> {
  expect(ran.code).toBe(0);
  const { source, ...answer } = replayAnswer.parse(jsonOf(ran));
  expect(source).not.toBe('');
  return answer;
}

const replayed = (trace: string): Omit<ReplayAnswer, 'source'> =>
  answerOf(irqspace('replay', trace, ...SNAPSHOTS.flatMap((path) => ['--root', path]), '--json'));

describe('irqspace replay of a trace.dat', () => {
  it('says that model and kernel agree, and what that rests on', () => {
    const { stdout, stderr, code } = run(process.execPath, [MAIN, 'replay', '.'], { cwd: BOOT });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      '.: kernel 6.12.107+deb13-amd64, rules of 6.12: the model and the kernel agree',
      '32 decisions in 366 events: 32 predicted (100 %)',
      'checked: 737 counters, 3 snapshots, 10 writes, 0 kernel messages',
    ]);
  });

  it('is the same as of trace-cmd’s report, and of what tracefs showed', () => {
    const answer = replayed(datFile('boot/trace'));
    expect(answer).toMatchObject({ divergenceCount: 0, decisions: 32, predicted: 32, checkedSnapshots: 3 });
    expect(replayed(traceFile(datText('boot/trace', 'report')))).toEqual(answer);
    expect(replayed(traceFile(datText('boot/trace', 'tracefs')))).toEqual(answer);
    expect(replayed(traceFile(boot, 'unpacked'))).toEqual(answer);
    expect(answerOf(irqspace('replay', BOOT, '--json'))).toEqual(answer);
  });

  it('is found in a capture’s folder by its name', () => {
    const folder = tempDir();
    cpSync(join(BOOT, 'snap'), join(folder, 'snap'), { recursive: true });
    writeFileSync(join(folder, 'trace.dat'), boot);
    expect(answerOf(irqspace('replay', folder, '--json'))).toMatchObject({
      decisions: 32,
      checkedSnapshots: 3,
    });
  });

  it('may come through a pipe', () => {
    const command = `gunzip < ${datFile('boot/trace')} | ${process.execPath} ${MAIN} replay - ${SNAPSHOTS[0]} --json`;
    expect(answerOf(run('sh', ['-c', command]))).toMatchObject({ checkedSnapshots: 1, divergenceCount: 0 });
  });

  it('tells that events are lost, as of the text', () => {
    const of = (trace: string): Ran => irqspace('replay', trace, ...SNAPSHOTS.slice(0, 1));
    const dat = of(traceFile(datBytes('over'), 'over.dat'));
    const text = of(traceFile(datText('over', 'report'), 'over.txt'));
    expect(dat.code).toBe(2);
    const named = (ran: Ran): string => `${ran.stdout}${ran.stderr}`.replaceAll(/\S*over\.(?:dat|txt)/g, 'T');
    expect(named(dat)).toBe(named(text));
    expect(dat.stderr).toContain('169');
  });
});

describe('what is refused in one line, with exit code 2', () => {
  const complaint = (bytes: Uint8Array, name = 'trace.dat'): string =>
    complaintOf(irqspace('replay', traceFile(bytes, name), ...SNAPSHOTS));

  it('is a trace.dat that is cut, packed or not', () => {
    const cut = boot.slice(0, boot.length - 3000);
    const message = /trace\.dat: byte \d+: expected .+ in a file of \d+ bytes, found byte \d+$/;
    expect(complaint(cut)).toMatch(message);
    expect(complaint(gzipSync(cut))).toMatch(message);
    expect(complaint(gzipSync(boot).subarray(0, 5000))).toMatch(
      /trace\.dat: truncated: the gzip data ends early$/,
    );
    const v6 = datBytes('v6-date');
    expect(complaint(v6.slice(0, 50_000))).toMatch(
      /trace\.dat: byte \d+: expected CPU \d's events \(4096 bytes\) at byte \d+, found a file of 50000 bytes, which is cut$/,
    );
  });

  it('is a trace.dat of another version, or with damaged pages', () => {
    expect(complaint(boot.with(10, 0x38))).toMatch(
      /trace\.dat: byte 10: expected version 6 or 7 of trace\.dat, found "8"$/,
    );
    // A CPU's pages begin at a page of the file: number of chunks, packed and unpacked size, and the packed data.
    const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
    let at = 4096;
    while (!Buffer.from(boot.subarray(at + 12, at + 16)).equals(magic)) at += 4096;
    expect(complaint(boot.with(at + 12, 0))).toMatch(
      new RegExp(
        `byte ${at + 12}: expected CPU 0's events: zstd data of \\d+ bytes, found damaged data, or not`,
      ),
    );
  });

  it('is a file of another sort', () => {
    expect(complaint(new Uint8Array([0x17, 0x08, 0x44, 0x45, 0x46]))).toMatch(
      /trace\.dat: byte 3: expected "tracing", found "EF"$/,
    );
    const elf = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...new Array(600).fill(0)]);
    expect(complaint(elf)).toMatch(/trace\.dat:1:1: expected ftrace text/);
    const pcap = new Uint8Array([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, ...new Array(600).fill(0)]);
    expect(complaint(pcap)).toMatch(/trace\.dat:1:1: expected ftrace text/);
    expect(complaint(new Uint8Array(Buffer.from(`PERFILE2${'\0'.repeat(600)}`)))).toMatch(
      /trace\.dat:1:1: expected ftrace text .*, not a binary perf\.data/,
    );
  });
});
