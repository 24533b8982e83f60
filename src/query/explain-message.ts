import type { ExplainedLine, ExplainMessage } from '../format/explain-message.ts';
import type { MachineState } from '../model/machine-state.ts';
import { MESSAGES } from './messages/catalogue.ts';
import type { MessageEntry, Quoted } from './messages/entry.ts';

/** Facts may ask what would fit: of a long log only the first messages have them. */
const MOST_WITH_FACTS = 200;

interface Found {
  readonly entry: MessageEntry;
  readonly quoted: Quoted;
  readonly text: string;
  readonly line: number;
  count: number;
}

/** Each line that is known, once for all lines that quote the same; in the order in which they come first. */
export function explainMessagesOf(machine: MachineState, text: string): ExplainMessage {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const found = new Map<string, Found>();
  let known = 0;
  for (const [at, line] of lines.entries()) {
    const match = matchOf(line);
    if (match === undefined) continue;
    known++;
    const key = JSON.stringify([match.entry.name, match.quoted]);
    const seen = found.get(key);
    if (seen === undefined) found.set(key, { ...match, text: line.trim(), line: at + 1, count: 1 });
    else seen.count++;
  }
  return {
    kind: 'explain-message',
    version: 1,
    source: machine.source,
    read: lines.length,
    unknown: lines.length - known,
    messages: [...found.values()].map((one, at) => explained(machine, one, at < MOST_WITH_FACTS)),
  };
}

function matchOf(line: string): Pick<Found, 'entry' | 'quoted'> | undefined {
  for (const entry of MESSAGES) {
    const match = entry.pattern.exec(line);
    if (match !== null) return { entry, quoted: { ...match.groups } };
  }
  return undefined;
}

function explained(
  machine: MachineState,
  { entry, quoted, text, line, count }: Found,
  withFacts: boolean,
): ExplainedLine {
  return {
    name: entry.name,
    from: entry.from,
    text,
    line,
    count,
    means: entry.means,
    todo: [...entry.todo],
    facts: withFacts ? [...(entry.facts?.(quoted, machine) ?? [])] : [],
  };
}
