/** What `irqspace replay` refuses: one line, exit code 2, and the line names what is wrong with which file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tempDir, writeFiles } from '../host/machine-fixture.ts';
import { sharedPath } from '../shared.ts';
import { machineFolder } from './machines.ts';
import { CAPTURE, lineWith, MIDDLE, SNAPSHOTS, snapshot, traceFile, traceLines } from './recordings.ts';
import { complaintOf, irqspace } from './run.ts';

const complaint = (...args: readonly string[]): string => complaintOf(irqspace('replay', ...args));
const LAST = snapshot('11-final');

describe('a trace', () => {
  it('of another tool is refused by its name', () => {
    const perf =
      'swapper     0 [001]  1234.567890: irq_vectors:vector_alloc: irq=24 vector=33 reserved=1 ret=0\n';
    const path = traceFile(perf);
    expect(complaint(path, LAST)).toMatch(
      /^.*trace\.txt:1:1: expected ftrace text \(.*\), not perf script output, found/,
    );
    expect(complaint(traceFile('hello\n'), LAST)).toMatch(/trace\.txt:1:1: expected ftrace text/);
  });

  it('that is empty, or has a header alone, is refused', () => {
    expect(complaint(traceFile(''), LAST)).toMatch(/trace\.txt: is empty$/);
    expect(complaint(traceFile(gzipSync(''), 't.gz'), LAST)).toMatch(/t\.gz:1:1: .*; the file is empty/);
    expect(complaint(traceFile('# tracer: nop\n#\n'), LAST)).toMatch(
      /expected events below the header; there are none/,
    );
  });

  it('that is cut in the middle of a line is refused at that line', () => {
    const lines = traceLines();
    const at = lineWith(lines, 'irq_matrix_alloc:');
    const cut = [...lines.slice(0, at), (lines[at] ?? '').replace(/ online_maps=.*/, ' online_m')].join('\n');
    expect(complaint(traceFile(cut), LAST)).toMatch(
      new RegExp(
        `trace\\.txt:${at + 1}:\\d+: expected a whole record; the trace ends in the middle of a line`,
      ),
    );
  });

  it('with a figure that is none is refused at its place', () => {
    const lines = traceLines();
    const at = lineWith(lines, 'vector_alloc:');
    const odd = lines.with(at, (lines[at] ?? '').replace(/irq=\d+/, 'irq=many'));
    expect(complaint(traceFile(odd), LAST)).toMatch(
      new RegExp(`trace\\.txt:${at + 1}:\\d+: expected "irq=" and a 32-bit number`),
    );
  });

  it('that is not there, or is an archive, is refused', () => {
    expect(complaint('/no/such/trace', LAST)).toBe(
      '/no/such/trace: cannot be read: no such file or directory',
    );
    expect(complaint(LAST)).toMatch(
      /11-final\.tar\.gz: is an archive; expected a trace, or a capture's folder: unpack it$/,
    );
  });
});

describe('a folder', () => {
  it('without a trace is refused', () => {
    const folder = tempDir();
    writeFiles(folder, { 'ops.log': 'x' });
    expect(complaint(folder)).toBe(
      `${folder}: holds no trace; expected trace.txt.gz or trace.txt in a capture's folder`,
    );
  });

  it('without snapshots is refused, and what is missing is named', () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'trace.txt.gz'), readFileSync(join(CAPTURE, 'trace.txt.gz')));
    expect(complaint(folder)).toMatch(
      /trace\.txt\.gz: expected a snapshot of its machine: --root SNAPSHOT, or a capture's folder$/,
    );
  });
});

