import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFtrace, type TraceRecord, traceFields } from './ftrace.ts';
import { EVENT_KEYS } from './ftrace-fields.ts';

const root = new URL('../../', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(`test/fixtures/parse/${name}`, root), 'utf8');

function record(event: string, text: string): TraceRecord {
  for (const found of parseFtrace(
    `             lab-1       [000] .....    7: ${event}: ${text}\n`,
    'trace',
  )) {
    if (found.kind === 'event') return found;
  }
  throw new Error('no event');
}

const fields = (event: string, text: string): unknown => Object.fromEntries(traceFields(record(event, text)));

describe('traceFields', () => {
  it('reads decimal, negative and hexadecimal values, and drops the comma behind one', () => {
    expect(fields('irq_matrix_online', 'online_maps=1 global_avl=201, global_rsvd=0, total_alloc=0')).toEqual(
      {
        online_maps: 1,
        global_avl: 201,
        global_rsvd: 0,
        total_alloc: 0,
      },
    );
    expect(fields('vector_alloc', 'irq=3 vector=0 reserved=1 ret=-28')).toMatchObject({ ret: -28 });
    expect(fields('vector_config', 'irq=1 vector=239 cpu=0 apicdest=0x00000aFF')).toMatchObject({
      apicdest: 0xaff,
    });
    expect(fields('vector_reserve', 'irq=4294967295 ret=-2147483648')).toEqual({
      irq: 4294967295,
      ret: -2147483648,
    });
  });

  it('reads the pairs of a kprobe, and leaves out words and what is no exact number', () => {
    expect(fields('k_alloc', '(assign_vector_locked+0x85/0x160 <- irq_matrix_alloc) ret=43')).toEqual({
      ret: 43,
    });
    expect(fields('k_free', '(irq_matrix_free+0x4/0x140) cpu=0 bit=33 managed=0')).toEqual({
      cpu: 0,
      bit: 33,
      managed: 0,
    });
    expect(fields('k_force', '(irq_force_complete_move+0x4/0x40)')).toEqual({});
    expect(fields('x', 'a= b=c d=1e =5 f=-0 g=0x h=99999999999999999999 i=1=2 j=7,, k')).toEqual({ f: 0 });
  });

  it('takes keys that a later kernel adds', () => {
    expect(fields('vector_reserve', 'irq=1 ret=0 new=5')).toEqual({ irq: 1, ret: 0, new: 5 });
    expect(fields('vector_later', 'a=1')).toEqual({ a: 1 });
  });

  it('refuses an event that lacks a key, has one twice, or shows no 32-bit number for it', () => {
    const place = 'trace:1:60: expected';
    expect(() => fields('vector_reserve', 'irq=1')).toThrow(
      'trace:1:65: expected "ret=" and a number, as in every vector_reserve, found ""',
    );
    expect(() => fields('vector_reserve', 'irq=x ret=0')).toThrow(
      `${place} "irq=" and a 32-bit number, found "irq=x`,
    );
    expect(() => fields('vector_reserve', 'irq= ret=0')).toThrow(`${place} "irq=" and a 32-bit number`);
    expect(() => fields('vector_reserve', 'irq=4294967296 ret=0')).toThrow(`${place} "irq=" and a 32-bit`);
    expect(() => fields('vector_reserve', 'irq=1 irq=1 ret=0')).toThrow('trace:1:66: expected "irq=" once');
  });

  it('finds every key of every known event, and misses each one that is not there', () => {
    for (const [event, keys] of EVENT_KEYS) {
      const values = keys.map((key, index) => `${key}=${index}`);
      expect(fields(event, values.join(' '))).toEqual(
        Object.fromEntries(keys.map((key, index) => [key, index])),
      );
      for (const [index, key] of keys.entries()) {
        expect(() => fields(event, values.toSpliced(index, 1).join(' '))).toThrow(`expected "${key}="`);
      }
    }
  });

  it('takes every event of the samples', () => {
    for (const name of ['trace-5.10', 'trace-7.2', 'trace-pipe', 'trace-cmd-report']) {
      for (const found of parseFtrace(fixture(name), name)) {
        if (found.kind === 'event' && EVENT_KEYS.has(found.event)) {
          expect([...traceFields(found).keys()]).toEqual(EVENT_KEYS.get(found.event));
        }
      }
    }
  });

  it('gives back any values', () => {
    const VALUE = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });
    const pairs = fc.dictionary(fc.stringMatching(/^[a-z]\w{0,9}$/), VALUE, { noNullPrototype: true });
    fc.assert(
      fc.property(pairs, (some) => {
        const text = Object.entries(some).map(([key, value]) => `${key}=${value}`);
        expect(fields('any', text.join(' '))).toEqual(some);
      }),
    );
  });
});
