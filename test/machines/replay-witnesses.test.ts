/**
 * What stands beside the trace is judged too: one lie in a snapshot, in what a write is said to have answered, or in the
 * kernel's log must be found, but for what is listed here with its reason.
 */
import { describe, expect, it } from 'vitest';
import { openRecording, type Recording } from '../../src/host/open-recording.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { type ReplayInput, replay } from '../../src/replay/replay.ts';
import { changedTree } from './changed-tree.ts';
import { CAPTURES, capturePath, replayInputOf } from './recording.ts';
import { seeded } from './trace-mutations.ts';

/** The cascade of the PICs: nothing of it is on the vector domain. */
const CASCADE = '2';
const DUMP = 'sys/kernel/debug/irq/domains/VECTOR';

/** Lines of debugfs whose change may go unnoticed. */
const CANNOT_BE_NOTICED: Readonly<Record<string, readonly string[]>> = {
  'an input of the model': ['node'],
  'a leftover where there is no vector': ['Target'],
  'an arrival may apply a pending mask without moving anything: that leaves no event': [
    'affinity',
    'IRQD_SETAFFINITY_PENDING',
  ],
  'a property of the chip': [
    'IRQD_SINGLE_TARGET',
    'IRQD_AFFINITY_ON_ACTIVATE',
    'IRQD_HANDLE_ENFORCE_IRQCTX',
    'IRQD_LEVEL',
  ],
};

interface Lie {
  readonly kind: string;
  readonly what: string;
  readonly change: (path: string, text: string) => string;
}

function load(name: string): { recording: Recording; input: ReturnType<typeof replayInputOf> } {
  const recording = openRecording(capturePath(name));
  return { recording, input: replayInputOf(recording) };
}

function agrees(input: ReplayInput): boolean {
  return replay(input).tally.divergenceCount === 0;
}

