import { describe, expect, it } from 'vitest';
import { checkLog, type Doubtful } from './check-log.ts';
import type { PredictedMessage } from './predictor.ts';
import { Tally } from './tally.ts';

const REFUSED = 'CPU 2 has 196 vectors, 110 available. Cannot disable CPU';
const FIXUP = 'IRQ fixup: irq 28 move in progress, old vector 35';
const affine = (irq: number): string => `IRQ ${irq}: no longer affine to CPU1`;

function dmesg(...texts: readonly string[]): string {
  const lines = texts.map((text, at) => `[   ${10 + at}.000000] ${text}`);
  return [
    '[    0.000000] Linux version 6.1',
    ...lines,
    '[   99.000000] smpboot: CPU 2 is now offline',
    '',
  ].join('\n');
}

function check(
  log: string,
  predicted: readonly (string | PredictedMessage)[],
  doubtful: Partial<Doubtful> = {},
): Tally {
  const tally = new Tally();
  checkLog(
    log,
    predicted.map((each, index) => (typeof each === 'string' ? { index, level: 'warn', text: each } : each)),
    tally,
    { requestsRecorded: true, maybePrinted: new Set(), ...doubtful },
  );
  return tally;
}

describe('the kernel’s log', () => {
  it('agrees where it has the predicted messages in order; other lines are not its matter', () => {
    const tally = check(dmesg(FIXUP, REFUSED), [FIXUP, REFUSED]);
    expect(tally.divergences).toEqual([]);
    expect(tally.checkedMessages).toBe(2);
  });

  it.each([
    ['a message that is not there', dmesg(FIXUP), [FIXUP, REFUSED], REFUSED, 'no line'],
    ['a line that was not predicted', dmesg(FIXUP, REFUSED), [FIXUP], 'no line', REFUSED],
    ['another order', dmesg(REFUSED, FIXUP), [FIXUP, REFUSED], FIXUP, REFUSED],
    [
      'another figure',
      dmesg(REFUSED.replace('196', '197')),
      [REFUSED],
      REFUSED,
      REFUSED.replace('196', '197'),
    ],
  ])('diverges by %s', (_, log, predicted, expected, observed) => {
    expect(check(log, predicted).divergences).toMatchObject([{ event: 'kernel log', expected, observed }]);
  });

  it('is read with a level in front and with the thread that some kernels print', () => {
    const log = `<4>[   10.000000] ${FIXUP}\n[   11.000000][   T12] ${REFUSED}\n`;
    expect(check(log, [FIXUP, REFUSED]).divergenceCount).toBe(0);
  });

  it('need not have debug messages', () => {
    const debug = { index: 0, level: 'debug', text: affine(24) };
    expect(check(dmesg(), [debug]).divergenceCount).toBe(0);
  });

  it('leaves out what the kernel limits, but not before it has let ten through', () => {
    const irqs = Array.from({ length: 12 }, (_, n) => affine(24 + n));
    expect(check(dmesg(...irqs.slice(0, 10)), irqs).divergenceCount).toBe(0);
    expect(check(dmesg(...irqs.slice(0, 9)), irqs).divergences).toMatchObject([{ expected: irqs[9] }]);
    expect(check(dmesg(...irqs.slice(0, 10), REFUSED), [...irqs, REFUSED]).divergenceCount).toBe(0);
  });

  it('is reported at the event that printed, and once', () => {
    const { divergences } = check(dmesg(), [
      { index: 77, level: 'warn', text: FIXUP },
      { index: 78, level: 'warn', text: REFUSED },
    ]);
    expect(divergences.map(({ index }) => index)).toEqual([77]);
  });

  it('may tell of a CPU that was refused, or of a suspend, which nothing else records', () => {
    const suspend = ['Disabling non-boot CPUs ...', 'Enabling non-boot CPUs ...', 'CPU1 is up'];
    const lines = [REFUSED, ...suspend, FIXUP, REFUSED];
    const unrecorded = check(dmesg(...lines), [FIXUP], { requestsRecorded: false });
    expect(unrecorded.divergences).toEqual([]);
    expect(unrecorded.checkedMessages).toBe(1);
    expect(check(dmesg(...lines), [FIXUP]).divergenceCount).toBe(1);
    const other = check(dmesg(REFUSED, FIXUP.replace('28', '29')), [FIXUP], { requestsRecorded: false });
    expect(other.divergences).toMatchObject([{ expected: FIXUP }]);
    expect(check(dmesg(REFUSED, FIXUP), [], { requestsRecorded: false }).divergences).toMatchObject([
      { observed: FIXUP },
    ]);
  });

  it('need not have what the kernel may have printed or not', () => {
    const maybePrinted = new Set([affine(24)]);
    const lines = [FIXUP, affine(24), REFUSED];
    for (const [log, predicted] of [
      [lines, [FIXUP, REFUSED]],
      [[FIXUP, REFUSED], lines],
    ] as const) {
      expect(check(dmesg(...log), predicted).divergenceCount).toBe(1);
      expect(check(dmesg(...log), predicted, { maybePrinted }).divergenceCount).toBe(0);
    }
    expect(check(dmesg(affine(25)), [], { maybePrinted }).divergenceCount).toBe(1);
  });
});
