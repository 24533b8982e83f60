import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LabLine, parseLabLine, parseOpsLog } from './ops-log.ts';
import { ParseError } from './parse-error.ts';

const root = new URL('../../', import.meta.url);
const FIXTURE = readFileSync(new URL('test/fixtures/parse/ops-log', root), 'utf8');
const AFFINITY = '/proc/irq/30/smp_affinity';

describe('parseLabLine', () => {
  it.each<[string, LabLine]>([
    ['LAB mark loadmods ', { kind: 'mark', text: 'loadmods' }],
    ['LAB mark io boot ', { kind: 'mark', text: 'io boot' }],
    ['LAB mark irqbalance a --interval=5 ', { kind: 'mark', text: 'irqbalance a --interval=5' }],
    ['LAB mark snap two words', { kind: 'mark', text: 'snap two words' }],
    ['LAB mark snap 05-off1 ', { kind: 'snap', name: '05-off1' }],
    [`LAB op write ${AFFINITY} f`, { kind: 'op', path: AFFINITY, value: 'f' }],
    [`LAB op write ${AFFINITY} `, { kind: 'op', path: AFFINITY, value: '' }],
    [`LAB op write ${AFFINITY}`, { kind: 'op', path: AFFINITY, value: '' }],
    [`LAB op write ${AFFINITY}  a b `, { kind: 'op', path: AFFINITY, value: ' a b ' }],
    [`LAB res write ${AFFINITY} f -> OK`, { kind: 'res', path: AFFINITY, value: 'f', result: 'OK' }],
    [`LAB res write ${AFFINITY}  -> EINVAL`, { kind: 'res', path: AFFINITY, value: '', result: 'EINVAL' }],
    [`LAB res write ${AFFINITY} -> EINVAL`, { kind: 'res', path: AFFINITY, value: '', result: 'EINVAL' }],
    [
      `LAB res write ${AFFINITY} a -> b -> E2BIG`,
      { kind: 'res', path: AFFINITY, value: 'a -> b', result: 'E2BIG' },
    ],
  ])('reads "%s"', (text, lab) => {
    expect(parseLabLine(text)).toEqual(lab);
  });

  it.each([
    '',
    'LAB',
    'LAB op',
    'LAB op read /x 1',
    'LAB op write x 1',
    'LAB op write ',
    `LAB res write ${AFFINITY} f`,
    `LAB res write ${AFFINITY} f -> `,
    `LAB res write ${AFFINITY} f -> ok`,
    'LAB res write -> OK',
    ' LAB mark x',
    'hello',
    '1.5 LAB mark x',
  ])('leaves "%s" alone', (text) => {
    expect(parseLabLine(text)).toBeUndefined();
  });

  it('gives back any path, value and result', () => {
    const path = fc.stringMatching(/^\/[!-~]{0,40}$/);
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
    fc.assert(
      fc.property(path, value, fc.constantFrom('OK', 'ENOSPC', 'EINVAL'), (to, what, result) => {
        const write = { path: to, value: what };
        expect(parseLabLine(`LAB op write ${to} ${what}`)).toEqual({ kind: 'op', ...write });
        expect(parseLabLine(`LAB res write ${to} ${what} -> ${result}`)).toEqual({
          kind: 'res',
          ...write,
          result,
        });
      }),
    );
  });
});

describe('parseOpsLog', () => {
  it('reads every line, with its time', () => {
    const log = parseOpsLog(FIXTURE, 'ops.log');
    expect(log).toHaveLength(46);
    expect(log[0]).toEqual({ timeS: 3.92521, line: 1, lab: { kind: 'mark', text: 'loadmods' } });
    expect(log.map(({ line }) => line)).toEqual(Array.from({ length: 46 }, (_, index) => index + 1));
    const results = new Set(log.flatMap(({ lab }) => (lab.kind === 'res' ? [lab.result] : [])));
    expect([...results].sort()).toEqual(['EINVAL', 'EIO', 'ENOSPC', 'EOVERFLOW', 'ERANGE', 'OK']);
  });

  it('takes CRLF, blank lines, whole seconds with any fraction, and no newline at the end', () => {
    const log = parseOpsLog(
      '1.5 LAB mark a\r\n\r\n2.000000001 LAB op write /x  1 \r\n3.0 LAB mark b',
      'ops.log',
    );
    expect(log).toEqual([
      { timeS: 1.5, line: 1, lab: { kind: 'mark', text: 'a' } },
      { timeS: 2.000000001, line: 3, lab: { kind: 'op', path: '/x', value: ' 1 ' } },
      { timeS: 3, line: 4, lab: { kind: 'mark', text: 'b' } },
    ]);
  });

  it.each([
    ['', 'ops.log:1:1: expected', '; the file is empty, found ""'],
    ['\n\n', 'ops.log:1:1: expected', '; the file is empty, found ""'],
    [
      '1.5 LAB mark a\nLAB mark b\n',
      'ops.log:2:1: expected "SECONDS LAB op write PATH VALUE"',
      'found "LAB mark b"',
    ],
    ['1 LAB mark a\n', 'ops.log:1:1:', 'found "1 LAB mark a"'],
    ['1.5 LAB op read /x 1\n', 'ops.log:1:5:', 'found "LAB op read /x 1"'],
    ['1.5 LAB res write /proc/irq/3', 'ops.log:1:5:', 'found "LAB res write /proc/irq/3"'],
    ['1.5 \u001b[31m\n', 'ops.log:1:5:', 'found "·[31m"'],
  ])('refuses %j', (text, place, end) => {
    expect(() => parseOpsLog(text, 'ops.log')).toThrow(ParseError);
    expect(() => parseOpsLog(text, 'ops.log')).toThrow(place);
    expect(() => parseOpsLog(text, 'ops.log')).toThrow(end);
  });
});