describe('a snapshot', () => {
  const trace = join(CAPTURE, 'trace.txt.gz');

  it('is needed', () => {
    expect(complaint(trace)).toMatch(/: expected a snapshot of its machine: --root SNAPSHOT/);
  });

  it('of a machine with other CPUs is refused', () => {
    expect(complaint(trace, machineFolder(join(tempDir(), 'two')))).toMatch(
      /^two: does not belong to .*trace\.txt\.gz: it has CPUs 0-1, the trace has events of CPU 3$/,
    );
  });

  it('of another kernel than the others is refused', () => {
    expect(complaint(trace, LAST, MIDDLE.after)).toMatch(
      /^after: does not belong to .*: its kernel is 6\.1\.192-irqlab, that of 11-final is 6\.1\.0-56-amd64$/,
    );
  });

  it('with other interrupts is refused', () => {
    const lines = traceLines();
    // As if the trace were of a machine whose devices had never come.
    const quiet = lines
      .slice(0, lineWith(lines, 'snap 01-earlyboot'))
      .filter((line) => !/irq=(?:2[4-9]|[3-9]\d)\b/.test(line));
    expect(complaint(traceFile([...quiet, '']), LAST)).toMatch(
      /^11-final: does not belong to .*: it has interrupt \d+, which/,
    );
  });

  it('with fewer CPUs online than the trace begins with is refused', () => {
    const lines = traceLines();
    const at = lineWith(lines, 'snap 02-probed');
    const running = [...lines.slice(at + 1).filter((line) => !line.includes(': LAB ')), ''];
    expect(complaint(traceFile(running), snapshot('07-off3'))).toMatch(
      /^07-off3: does not belong to .*: it has 1 CPUs online, the trace begins with 4$/,
    );
  });

  it('that is none is refused', () => {
    expect(complaint(trace, traceFile('x'))).toMatch(/trace\.txt: not recognized: /);
    expect(complaint(trace, '--root', '/no/such/root')).toBe(
      '/no/such/root: cannot be read: no such file or directory',
    );
  });

  it('cannot be the state before a boot', () => {
    const unmarked = traceLines().filter((line) => !line.includes('mark snap'));
    expect(complaint(traceFile(unmarked), ...SNAPSHOTS)).toMatch(
      /: begins at boot and has no mark that names a snapshot: /,
    );
  });
});

describe('--kernel', () => {
  it('whose rules do not fit the trace is refused by its own name', () => {
    expect(complaint(CAPTURE, '--kernel', '6.12')).toMatch(
      /^the rules of 6\.12 do not fit .*trace\.txt\.gz: 200 vectors free on the first CPU, the trace shows 201$/,
    );
  });

  it('that is none is refused', () => {
    expect(complaint(CAPTURE, '--kernel', 'x')).toContain('"x"');
  });
});

describe('--ops', () => {
  it('that is no log of writes is refused at its line', () => {
    expect(complaint(CAPTURE, '--ops', traceFile('once\n', 'ops'))).toMatch(
      /ops:1:1: expected "SECONDS LAB op write PATH VALUE"/,
    );
    expect(complaint(CAPTURE, '--ops', traceFile('', 'ops'))).toMatch(/ops: is empty$/);
    expect(complaint(CAPTURE, '--ops', '/no/such/ops')).toBe(
      '/no/such/ops: cannot be read: no such file or directory',
    );
  });

  it('cannot be placed by a counter’s clock without marks', () => {
    const unmarked = traceLines().filter((line) => !/LAB (?:op|res) /.test(line));
    expect(complaint(traceFile(unmarked), ...SNAPSHOTS, '--ops', join(CAPTURE, 'ops.log'))).toMatch(
      /: has neither LAB marks nor time stamps in seconds: the writes of --ops cannot be placed in it$/,
    );
  });
});

describe.skipIf(sharedPath('captures') === undefined)(
  'a snapshot of another capture (needs ../shared)',
  () => {
    it.each([
      ['numa16ir-6.1', '04-io', /it has CPUs 0-15, |it has no interrupt|it has interrupt/],
      ['small-6.12', '11-final', /has 200 vectors free on the first CPU, the trace shows 201/],
    ])('%s is refused', (name, snap, why) => {
      const foreign = sharedPath(`captures/${name}/snap/${snap}.tar.gz`) ?? '';
      expect(complaint(join(CAPTURE, 'trace.txt.gz'), foreign)).toMatch(why);
    });
  },
);
