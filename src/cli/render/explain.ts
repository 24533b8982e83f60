import type { Explain } from '../../format/explain.ts';

export function renderExplain(answer: Explain): string {
  const lines = [...answer.facts, ...(answer.whenCpuGoes === undefined ? [] : [answer.whenCpuGoes])];
  return `IRQ ${answer.irq.irq}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
