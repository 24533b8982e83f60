import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { parseCpuListText, parseCpuMaskText } from '../../src/parse/cpu-text.ts';
import { parseDebugfsIrq } from '../../src/parse/debugfs-irq.ts';
import { parseDebugfsVector } from '../../src/parse/debugfs-vector.ts';
import { parseFtrace, traceFields } from '../../src/parse/ftrace.ts';
import { parseIntegerText, parsePerCpuCount } from '../../src/parse/integer-text.ts';
import { parseKernelConfig } from '../../src/parse/kernel-config.ts';
import { parseLabLine, parseOpsLog } from '../../src/parse/ops-log.ts';
import { ParseError } from '../../src/parse/parse-error.ts';
import { pciAddressOfAction, pciAddressOfChip } from '../../src/parse/pci-address.ts';
import { parseProcCmdline } from '../../src/parse/proc-cmdline.ts';
import { parseProcCpuinfo } from '../../src/parse/proc-cpuinfo.ts';
import { parseProcInterrupts } from '../../src/parse/proc-interrupts.ts';
import { parseProcStat } from '../../src/parse/proc-stat.ts';
import { parseProcUptime } from '../../src/parse/proc-uptime.ts';
import { parseProcVersion, parseVersionSignature } from '../../src/parse/proc-version.ts';
import { parseSysActions, parseSysChipName } from '../../src/parse/sys-kernel-irq.ts';
import { parseMsiMode } from '../../src/parse/sys-msi-irqs.ts';
import { decodeUtf8, encodeUtf8 } from '../../src/parse/utf8.ts';
import { MemoryTree } from '../memory-tree.ts';

const FILE = 'fuzz';
const SEED = 20261122;

/** Inputs of each kind for a parser; the big ones get more. */
const FEW = 1_500;
const MANY = 6_000;

