/** The messages about vectors in a kernel log against those that the model printed: the same, in the same order. */
import type { PredictedMessage } from './predictor.ts';
import type { Tally } from './tally.ts';

/** What the model prints, as the kernel writes it (appendix A of the specification). */
interface Message {
  readonly pattern: RegExp;
  readonly ratelimited: boolean;
  /** It may be all that there is of a request: a CPU that is refused, a suspend. */
  readonly ofRequest?: boolean;
}

const PATTERNS: readonly Message[] = [
  { pattern: /^Interrupt reservation exceeds available resources$/, ratelimited: false },
  { pattern: /^irq \d+: Affinity broken due to vector space exhaustion\.$/, ratelimited: false },
  { pattern: /^Managed startup for irq \d+, but no CPU$/, ratelimited: false },
  { pattern: /^Managed startup irq \d+, no vector available$/, ratelimited: false },
  { pattern: /^IRQ \d+ schedule cleanup for offline CPU \d+$/, ratelimited: false },
  { pattern: /^IRQ fixup: irq \d+ move in progress, old vector \d+$/, ratelimited: false },
  {
    pattern: /^CPU \d+ has \d+ vectors, \d+ available\. Cannot disable CPU$/,
    ratelimited: false,
    ofRequest: true,
  },
  { pattern: /^Reserved vectors \d+ > available \d+\. IRQ request may fail$/, ratelimited: false },
  {
    pattern: /^Eff\. affinity \S* of IRQ \d+ contains only offline CPUs after offlining CPU \d+$/,
    ratelimited: false,
  },
  { pattern: /^IRQ ?\d+: set affinity failed\(-?\d+\)\.$/, ratelimited: true },
  { pattern: /^IRQ ?\d+: no longer affine to CPU\d+$/, ratelimited: true },
  { pattern: /^(?:Disabling|Enabling) non-boot CPUs \.\.\.$/, ratelimited: false, ofRequest: true },
  { pattern: /^Non-boot CPUs are not disabled$/, ratelimited: false, ofRequest: true },
  { pattern: /^CPU\d+ is up$/, ratelimited: false, ofRequest: true },
  { pattern: /^Error taking CPU\d+ down: -?\d+$/, ratelimited: false, ofRequest: true },
];
/** Messages of one call site that the kernel lets through in five seconds (DEFAULT_RATELIMIT_BURST). */
const BURST = 10;

/** A line of dmesg without its time stamp, and without a level in front of it (`<4>`). */
const LINE = /^(?:<\d+>)?\[ *\d+\.\d+\](?:\[[^\]]*\])? (.*)$/;

export interface Doubtful {
  /** Nothing was asked of the kernel that is not known. */
  readonly requestsRecorded: boolean;
  /** Lines that may be there or not. */
  readonly maybePrinted: ReadonlySet<string>;
}

export function checkLog(
  log: string,
  predicted: readonly PredictedMessage[],
  tally: Tally,
  { requestsRecorded, maybePrinted }: Doubtful,
): void {
  const observed = log.split('\n').flatMap((line) => {
    const text = LINE.exec(line)?.[1];
    return text !== undefined && patternOf(text) !== undefined ? [text] : [];
  });
  // Debug messages are not in the log unless someone asks for them.
  const expected = predicted.filter(({ level, text }) => level !== 'debug' && patternOf(text) !== undefined);
  let at = 0;
  let printed = 0;
  /** Passes what need not be there, up to a line that is expected. */
  const skip = (before?: string): void => {
    for (let line = observed[at]; line !== undefined && line !== before; line = observed[at]) {
      const message = patternOf(line);
      if (!maybePrinted.has(line) && (requestsRecorded || message?.ofRequest !== true)) return;
      if (message?.ratelimited === true) printed++;
      at++;
    }
  };
  for (const { text, index } of expected) {
    skip(text);
    if (observed[at] === text) {
      at++;
      tally.checkedMessages++;
      printed = patternOf(text)?.ratelimited === true ? printed + 1 : 0;
    } else if (!maybePrinted.has(text) && (patternOf(text)?.ratelimited !== true || printed < BURST)) {
      tally.diverge(index, 'kernel log', text, observed[at] ?? 'no line');
      return;
    }
  }
  skip();
  if (observed[at] !== undefined) tally.diverge(tally.events, 'kernel log', 'no line', observed[at] ?? '');
}

function patternOf(text: string): Message | undefined {
  return PATTERNS.find(({ pattern }) => pattern.test(text));
}
