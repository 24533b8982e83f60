import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '../../test/shared.ts';
import { interruptsSample } from '../../tools/bench/proc-interrupts.ts';
import { ParseError } from './parse-error.ts';
import { type ProcInterrupts, parseProcInterrupts } from './proc-interrupts.ts';
import { encodeUtf8 } from './utf8.ts';

const root = new URL('../../', import.meta.url);
const samples = sharedPath('cases/interrupts');
const fixture = (name: string): string => readFileSync(new URL(`test/fixtures/parse/${name}`, root), 'utf8');
const row = (parsed: ProcInterrupts, irq: number) => parsed.rows.find((some) => some.irq === irq);
const arch = (parsed: ProcInterrupts, label: string) => parsed.arch.find((some) => some.label === label);

/** The slow and obvious way, to compare with: numbers at blanks, no more than the header has. */
function naiveCounts(text: string): number[][] {
  const [header = '', ...lines] = text.split('\n');
  const columns = header.trim().split(/\s+/).length;
  return lines
    .filter((line) => /^ *\d+:/.test(line))
    .map((line) =>
      line
        .slice(line.indexOf(':') + 1)
        .trim()
        .split(/\s+/)
        .slice(0, columns)
        .map(Number),
    );
}

describe('parseProcInterrupts', () => {
  it('takes CPU numbers from the header, which lists online CPUs only', () => {
    const parsed = parseProcInterrupts(fixture('interrupts-6.1-holes'));
    expect(parsed.cpus).toEqual([0, 2, 4, 5]);
    expect([...(row(parsed, 16)?.counts ?? [])]).toEqual([12, 4294967295, 0, 7]);
    expect(row(parsed, 16)?.actions).toEqual(['ehci_hcd:usb1', 'i801_smbus', 'snd,hda']);
    expect(row(parsed, 27)).toMatchObject({ chip: 'IR-PCI-MSI', hwirq: 201851013, flow: 'edge' });
    expect(row(parsed, 28)?.actions).toEqual(['']);
    expect(row(parsed, 29)?.actions).toEqual([]);
    expect(row(parsed, 32)).toMatchObject({ chip: 'cs40l26 IRQ1 Controller', actions: ['GPIO1 rise'] });
    expect([...(arch(parsed, 'LOC')?.counts ?? [])]).toEqual([120, 4, 3, 2]);
    expect([...(arch(parsed, 'ERR')?.counts ?? [])]).toEqual([0]);
    expect(arch(parsed, 'PIN')?.text).toBe('Posted-interrupt notification event');
  });

  it('reads the layout of 7.2: wide numbers, chip on the left, no ERR and MIS', () => {
    const parsed = parseProcInterrupts(fixture('interrupts-7.2'));
    expect(parsed.rows.map(({ irq, chip, hwirq }) => [irq, chip, hwirq])).toEqual([
      [0, 'IO-APIC', 2],
      [9, 'IO-APIC', 9],
      [24, 'PCI-MSIX-0000:00:01.0', 0],
      [28, 'PCI-MSI-0000:00:1f.2', 0],
      [1007, 'PCI-MSIX-10000:e1:00.0', 14],
    ]);
    expect(row(parsed, 24)?.actions).toEqual(['PCIe PME', 'aerdrv', 'PCIe bwctrl']);
    expect(arch(parsed, 'VPMI')?.text).toBe('Perf Guest Mediated PMI');
    expect(arch(parsed, 'ERR')).toBeUndefined();
  });

  it('reads the glued forms, Xen, and old arm rows with more and fewer numbers than the header', () => {
    const parsed = parseProcInterrupts(fixture('interrupts-glued'));
    const shown = parsed.rows.map(({ irq, chip, flow, actions }) => [irq, chip, flow, actions.join('+')]);
    expect(shown).toEqual([
      [0, 'IO-APIC', 'edge', 'timer'],
      [2, 'XT-PIC', 'XT-PIC', 'cascade'],
      [3, 'IR-IO-APIC', 'edge', ''],
      [16, 'IO-APIC', 'fasteoi', 'ioc0+uhci_hcd:usb3'],
      [52, 'PCI-MSI', 'edge', 'eth0-TxRx-0'],
      [72, 'DMAR_MSI', 'edge', 'dmar0'],
      [74, 'IR-HPET_MSI', 'edge', 'hpet2'],
      [80, 'xen-pirq', 'ioapic-level', 'acpi'],
      [81, 'xen-dyn', 'event', 'blkif'],
      [82, 'xen-percpu', 'virq', 'timer0'],
      [83, undefined, undefined, 'mtk-thermal+spc'],
      [84, 'PCI-MSI', undefined, 'mlx5_async@pci:0002:00:00.0'],
    ]);
    expect(arch(parsed, 'FIQ')).toMatchObject({ text: 'fiq_glue', counts: new Uint32Array(0) });
    expect([...(arch(parsed, 'IPI1')?.counts ?? [])]).toEqual([72, 65, 63, 61]);
  });

  it('reads arm64: a label that touches its number, a trigger column, a last line of blanks', () => {
    const parsed = parseProcInterrupts(fixture('interrupts-arm64'));
    expect(parsed.rows.map(({ chip, hwirq, flow }) => [chip, hwirq, flow])).toEqual([
      ['GICv3', 27, 'Level'],
      ['ARMH0061:00', 3, 'Edge'],
      ['ITS-MSI', 65536, 'Edge'],
      ['GICv2', 33, 'fasteoi'],
    ]);
    expect([...(arch(parsed, 'IPI0')?.counts ?? [])]).toEqual([2768808080, 2844211768]);
  });

  it('reads s390: architecture rows before and behind, and a row with fewer counts than the header', () => {
    const text = '           CPU0       CPU1\nEXT:          1          2\n  3:          4   PCI-MSI  mlx5\n';
    const parsed = parseProcInterrupts(text);
    expect(row(parsed, 3)).toMatchObject({ chip: 'PCI-MSI', actions: ['mlx5'], counts: Uint32Array.of(4) });
  });

  it('reads bytes and text alike, with CR LF too, and names in UTF-8', () => {
    const text = '     CPU0\n  1:    3   IO-APIC   1-edge      größe\n';
    const parsed = parseProcInterrupts(text);
    expect(row(parsed, 1)?.actions).toEqual(['größe']);
    expect(parseProcInterrupts(encodeUtf8(text))).toEqual(parsed);
    expect(parseProcInterrupts(text.replaceAll('\n', '\r\n'))).toEqual(parsed);
    expect(parseProcInterrupts(`\n${text}`.trimEnd())).toEqual(parsed);
    const shifted = encodeUtf8(`xyz${text}`).subarray(3);
    expect(parseProcInterrupts(shifted)).toEqual(parsed);
  });

  it.each(['interrupts-6.1-holes', 'interrupts-7.2', 'interrupts-arm64'])(
    'reads %s out of a mail',
    (name) => {
      const text = fixture(name);
      const quoted = text.replace(/^(?=.)/gm, '> > ');
      const above = 'Hi,\n\nlook: here\n$ cat /proc/interrupts\n';
      const below = '\n-- \nBob\n';
      const parsed = parseProcInterrupts(text);
      for (const mail of [quoted, above + text, above + quoted, above + quoted + below, text + below]) {
        expect(parseProcInterrupts(mail)).toEqual(parsed);
      }
    },
  );

  it('goes on below a blank line when rows follow', () => {
    const parsed = parseProcInterrupts('  CPU0\n\n  1: 5  IO-APIC 1-edge  a\n\nNMI: 7  x\n\n');
    expect([parsed.rows.length, parsed.arch.length]).toEqual([1, 1]);
  });

  it('agrees with the obvious way on a machine of 1,152 CPUs', () => {
    const bytes = interruptsSample(1152, 40);
    const parsed = parseProcInterrupts(bytes);
    const expected = naiveCounts(Buffer.from(bytes).toString());
    expect(parsed.rows.map(({ counts }) => [...counts])).toEqual(expected);
  });

  it.each([
    ['', 1, 1, 'a header of CPU numbers'],
    ['hello\n', 1, 1, 'a header of CPU numbers'],
    ['\n> hello\n> $ ls\n', 2, 3, 'a header of CPU numbers'],
    ['hello\n\n> > CPU0\n> > nonsense\n', 4, 5, 'an interrupt number or a short name'],
    ['  CPU0 CPU0\n', 1, 8, 'ascending order'],
    ['  CPU0 CPUx\n', 1, 8, 'a header of CPU numbers'],
    ['  CPU9000\n', 1, 3, 'CPU numbers below 8192'],
    ['  CPU0\nnonsense\n', 2, 1, 'an interrupt number or a short name'],
    ['  CPU0\n 1: 4294967296  IO-APIC\n', 2, 5, 'a 32-bit count'],
    ['  CPU0\n 5: 1  IO-APIC 1-edge\n 5: 1  IO-APIC 1-edge\n', 3, 2, 'an interrupt number above 5'],
    ['  CPU0\n 5: 1 2  IO-APIC 1-edge  x\n', 2, 7, 'no more than 1 counts'],
    ['  CPU0 CPU1\n 5: 1', 2, 6, 'the file ends in the middle of a row'],
    ['  CPU0\n 99999999999: 1  IO-APIC\n', 2, 2, 'an interrupt number below 2^31'],
  ])('refuses %j at %i:%i', (text, line, column, expected) => {
    const error = caught(() => parseProcInterrupts(text, 'x/interrupts'));
    expect(error.fault).toMatchObject({ file: 'x/interrupts', line, column });
    expect(error.message).toContain(expected);
  });

  it('takes a line of a megabyte and a header of 100,000 columns in its stride', () => {
    const wide = ` ${Array.from({ length: 8192 }, (_, cpu) => `CPU${cpu}`).join(' ')}\n`;
    for (const line of [' '.repeat(1e6), '1 '.repeat(5e5), `IO-APIC ${'1-'.repeat(5e5)}`, '- '.repeat(5e5)]) {
      outcome(`${wide}  1: ${line}x`);
      outcome(`  CPU0\n  1: 7 ${line}x\nNMI: ${line}`);
      outcome(`  CPU0\n${line}`);
    }
    outcome(Array.from({ length: 100_000 }, (_, cpu) => `CPU${cpu}`).join(' '));
    outcome(`CPU0\n1: ${'0 '.repeat(100_000)}`);
  });
});

describe.skipIf(samples === undefined)('parseProcInterrupts on public samples (../shared)', () => {
  const names = samples === undefined ? [] : readdirSync(samples).filter((name) => !name.endsWith('.bz2'));
  it.each(names)('reads %s, every count and a chip or a name for each row', (name) => {
    const text = readFileSync(`${samples}/${name}`, 'utf8');
    const parsed = parseProcInterrupts(text);
    expect(parsed.rows.map(({ counts }) => [...counts])).toEqual(naiveCounts(text));
    for (const { chip, actions } of parsed.rows) expect(chip ?? actions[0]).toMatch(/^\S/);
  });
});

function outcome(text: string): void {
  try {
    parseProcInterrupts(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
}

function caught(run: () => unknown): ParseError {
  try {
    run();
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