interface Subject {
  readonly name: string;
  readonly parse: (text: string) => unknown;
  readonly samples: readonly string[];
  readonly runs: number;
}

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/parse/${name}`, import.meta.url), 'utf8');
const INTERRUPTS = ['interrupts-6.1-holes', 'interrupts-7.2', 'interrupts-glued', 'interrupts-arm64'].map(
  fixture,
);
const BANNER =
  'Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP Debian 6.1.192-2 (2026-11-16)\n';

const SUBJECTS: readonly Subject[] = [
  subject('proc/interrupts as text', parseProcInterrupts, INTERRUPTS, MANY),
  subject('proc/interrupts as bytes', (text) => parseProcInterrupts(encodeUtf8(text)), INTERRUPTS, MANY),
  subject('domains/VECTOR', parseDebugfsVector, [fixture('vector-mac'), fixture('vector-old')], MANY),
  subject(
    'irqs/N',
    (text) => parseDebugfsIrq(text, FILE),
    [fixture('irq-managed'), fixture('irq-pic')],
    MANY,
  ),
  subject('CPU list', (text) => parseCpuListText(text, FILE), ['0-3,8\n', '0,2,4-95,8191\n'], FEW),
  subject('CPU mask', (text) => parseCpuMaskText(text, FILE), ['ff\n', '00000001,ffffffff,0000000f\n'], FEW),
  subject('integer', (text) => parseIntegerText(text, FILE), ['-1\n', '201851013\n'], FEW),
  subject('per_cpu_count', (text) => parsePerCpuCount(text, FILE), ['0,12,4294967295,0\n'], FEW),
  subject(
    'proc/cmdline',
    (text) => parseProcCmdline(text, 16),
    ['ro isolcpus=managed_irq,1-2,4-N irqaffinity=0-3:1/2 a="b c" -- x\n'],
    FEW,
  ),
  subject('proc/version', parseProcVersion, [BANNER], FEW),
  subject('proc/version_signature', parseVersionSignature, ['Ubuntu 5.15.0-91.101-generic 5.15.131\n'], FEW),
  subject(
    'proc/stat',
    parseProcStat,
    ['cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu1 1 2 3 4\nintr 5 1 2\n'],
    FEW,
  ),
  subject('proc/uptime', parseProcUptime, ['1340.85 2374.68\n'], FEW),
  subject(
    'proc/cpuinfo',
    parseProcCpuinfo,
    ['processor\t: 0\nflags\t\t: fpu vme fred\n\nprocessor\t: 1\n'],
    FEW,
  ),
  subject(
    'kernel config',
    (text) => parseKernelConfig(text, FILE),
    ['#\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C="x"\n'],
    FEW,
  ),
  subject('msi_irqs/N', (text) => parseMsiMode(text, FILE), ['msi\n', 'msix\n'], FEW),
  subject(
    'sysfs words',
    (text) => [parseSysActions(text), parseSysChipName(text)],
    ['a,b\n', 'IR-PCI-MSI\n'],
    FEW,
  ),
  subject(
    'PCI addresses',
    (text) => [pciAddressOfAction(text), pciAddressOfChip(text)],
    ['ahci[0000:00:1f.2]', 'PCI-MSIX-0000:01:00.0'],
    FEW,
  ),
  subject(
    'ftrace text',
    readTrace,
    ['trace-pipe', 'trace-5.10', 'trace-7.2', 'trace-cmd-report'].map(fixture),
    MANY,
  ),
  subject('ops.log', (text) => parseOpsLog(text, FILE), [fixture('ops-log')], MANY),
  subject('LAB line', parseLabLine, fixture('ops-log').replace(/^\S+ /gm, '').trimEnd().split('\n'), FEW),
];

/** All that is read of a trace: its records, and the fields of each event. */
function readTrace(text: string): void {
  for (const record of parseFtrace(text, FILE)) {
    if (record.kind === 'event') traceFields(record);
  }
}

/** The parser's first argument only: the second is the file's name. */
function subject(
  name: string,
  parse: (text: string) => unknown,
  samples: readonly string[],
  runs: number,
): Subject {
  return { name, parse: (text) => parse(text), samples, runs };
}

/** Runs a parser; anything but a ParseError with a place in the input is a bug. */
function survives({ parse }: Subject, text: string): void {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { line, column, expected } = error.fault;
    expect(expected).not.toBe('');
    if (!(line >= 1 && line <= text.split('\n').length && column >= 1)) {
      throw new Error(`${error.message}: no place of the input`);
    }
  }
}

interface Mutation {
  readonly kind: 'cut' | 'swap lines' | 'flip' | 'blow up' | 'repeat line' | 'delete' | 'insert';
  /** Where, as a fraction of the text. */
  readonly at: number;
  readonly by: number;
  readonly piece: string;
}

const PIECES = [
  '-',
  ',',
  ' ',
  '  ',
  ':',
  '\n',
  '\r',
  '\t',
  '|',
  '...',
  '0x',
  '4294967296',
  '99999999999999999999',
  '-1',
  'CPU',
  '\0',
  'é',
  '\ud800',
];

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('cut', 'swap lines', 'flip', 'blow up', 'repeat line', 'delete', 'insert'),
  at: fc.double({ min: 0, max: 0.999999, noNaN: true }),
  by: fc.nat(255),
  piece: fc.constantFrom(...PIECES),
});

function mutate(text: string, { kind, at, by, piece }: Mutation): string {
  const place = Math.floor(at * text.length);
  const lines = text.split('\n');
  const line = Math.floor(at * lines.length);
  const other = by % lines.length;
  switch (kind) {
    case 'cut':
      return text.slice(0, place);
    case 'delete':
      return text.slice(0, place) + text.slice(place + 1 + (by % 9));
    case 'insert':
      return text.slice(0, place) + piece.repeat(1 + (by % 4)) + text.slice(place);
    case 'flip':
      return text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ by) + text.slice(place + 1);
    case 'blow up':
      return (
        text.slice(0, place) + text.slice(place).replace(/\d+/, (digits) => digits.repeat(1 + (by % 40)))
      );
    case 'repeat line':
      return lines.toSpliced(line, 0, lines[other] ?? '').join('\n');
    case 'swap lines':
      return lines
        .with(line, lines[other] ?? '')
        .with(other, lines[line] ?? '')
        .join('\n');
  }
}

const KERNEL_LIKE = fc.string({
  unit: fc.constantFrom(...'0123456789-,: \n\t|CPUabcx.=_"#[]/'),
  maxLength: 120,
});

describe('no parser throws anything but a ParseError', () => {
  it.each(SUBJECTS)('$name, random bytes', (one) => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((some) => decodeUtf8(some));
    fc.assert(
      fc.property(bytes, (text) => survives(one, text)),
      { numRuns: one.runs / 2, seed: SEED },
    );
  });

  it.each(SUBJECTS)('$name, random text', (one) => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), KERNEL_LIKE);
    fc.assert(
      fc.property(text, (some) => survives(one, some)),
      { numRuns: one.runs, seed: SEED },
    );
  });

  it.each(SUBJECTS)('$name, real samples that were mutated', (one) => {
    const mutated = fc
      .tuple(fc.constantFrom(...one.samples), fc.array(mutation, { minLength: 1, maxLength: 5 }))
      .map(([sample, mutations]) => mutations.reduce(mutate, sample));
    fc.assert(
      fc.property(mutated, (text) => survives(one, text)),
      { numRuns: one.runs * 1.5, seed: SEED },
    );
  });

  it('over 100,000 inputs in all', () => {
    const inputs = SUBJECTS.reduce((sum, { runs }) => sum + runs * 3, 0);
    expect(inputs).toBeGreaterThanOrEqual(100_000);
  });
});

describe('observeTree throws nothing but a ParseError', () => {
  const files: Readonly<Record<string, string>> = {
    'proc/interrupts': INTERRUPTS[0] ?? '',
    'proc/version': BANNER,
    'proc/cmdline': 'isolcpus=1\n',
    'proc/irq/26/smp_affinity_list': '0-5\n',
    'proc/irq/26/affinity_hint': '10\n',
    'proc/irq/27/smp_affinity': '14\n',
    'proc/irq/27/node': '1\n',
    'sys/devices/system/cpu/possible': '0-5\n',
    'sys/devices/system/node/node0/cpulist': '0-2\n',
    'sys/kernel/irq/40/actions': 'late,later\n',
    'sys/kernel/irq/40/hwirq': '2097153\n',
    'sys/kernel/irq/40/chip_name': 'PCI-MSI\n',
    'sys/kernel/irq/40/per_cpu_count': '1,0,0,0,0,7\n',
    'sys/bus/pci/devices/0000:00:1f.2/msi_irqs/26': 'msi\n',
    'sys/bus/pci/devices/0000:00:1f.2/numa_node': '0\n',
    'sys/kernel/debug/irq/irqs/30': fixture('irq-managed'),
    'boot/config-6.1.0-56-amd64': 'CONFIG_IA32_EMULATION=y\n',
  };

  it('when any of its files was mutated', () => {
    const machine = fc.tuple(
      fc.constantFrom(...Object.keys(files)),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
    );
    fc.assert(
      fc.property(machine, ([path, mutations]) => {
        const changed = mutations.reduce(mutate, files[path] ?? '');
        const tree = new MemoryTree('fuzz', {
          files: new Map(Object.entries({ ...files, [path]: changed })),
        });
        try {
          observeTree(tree);
        } catch (error) {
          if (!(error instanceof ParseError)) throw error;
        }
      }),
      { numRuns: 5_000, seed: SEED },
    );
  });
});

describe('no parser blows up on long input', () => {
  const LENGTH = 1_000_000;
  const UNITS = [
    ' ',
    '9',
    '1 ',
    '0,',
    '0-8191,',
    '- ',
    '-',
    ':',
    'a:',
    'a',
    'a ',
    '\n',
    '\t ',
    '|',
    '"',
    '=',
    '0 ',
    '...',
    '0000:',
  ];

  it.each(SUBJECTS)('$name', (one) => {
    for (const unit of UNITS) {
      const long = unit.repeat(LENGTH / unit.length);
      const sample = one.samples[0] ?? '';
      const middle = sample.length >> 1;
      const inputs = [
        long,
        `${long}x`,
        `${sample.trimEnd()}${long}x`,
        `${sample.slice(0, middle)}${long}${sample.slice(middle)}`,
      ];
      for (const text of inputs) survives(one, text);
    }
  });
});
