import { failAt, linesOf, type TextLine } from './text-lines.ts';

/** A section of a tuned profile (tuned.conf): which plugin it is for, and its options. */
export interface TunedSection {
  readonly name: string;
  /** `type=`; without it the name of the section is the plugin's. */
  readonly type: string;
  readonly options: ReadonlyMap<string, TunedOption>;
}

export interface TunedOption {
  readonly value: string;
  readonly line: TextLine;
}

/** tuned.conf: sections of `option=value`; `#` and `;` begin a comment line. */
export function parseTunedProfile(text: string, file: string): TunedSection[] {
  const sections: { name: string; options: Map<string, TunedOption> }[] = [];
  for (const line of linesOf(text, file)) {
    const content = line.text.trim();
    if (content === '' || /^[#;]/.test(content)) continue;
    const name = /^\[([^\]]+)\]$/.exec(content)?.[1];
    if (name !== undefined) {
      sections.push({ name: name.trim(), options: new Map() });
      continue;
    }
    const option = /^([^=\s]+)\s*=\s*(.*)$/.exec(content);
    const section = sections.at(-1);
    if (option === null) failAt(line, section === undefined ? 'a section like [irq]' : 'option=value');
    if (section === undefined) failAt(line, 'a section like [irq]');
    section.options.set(option[1] ?? '', { value: option[2] ?? '', line });
  }
  return sections.map(({ name, options }) => ({ name, type: options.get('type')?.value ?? name, options }));
}
