/** The messages about vectors in a kernel log against those that the model printed: the same, in the same order. */
import type { PredictedMessage } from './predictor.ts';
import type { Tally } from './tally.ts';

/** What the model prints, as the kernel writes it (appendix A of the specification). */
const PATTERNS: readonly { readonly pattern: RegExp; readonly ratelimited: boolean }[] = [
  { pattern: /^Interrupt reservation exceeds available resources$/, ratelimited: false },
  { pattern: /^irq \d+: Affinity broken due to vector space exhaustion\.$/, ratelimited: false },
  { pattern: /^Managed startup for irq \d+, but no CPU$/, ratelimited: false },
  { pattern: /^Managed startup irq \d+, no vector available$/, ratelimited: false },
  { pattern: /^IRQ \d+ schedule cleanup for offline CPU \d+$/, ratelimited: false },
  { pattern: /^IRQ fixup: irq \d+ move in progress, old vector \d+$/, ratelimited: false },
  { pattern: /^CPU \d+ has \d+ vectors, \d+ available\. Cannot disable CPU$/, ratelimited: false },
  { pattern: /^Reserved vectors \d+ > available \d+\. IRQ request may fail$/, ratelimited: false },
  {
    pattern: /^Eff\. affinity \S* of IRQ \d+ contains only offline CPUs after offlining CPU \d+$/,
    ratelimited: false,
  },
  { pattern: /^IRQ ?\d+: set affinity failed\(-?\d+\)\.$/, ratelimited: true },
  { pattern: /^IRQ ?\d+: no longer affine to CPU\d+$/, ratelimited: true },
  { pattern: /^(?:Disabling|Enabling) non-boot CPUs \.\.\.$/, ratelimited: false },
  { pattern: /^Non-boot CPUs are not disabled$/, ratelimited: false },
  { pattern: /^CPU\d+ is up$/, ratelimited: false },
  { pattern: /^Error taking CPU\d+ down: -?\d+$/, ratelimited: false },
];
/** Messages of one call site that the kernel lets through in five seconds (DEFAULT_RATELIMIT_BURST). */
const BURST = 10;

/** A line of dmesg without its time stamp, and without a level in front of it (`<4>`). */
const LINE = /^(?:<\d+>)?\[ *\d+\.\d+\](?:\[[^\]]*\])? (.*)$/;

export function checkLog(log: string, predicted: readonly PredictedMessage[], tally: Tally): void {
  const observed = log.split('\n').flatMap((line) => {
    const text = LINE.exec(line)?.[1];
    return text !== undefined && patternOf(text) !== undefined ? [text] : [];
  });
  // Debug messages are not in the log unless someone asks for them.
  const expected = predicted.filter(({ level, text }) => level !== 'debug' && patternOf(text) !== undefined);
  let at = 0;
  let printed = 0;
  for (const { text, index } of expected) {
    if (observed[at] === text) {
      at++;
      tally.checkedMessages++;
      printed = patternOf(text)?.ratelimited === true ? printed + 1 : 0;
    } else if (patternOf(text)?.ratelimited !== true || printed < BURST) {
      tally.diverge(index, 'kernel log', text, observed[at] ?? 'no line');
      return;
    }
  }
  if (observed[at] !== undefined) tally.diverge(tally.events, 'kernel log', 'no line', observed[at] ?? '');
}

function patternOf(text: string): (typeof PATTERNS)[number] | undefined {
  return PATTERNS.find(({ pattern }) => pattern.test(text));
}
