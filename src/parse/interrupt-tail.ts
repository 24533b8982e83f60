/** What stands behind the counts of an interrupt's row. */
export interface InterruptTail {
  readonly chip: string | undefined;
  readonly hwirq: number | undefined;
  readonly flow: string | undefined;
  readonly actions: readonly string[];
}

/** Flow names of the glued forms up to 4.x: `IO-APIC-edge`, `xen-pirq-ioapic-level`, `XT-PIC-XT-PIC`. */
const GLUED =
  /^([^ ]{1,100}?)-(edge|level|fasteoi|ioapic-edge|ioapic-level|event|virq|ipi|percpu|pirq|msi|msi-x|XT-PIC)$/;
/** The trigger column of kernels with GENERIC_IRQ_SHOW_LEVEL (not x86). */
const TRIGGERS = ['Level', 'Edge'];
/** `-%-8s`: flow names are padded to this. */
const FLOW_WIDTH = 8;

/**
 * Splits ` chip hwirq-flow  name, name` (`show_interrupts()`, kernel/irq/proc.c). Chips, triggers and names may
 * hold blanks; the chip ends at a hwirq, at a `-flow` or at a gap of two blanks, whichever comes first.
 * `text` starts at a non-blank and keeps its trailing blanks: two of them behind the padded flow mean an
 * action whose name is empty.
 */
export function parseInterruptTail(text: string): InterruptTail {
  let blank = text.indexOf(' ');
  while (blank >= 0) {
    const next = skipBlanks(text, blank);
    const char = text[next];
    if (char === undefined) break;
    const hwirqEnd = endOfHwirq(text, next);
    if (hwirqEnd > next) {
      const hwirq = Number(text.slice(next, hwirqEnd));
      return { chip: chipName(text.slice(0, blank)), hwirq, ...parseFlow(text, hwirqEnd) };
    }
    if (char === '-' && text[next + 1] !== undefined && text[next + 1] !== ' ') {
      return { chip: chipName(text.slice(0, blank)), hwirq: undefined, ...parseFlow(text, next) };
    }
    if (next - blank >= 2) break;
    blank = text.indexOf(' ', next);
  }
  // No hwirq: s390's `PCI-MSI  name`, arm's `-  name`, and the glued forms.
  const end = blank < 0 ? text.length : blank;
  const word = text.slice(0, end);
  const glued = GLUED.exec(word);
  if (glued === null) {
    // Blanks fill the place of the missing hwirq: they say nothing about an empty name.
    const actions = splitActions(text, end, Number.POSITIVE_INFINITY);
    return { chip: chipName(word), hwirq: undefined, flow: undefined, actions };
  }
  const flow = glued[2];
  const padded = end + Math.max(0, FLOW_WIDTH - (flow?.length ?? 0));
  return { chip: glued[1], hwirq: undefined, flow, actions: splitActions(text, end, padded) };
}

/** `-edge      name` or ` Level     name` or nothing, from `at` on. */
function parseFlow(text: string, at: number): { flow: string | undefined; actions: readonly string[] } {
  let flow: string | undefined;
  let end = at;
  let padded = at;
  const trigger = TRIGGERS.find((word) => isWordAt(text, at + 1, word));
  if (text[at] === ' ' && trigger !== undefined) {
    flow = trigger;
    end = at + 1 + trigger.length;
    padded = at + 1 + FLOW_WIDTH;
    const next = skipBlanks(text, end);
    if (text[next] === '-' && next <= padded) at = next;
  }
  if (text[at] === '-') {
    end = endOfWord(text, at);
    flow = text.slice(at + 1, end);
    padded = Math.max(end, at + 1 + FLOW_WIDTH);
  }
  return { flow, actions: splitActions(text, end, padded) };
}

/** The action list from `end` on; its field before was padded to `padded`. */
function splitActions(text: string, end: number, padded: number): readonly string[] {
  const names = text.slice(end).trim();
  // A name may hold a comma; the kernel joins with ", ".
  if (names !== '') return names.split(', ');
  return text.length >= padded + 2 ? [''] : [];
}

/** End of a hwirq number at `at`, or `at`: digits that stand alone or carry `-flow`. */
function endOfHwirq(text: string, at: number): number {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end++;
  if (end - at > 16) return at;
  if (end === text.length || text[end] === '-') return end;
  if (text[end] !== ' ') return at;
  const after = text[end + 1];
  const stands =
    after === undefined || after === ' ' || TRIGGERS.some((word) => isWordAt(text, end + 1, word));
  return stands ? end : at;
}

function isWordAt(text: string, at: number, word: string): boolean {
  if (!text.startsWith(word, at)) return false;
  const after = text[at + word.length];
  return after === undefined || after === ' ';
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function skipBlanks(text: string, at: number): number {
  while (text[at] === ' ') at++;
  return at;
}

function endOfWord(text: string, at: number): number {
  const end = text.indexOf(' ', at);
  return end < 0 ? text.length : end;
}

/** `-` is a chip without a name, `None` no chip at all. */
function chipName(word: string): string | undefined {
  return word === '-' || word === 'None' ? undefined : word;
}
