import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { exactly, range } from '../base/range.ts';
import { type Fits, fits as fitsSchema } from '../format/fits.ts';
import { type FitsChange, fitsOf } from './fits.ts';

const offline = (...cpus: number[]): FitsChange => ({ kind: 'offline', cpus });
const ask = (drawing: string, ...changes: FitsChange[]): Fits => {
  const answer = fitsOf(drawMachine(drawing), changes);
  expect(fitsSchema.parse(answer)).toEqual(answer);
  return answer;
};
/** `1:true 2:false` */
const verdicts = (answer: Fits): string => answer.steps.map(({ cpu, fits }) => `${cpu}:${fits}`).join(' ');

/** 8 regular vectors on each of four CPUs; CPU 0 has room for 20. */
const FOUR = `
  cpu  capacity  other
    0        20      8
    1        20      8
    2        20      8
    3        20      8
`;

describe('fitsOf', () => {
  it('takes CPUs off in the given order, each step on what the last left', () => {
    const answer = ask(FOUR, offline(3, 1, 2));
    expect(verdicts(answer)).toBe('3:true 1:true 2:false');
    expect(answer.fits).toBe(false);
    expect(answer.steps.map(({ needed, available }) => [needed.min, available.min])).toEqual([
      [8, 36],
      // CPU 3's went 0 1 2 0 1 2 0 1; then CPU 1's 11 go where most is left.
      [11, 19],
      [16, 4],
    ]);
    expect(answer.steps[2]?.message).toBe('CPU 2 has 16 vectors, 4 available. Cannot disable CPU');
  });

  it('a refused CPU stays, and the next is tried', () => {
    const drawing = 'cpu capacity other\n0 10 6\n1 20 14\n2 10 2';
    // CPU 1's 14 do not fit 4 + 8; CPU 2's 2 fit 4 + 6.
    expect(verdicts(ask(drawing, offline(1, 2)))).toBe('1:false 2:true');
  });

  it('a suspend stops at the first refusal, in the kernel’s order', () => {
    expect(verdicts(ask(`kernel 6.1 ${FOUR}`, { kind: 'suspend' }))).toBe('1:true 2:true 3:false');
    const newer = ask(`kernel 6.12 ${FOUR}`, { kind: 'hibernate' });
    expect(verdicts(newer)).toBe('3:true 2:true 1:false');
    expect(newer.steps.map(({ change }) => change)).toEqual(['hibernate', 'hibernate', 'hibernate']);
    const full = 'cpu capacity other\n0 10 9\n1 10 9\n2 10 9\n3 10 9';
    expect(verdicts(ask(full, { kind: 'suspend' }))).toBe('1:false');
  });

  it('says what must fit on the one CPU that stays, for a suspend only', () => {
    expect(ask(FOUR, { kind: 'suspend' }).onePrimary).toEqual({
      cpu: 0,
      needed: exactly(32),
      room: exactly(20),
    });
    expect(ask(FOUR, offline(1)).onePrimary).toBeUndefined();
  });

  it('after a suspend, or its refusal, the CPUs are back: where they moved to, interrupts stay', () => {
    const drawing = 'cpu capacity other\n0 20 2\n1 20 2\n2 20 2';
    const answer = ask(drawing, { kind: 'suspend' }, offline(2));
    expect(verdicts(answer)).toBe('1:true 2:true 2:true');
    expect(answer.steps[2]).toMatchObject({ needed: exactly(0), available: exactly(14 + 20) });
    const refused = ask(FOUR, { kind: 'suspend' }, offline(1));
    // 1 and 2 went and came back empty; 32 vectors sit on CPUs 0 and 3.
    expect(refused.steps.at(-1)).toMatchObject({ cpu: 1, fits: true, needed: exactly(0) });
  });

  it('several changes combine, in order', () => {
    const answer = ask(FOUR, offline(3), { kind: 'hibernate' });
    expect(verdicts(answer)).toBe('3:true 1:true 2:false');
    expect(answer.steps.map(({ change }) => change)).toEqual(['offline', 'hibernate', 'hibernate']);
  });

  it('bounds that straddle leave it open, and the figures are named', () => {
    const drawing = `
      cpu  capacity  other
        0        10      9
        1        10      0
        2        11     10
      30 on 1 mask 0-1
      31 on 2 mask 2 old? 0
    `;
    const answer = ask(drawing, offline(1));
    expect([answer.fits, answer.certainty, answer.steps[0]?.message]).toEqual([null, 'bounded', undefined]);
    expect(answer.doubts[0]).toBe(
      'undecided at CPU 1: 1 vectors have to move, 0..1 are available on the others',
    );
  });

  it('after an open step both futures are followed: what is true in both is said', () => {
    const drawing = `
      cpu  capacity  other
        0        10      9
        1        10      0
        2        50     50
      30 on 1 mask 1 managed?
      31 on 1 mask 0-1
    `;
    const answer = ask(drawing, offline(1, 2));
    // CPU 1 goes or stays: 50 and more fit neither what CPU 0 has then, nor what both have.
    expect(verdicts(answer)).toBe('1:null 2:false');
    expect(answer.steps[1]?.available).toEqual(range(0, 9));
    expect([answer.fits, answer.steps[1]?.message]).toEqual([false, undefined]);
  });

  it('one that cannot be decided keeps the whole answer open', () => {
    const open = 'cpu capacity other\n0 10 9\n1 10 0\n30 on 1 mask 1 managed?\n31 on 1 mask 0-1';
    expect(ask(open, offline(1)).fits).toBeNull();
  });

  it('a suspend after an open step takes down what may still be online', () => {
    const drawing = `
      cpu  capacity  other
        0        10      6
        1        10      0
      30 on 1 mask 1 managed?
      31 on 1 mask 0-1
      32 on 1 mask 0-1
      33 on 1 mask 0-1
      34 on 1 mask 0-1
    `;
    const answer = ask(drawing, offline(1), { kind: 'suspend' });
    expect(answer.steps.map(({ change, cpu, fits }) => [change, cpu, fits])).toEqual([
      ['offline', 1, null],
      ['suspend', 1, null],
    ]);
  });

  it('after an open suspend nothing is known', () => {
    const drawing = `
      cpu  capacity  other
        0        10      9
        1         2      0
        2         5      5
      30 on 1 mask 1 managed?
      31 on 1 mask 0-1
    `;
    const answer = ask(drawing, { kind: 'suspend' }, offline(2));
    // By itself CPU 2 would be refused: 5 do not fit 3.
    expect(verdicts(ask(drawing, offline(2)))).toBe('2:false');
    expect(verdicts(answer)).toBe('1:null 2:null');
    expect(answer.steps.at(-1)?.message).toBeUndefined();
  });

  it('more open steps than can be followed are open, not guessed', () => {
    const cpus = Array.from({ length: 8 }, (_, cpu) => `${cpu} 10 ${cpu === 0 ? 10 : 9}`).join('\n');
    const irqs = Array.from({ length: 7 }, (_, n) => `${30 + n} on ${n + 1} mask ${n + 1} managed?`).join(
      '\n',
    );
    const answer = ask(`cpu capacity other\n${cpus}\n${irqs}`, offline(1, 2, 3, 4, 5, 6, 7));
    expect(answer.steps).toHaveLength(7);
    expect(answer.fits).not.toBe(true);
  });

  it('a message is given where its figures are known, though the rest is not', () => {
    const answer = ask('cpu capacity other\n0 10 10\n1 10 3\n2 10 off\n30 on 0 mask 0 managed?', offline(1));
    expect(answer.certainty).toBe('bounded');
    expect(answer.steps[0]).toMatchObject({ fits: false, needed: exactly(3), available: exactly(0) });
    expect(answer.steps[0]?.message).toBe('CPU 1 has 3 vectors, 0 available. Cannot disable CPU');
  });

  it('one perhaps old vector blurs the figures of later steps by one, not more', () => {
    const answer = ask(`${FOUR}\n30 on 0 old? 1`, offline(3, 2));
    expect(answer.steps[1]?.needed).toEqual(range(10, 12));
    expect(answer.fits).toBe(true);
  });

  it('moves of vectors without a name have no interrupt', () => {
    expect(ask('cpu other\n0 0\n1 1', offline(1)).steps[0]?.moves).toEqual([{ irq: null, from: 1, to: 0 }]);
  });
});

describe('fitsOf refuses', () => {
  it.each([
    [[offline(0)], '--offline: CPU 0 cannot go offline on x86'],
    [[offline(9)], '--offline: there is no CPU 9 here (CPUs 0-3)'],
    [[offline(3)], '--offline: CPU 3 is offline already'],
    [[offline(1, 1)], '--offline: CPU 1 is listed twice'],
    [[offline(1), offline(1)], '--offline: CPU 1 is offline already'],
    [[offline()], '--offline: name at least one CPU'],
    [[], 'say what should fit: --hibernate, --suspend, --offline LIST, --add DRIVER=N'],
  ])('%j: %s', (changes, message) => {
    const machine = drawMachine('cpu other\n0 1\n1 1\n2 1\n3 off');
    expect(() => fitsOf(machine, changes)).toThrow(message);
  });

  it('a machine without x86 vectors', () => {
    const machine = { ...drawMachine('cpu\n0\n1'), hasVectorDomain: false };
    expect(() => fitsOf(machine, [offline(1)])).toThrow(
      'a drawing: no x86 interrupt vectors here, so nothing can be said about what fits',
    );
  });
});
