import { describe, expect, test } from 'vitest';
import { type Ask, askPath, type ChangeKind, problemOf, tidyChange, tidyCpus } from './ask.ts';
import { DEFAULT_VIEW, formatView, parseView } from './view-state.ts';

/** A question of these, written as `add:nvme=4`. */
function asking(...texts: readonly string[]): NonNullable<Ask> {
  const ask = parseView(new URLSearchParams(texts.map((text) => ['do', text])).toString()).ask;
  if (ask === undefined) throw new Error(`nothing is asked by ${texts.join(' ')}`);
  return ask;
}

const inAddress = (ask: Ask): string => formatView({ ...DEFAULT_VIEW, ask });

describe('a question in the address', () => {
  test('has a short form for one list of CPUs, and for suspend', () => {
    expect(inAddress(asking('offline:3,0-1'))).toBe('offline=3,0-1');
    expect(inAddress(asking('suspend'))).toBe('suspend=1');
    expect(parseView('#offline=3,0-1').ask).toEqual(asking('offline:3,0-1'));
    expect(parseView('#suspend=1').ask).toEqual(asking('suspend'));
  });

  test('keeps the order of its changes, and can be read', () => {
    const ask = asking('isolate:2-7', 'add:nvme=4x16@1', 'hibernate');
    expect(inAddress(ask)).toBe('do=isolate:2-7&do=add:nvme=4x16@1&do=hibernate');
    expect(parseView(`#${inAddress(ask)}`).ask).toEqual(ask);
  });

  test('asks how many at most only where devices come', () => {
    expect(parseView('#do=add:nvme=1&max=1').ask).toEqual({ ...asking('add:nvme=1'), max: true });
    expect(inAddress({ ...asking('add:nvme=1'), max: true })).toBe('do=add:nvme=1&max=1');
    expect(parseView('#do=suspend&max=1').ask).toEqual(asking('suspend'));
  });

  test('leaves out what it does not understand', () => {
    expect(parseView('#do=explode:3&do=&do=add:&do=offline').ask).toBeUndefined();
    expect(parseView('#do=constructor:1').ask).toBeUndefined();
    expect(parseView('#do=explode:3&do=suspend').ask).toEqual(asking('suspend'));
  });
});

test('a question is asked of the server as the options of fits are written', () => {
  expect(askPath({ ...asking('isolate:2-7', 'add:nvme=4x16@1'), max: true })).toBe(
    'api/fits?do=isolate%3A2-7&do=add%3Anvme%3D4x16%401&max=true',
  );
});

test('problemOf sees a list that no server has to be asked about', () => {
  expect(problemOf(asking('offline:3,0-1'))).toBeUndefined();
  expect(problemOf(asking('suspend', 'online:3,1-0'))).toContain('“1-0”');
  expect(problemOf(asking('add:x'))).toBeUndefined();
  expect(problemOf(undefined)).toBeUndefined();
});

test.each<[ChangeKind, string, string | undefined]>([
  ['add', ' nvme=4 x16 ', 'nvme=4x16'],
  ['isolate', '2 3', '2,3'],
  ['suspend', 'whatever', ''],
  ['remove', '  ', undefined],
])('%s is tidied: “%s” is “%s”', (kind, typed, value) => {
  expect(tidyChange(kind, typed)?.value).toBe(value);
});

test.each([
  ['1 2', '1,2'],
  [' 3, 0-1\t4 ', '3,0-1,4'],
  ['1 , 2', '1,2'],
  ['1,,2', '1,,2'],
  ['0 - 3', '0,-,3'],
  ['  ', ''],
])('white space separates CPUs and never joins them: “%s” is “%s”', (typed, cpus) => {
  expect(tidyCpus(typed)).toBe(cpus);
  const ask = cpus === '' ? undefined : { changes: [{ kind: 'offline', value: cpus }], max: false };
  expect(parseView(`#offline=${encodeURIComponent(typed)}`).ask).toEqual(ask);
});
