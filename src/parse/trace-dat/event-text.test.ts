import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../utf8.ts';
import { type EventFormat, nameAndId, parseFormat } from './event-format.ts';
import { type EventData, EventText } from './event-text.ts';

const COMMON = [
  '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;',
  '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;',
  '',
];

function format(fields: readonly string[], print: string): EventFormat {
  const lines = fields.map((field) => `\tfield:${field.replaceAll('; ', ';\t')}`);
  return parseFormat([...COMMON, ...lines, '', `print fmt: ${print}`, ''].join('\n'), 'an_event', 7);
}

/** Data whose bytes from 8 on are these; four more stand before it, which are not the event's. */
function data(...bytes: readonly number[]): EventData {
  const all = new Uint8Array([0xff, 0xff, 0xff, 0xff, 7, 0, 0, 0, 1, 0, 0, 0, ...bytes]);
  return { view: new DataView(all.buffer), start: 4, end: all.length };
}

const INT = 'int ret; offset:8; size:4; signed:1;';
const printed = (fields: readonly string[], print: string, ...bytes: readonly number[]): string =>
  new EventText(format(fields, print)).of(data(...bytes));

describe('the format of an event', () => {
  it('gives its fields, and those of all events apart from them', () => {
    const { fields, common, print } = format(
      [
        'unsigned int irq; offset:8; size:4; signed:0;',
        'bool online; offset:12; size:1; signed:0;',
        'const char * why; offset:16; size:8; signed:0;',
        'char comm[16]; offset:24; size:16; signed:0;',
        '__data_loc char[] name; offset:40; size:4; signed:0;',
        'unsigned long args[6]; offset:48; size:48; signed:0;',
        'char buf[]; offset:96; size:0; signed:0;',
      ],
      '"irq=%u", REC->irq',
    );
    expect(common.map(({ name }) => name)).toEqual(['common_type', 'common_pid']);
    expect(fields.map(({ name, kind, offset, size }) => [name, kind, offset, size])).toEqual([
      ['irq', 'number', 8, 4],
      ['online', 'number', 12, 1],
      ['why', 'number', 16, 8],
      ['comm', 'text', 24, 16],
      ['name', 'located text', 40, 4],
      ['args', 'bytes', 48, 48],
      ['buf', 'text', 96, 0],
    ]);
    expect(print).toBe('"irq=%u", REC->irq');
  });

  it('begins with its name and its number', () => {
    expect(nameAndId(encodeUtf8('name: irq_matrix_alloc\nID: 351\nformat:\n'))).toEqual({
      name: 'irq_matrix_alloc',
      id: 351,
    });
    expect(nameAndId(encodeUtf8('ID: 351\nname: x\n'))).toBeUndefined();
    expect(nameAndId(new Uint8Array(0))).toBeUndefined();
  });

  it('is read in time, be a line as long as it wants', () => {
    const long = `\tfield:${'a'.repeat(2_000_000)}`;
    expect(parseFormat(long, 'x', 1).fields).toEqual([]);
    const text = new EventText(format([INT], `"${'\\'.repeat(2_000_000)}`));
    expect(text.of(data(1, 0, 0, 0))).toBe('ret=1');
  });
});

describe('an event’s text', () => {
  it.each<[string, string, readonly number[], string]>([
    ['%d', 'signed', [0xe4, 0xff, 0xff, 0xff], '-28'],
    ['%u', 'unsigned', [0xe4, 0xff, 0xff, 0xff], '4294967268'],
    ['0x%08x', 'hexadecimal, padded', [1, 1, 0, 0], '0x00000101'],
    ['%X', 'hexadecimal in capitals', [0xab, 0, 0, 0], 'AB'],
    ['%4u|', 'padded with blanks', [7, 0, 0, 0], '   7|'],
    ['%lx', 'of 64 bits', [0xff, 0xff, 0xff, 0xff], 'ffffffffffffffff'],
    ['100%% %d', 'a percent sign', [5, 0, 0, 0], '100% 5'],
  ])('shows a number by %s: %s', (conversion, _, bytes, expected) => {
    expect(printed([INT], `"${conversion}", REC->ret`, ...bytes)).toBe(expected);
  });

  it('takes a field by its width and sign', () => {
    const fields = [
      'bool a; offset:8; size:1; signed:0;',
      's8 b; offset:9; size:1; signed:1;',
      's16 c; offset:10; size:2; signed:1;',
      'u64 d; offset:12; size:8; signed:0;',
    ];
    const bytes = [1, 0xff, 0xfe, 0xff, 1, 0, 0, 0, 1, 0, 0, 0];
    expect(printed(fields, '"%d %d %d %llu", REC->a, REC->b, REC->c, REC->d', ...bytes)).toBe(
      '1 -1 -2 4294967297',
    );
  });

  it('has texts in place and elsewhere in the data, up to their 0 byte', () => {
    const place = 'char comm[4]; offset:8; size:4; signed:0;';
    const elsewhere = '__data_loc char[] name; offset:12; size:4; signed:0;';
    const bytes = [0x61, 0x62, 0, 0x63, 16, 0, 3, 0, 0x78, 0x79, 0, 0];
    const print = '"%s/%s", REC->comm, __get_str(name)';
    expect(printed([place, elsewhere], print, ...bytes)).toBe('ab/xy');
    // Beyond the data: nothing, rather than what is there.
    expect(printed([elsewhere], '"<%s>", __get_str(name)', 0, 0, 0, 0, 16, 0, 99, 0)).toBe('<>');
  });

  it('shows the fields by their names where the kernel’s format needs more than them', () => {
    const fields = [
      INT,
      'u32 args[2]; offset:12; size:8; signed:0;',
      'char c[2]; offset:20; size:2; signed:0;',
    ];
    const bytes = [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x68, 0];
    for (const print of [
      '"ret=%s", REC->ret ? "handled" : "unhandled"',
      '"%d %d", REC->ret',
      '"%d", REC->ret, REC->c',
      '"%d", REC->gone',
      '"%s", REC->ret',
      '"%d", REC->c',
      '"%pS", REC->ret',
      'nothing of the sort',
      '',
    ]) {
      expect(printed(fields, print, ...bytes), print).toBe('ret=5 c=h');
    }
  });

  it('says how many bytes its data must have', () => {
    const fields = [INT, 'char buf[]; offset:12; size:0; signed:0;'];
    expect(new EventText(format(fields, '"%d", REC->ret')).length).toBe(12);
    expect(new EventText(format([], '"nothing"')).length).toBe(0);
    // What a stack has room for is not what the kernel writes.
    const stack = 'unsigned long caller[8]; offset:16; size:64; signed:0;';
    expect(new EventText(format([INT, stack], '""')).length).toBe(12);
  });
});