/** What is refused as no such file, or as another machine's, is not believed either. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(?:ParseError|ReplayInputError)$/.test(error.name);
}

/** True where the capture with that snapshot changed still agrees. */
function believes({ recording, input }: ReturnType<typeof load>, snap: string, lie: Lie): boolean {
  const tree = recording.snapshots.find(({ name }) => name === snap)?.tree;
  if (tree === undefined) throw new Error(`no snapshot ${snap}`);
  try {
    const changed = { name: snap, observation: observeTree(changedTree(tree, lie.change)) };
    return agrees({
      ...input,
      snapshots: input.snapshots.map((each) => (each.name === snap ? changed : each)),
    });
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

const otherCpu = (list: string): string => (list.trim() === '0' ? '1\n' : '0\n');

/** Another mask, another CPU, requested or not: of one interrupt. */
function irqLies(irq: string): Lie[] {
  const list = (file: string): Lie => ({
    kind: file,
    what: `irq ${irq}`,
    change: (path, text) => (path === `proc/irq/${irq}/${file}_list` ? otherCpu(text) : text),
  });
  const row = new RegExp(`^ *${irq}:.*\n`, 'm');
  return [
    list('smp_affinity'),
    list('effective_affinity'),
    {
      kind: 'actions',
      what: `irq ${irq}`,
      change: (path, text) => {
        if (path === 'proc/interrupts') return text.replace(row, '');
        return path === `sys/kernel/irq/${irq}/actions` ? (text.trim() === '' ? 'eth7\n' : '\n') : text;
      },
    },
  ];
}

/** Each match of `pattern` in a file, replaced. */
function* lineLies(
  file: string,
  text: string,
  pattern: RegExp,
  replacement: (match: RegExpMatchArray) => string,
): Generator<Lie> {
  for (const match of text.matchAll(pattern)) {
    const [found] = match;
    yield {
      kind: match.groups?.key ?? found.trim(),
      what: `${file}: ${found.trim()}`,
      change: (path, whole) =>
        path === file
          ? whole.slice(0, match.index) + replacement(match) + whole.slice((match.index ?? 0) + found.length)
          : whole,
    };
  }
}

const nextNumber = (digits: string | undefined): string => `${Number(digits) + 1}`;

describe.skipIf(CAPTURES === undefined)('a replay with one lie beside the trace (needs ../shared)', () => {
  it.each([
    { name: 'small-6.1', snap: '04-io' },
    { name: 'small-debugfs', snap: '07-off3' },
  ])('finds another mask, CPU or owner of an interrupt in $snap of $name', ({ name, snap }) => {
    const capture = load(name);
    const tree = capture.recording.snapshots.find((each) => each.name === snap)?.tree;
    const irqs = tree?.list('proc/irq').filter((file) => /^\d+$/.test(file) && file !== CASCADE) ?? [];
    expect(irqs.length).toBeGreaterThan(30);
    const believed = irqs
      .flatMap((irq, n) => irqLies(irq).filter((_, kind) => n % 3 === kind))
      .filter((lie) => believes(capture, snap, lie))
      .map(({ kind, what }) => `${what} ${kind}`);
    expect(believed).toEqual([]);
  });

  it('finds other online CPUs and another default affinity', () => {
    const capture = load('small-6.1');
    for (const file of ['proc/irq/default_smp_affinity', 'sys/devices/system/cpu/online']) {
      const change = (path: string, text: string): string => (path === file ? '1\n' : text);
      expect(believes(capture, '04-io', { kind: file, what: '', change }), file).toBe(false);
    }
  });

  it('finds every figure of a debugfs snapshot that is changed', () => {
    const capture = load('small-debugfs');
    const snap = '07-off3';
    const tree = capture.recording.snapshots.find(({ name }) => name === snap)?.tree;
    const dump = tree?.readText(DUMP) ?? '';
    const totals = [
      ...lineLies(DUMP, dump, /^ ?(?<key>\w[\w ]+): +(\d+)$/gm, (m) => m[0].replace(/\d+/, nextNumber)),
    ];
    const rows = [
      ...lineLies(DUMP, dump, /(?<=^ +0(?: +\d+){0,3} +)\d+(?= )/gm, ([found]) => nextNumber(found)),
      ...lineLies(DUMP, dump, /(?<=^ +0.*-)\d+/gm, ([found]) => nextNumber(found)),
    ];
    expect(totals.map(({ kind }) => kind)).toContain('Global available');
    expect(rows.length).toBeGreaterThanOrEqual(5);
    const believed = [...totals, ...rows].filter((lie) => believes(capture, snap, lie));
    // These are the interrupt domain's, not the allocator's.
    expect(believed.map(({ kind }) => kind)).toEqual(['size', 'mapped']);
  });

  it('finds every line of an interrupt in debugfs that is changed, or it is one that nobody could', () => {
    const capture = load('small-debugfs');
    const snap = '07-off3';
    const tree = capture.recording.snapshots.find(({ name }) => name === snap)?.tree;
    const below = seeded(5);
    const byKind = new Map<string, Lie[]>();
    for (const irq of tree?.list('sys/kernel/debug/irq/irqs') ?? []) {
      if (irq === CASCADE) continue;
      const file = `sys/kernel/debug/irq/irqs/${irq}`;
      const text = tree?.readText(file) ?? '';
      const lies = [
        ...lineLies(file, text, /^ *(?<key>affinity|effectiv): +(\S+)$/gm, ([line, , list]) =>
          line.replace(`${list}`, list === '0' ? '1' : '0'),
        ),
        ...lineLies(file, text, /^ *(?<key>Vector|Target|node): +\d+$/gm, ([line]) =>
          line.replace(/\d+/, nextNumber),
        ),
        ...lineLies(file, text, /^ *(?<key>\w+_\w+): +[01]$/gm, ([line]) =>
          line.replace(/[01]$/, (flag) => `${1 - Number(flag)}`),
        ),
        ...lineLies(file, text, /^ +(?<key>IRQD_\w+)\n/gm, () => ''),
      ];
      for (const lie of lies) byKind.set(lie.kind, [...(byKind.get(lie.kind) ?? []), lie]);
    }
    expect([...byKind.keys()]).toEqual(expect.arrayContaining(['Vector', 'is_managed', 'IRQD_ACTIVATED']));
    const allowed = new Set(Object.values(CANNOT_BE_NOTICED).flat());
    for (const [kind, lies] of byKind) {
      if (allowed.has(kind)) continue;
      for (let n = 0; n < 3; n++) {
        const lie = lies[below(lies.length)];
        if (lie !== undefined) expect(believes(capture, snap, lie), `${kind}: ${lie.what}`).toBe(false);
      }
    }
  });

  it.each([
    { name: 'small-6.1', each: 1 },
    { name: 'afferrir-7.2', each: 5 },
  ])('finds a write of $name that is said to have answered otherwise', ({ name, each }) => {
    const { input } = load(name);
    const results = [...input.trace.matchAll(/(?<=LAB res write .* -> )(?:OK|E[A-Z]+)(?=\s*$)/gm)];
    const sample = results.filter((_, n) => n % each === 0);
    expect(sample.length).toBeGreaterThanOrEqual(6);
    for (const { 0: result, index } of sample) {
      const other = result === 'OK' ? 'ENOSPC' : 'OK';
      const trace = input.trace.slice(0, index) + other + input.trace.slice(index + result.length);
      expect(agrees({ ...input, trace }), input.trace.slice(index - 80, index)).toBe(false);
    }
  });

  it.each([
    { name: 'afferr-6.1', lines: 3 },
    { name: 'afferrir-5.10', lines: 10 },
    { name: 'exhaust2ir-6.1', lines: 7 },
  ])('finds a figure, a line and an order of the kernel log of $name that is not so', ({ name, lines }) => {
    const { input } = load(name);
    const log = (input.log ?? '').split('\n');
    const about = log.flatMap((line, at) =>
      /\] (?:Interrupt reservation|IRQ ?\d+:|irq \d+: Aff|IRQ fixup|CPU \d+ has|IRQ \d+ sched)/.test(line)
        ? [at]
        : [],
    );
    expect(about).toHaveLength(lines);
    const told = (changed: readonly string[]): boolean => agrees({ ...input, log: changed.join('\n') });
    for (const [n, at] of about.entries()) {
      const line = log[at] ?? '';
      const figures = [...line.matchAll(/(?<=\] .*)(?<!IRQ )\b\d+/g)];
      const figure = figures[n % Math.max(1, figures.length)];
      // A figure of one line, all of the next.
      if (n % 2 === 0 && figure !== undefined) {
        const { 0: digits, index } = figure;
        const changed = line.slice(0, index) + nextNumber(digits) + line.slice(index + digits.length);
        expect(told(log.with(at, changed)), changed).toBe(false);
      } else expect(told(log.toSpliced(at, 1)), `without ${line}`).toBe(false);
    }
    const [first = 0] = about;
    expect(told(log.toSpliced(first, 0, log[first] ?? '')), 'one line twice').toBe(false);
  });
});
