import { parseCpuList, parseCpuMask } from '../base/cpu-list.ts';
import type { CpuSet } from '../base/cpu-set.ts';
import { failAt, linesOf, type TextLine } from './text-lines.ts';

/** The environment file of irqbalance's service (/etc/default/irqbalance, /etc/sysconfig/irqbalance). */
export interface IrqbalanceConfig {
  /** IRQBALANCE_BANNED_CPULIST, or the older IRQBALANCE_BANNED_CPUS (a mask). */
  readonly bannedCpus: CpuSet | undefined;
  /** `--banirq` of IRQBALANCE_ARGS. */
  readonly bannedIrqs: readonly number[];
  /** Other words of IRQBALANCE_ARGS. */
  readonly otherArgs: readonly string[];
}

export function parseIrqbalanceConfig(text: string, file: string): IrqbalanceConfig {
  let bannedCpus: CpuSet | undefined;
  const bannedIrqs: number[] = [];
  const otherArgs: string[] = [];
  for (const line of linesOf(text, file)) {
    const content = line.text.trim();
    if (content === '' || content.startsWith('#')) continue;
    const [, name, quoted = ''] = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(content) ?? [];
    if (name === undefined) failAt(line, 'VARIABLE=value');
    const value = quoted.replace(/^(["'])(.*)\1$/, '$2').trim();
    if (name === 'IRQBALANCE_BANNED_CPULIST')
      bannedCpus = value === '' ? undefined : cpus(line, value, 'list');
    else if (name === 'IRQBALANCE_BANNED_CPUS') {
      bannedCpus ??= value === '' ? undefined : cpus(line, value, 'mask');
    } else if (/^(IRQBALANCE_ARGS|OPTIONS)$/.test(name)) {
      readArgs(line, value.split(/\s+/), bannedIrqs, otherArgs);
    }
  }
  return { bannedCpus, bannedIrqs, otherArgs };
}

function cpus(line: TextLine, value: string, form: 'list' | 'mask'): CpuSet {
  const parsed = form === 'list' ? parseCpuList(value) : parseCpuMask(value);
  return parsed.ok
    ? parsed.value
    : failAt(line, form === 'list' ? 'a CPU list like 0-3,8' : 'a CPU mask like ff');
}

function readArgs(line: TextLine, words: readonly string[], bannedIrqs: number[], otherArgs: string[]): void {
  for (let at = 0; at < words.length; at++) {
    const [, joined] = /^(?:--banirq=|-i)(.+)$/.exec(words[at] ?? '') ?? [];
    const word = words[at] ?? '';
    const number = joined ?? (word === '--banirq' || word === '-i' ? words[++at] : undefined);
    if (number !== undefined) {
      if (!/^\d{1,9}$/.test(number)) failAt(line, '--banirq with the number of an interrupt');
      bannedIrqs.push(Number(number));
    } else if (word !== '') otherArgs.push(word);
  }
}
