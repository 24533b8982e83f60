import { failAt, linesOf, type TextLine } from './text-lines.ts';

/** What a policy script says of an interrupt: `ban=true`, `numa_node=1` (irqbalance(1), --policyscript). */
export interface PolicyAnswer {
  /** Undefined: of every interrupt. */
  readonly irqs: readonly number[] | undefined;
  readonly key: string;
  readonly value: string;
}

/**
 * A policy script is a program, and is never run here. What can be read of one is a `case` on its second argument, the
 * number of the interrupt, whose branches echo answers:
 *
 *     #!/bin/sh
 *     case "$2" in
 *       45|46) echo ban=true ;;
 *       47) echo "numa_node=1" ;;
 *     esac
 */
export function parseIrqbalancePolicy(text: string, file: string): PolicyAnswer[] {
  const answers: PolicyAnswer[] = [];
  let inside = false;
  for (const line of linesOf(text, file)) {
    const content = line.text.trim();
    if (content === '' || content.startsWith('#') || /^exit 0$/.test(content)) continue;
    if (!inside) {
      inside = /^case "?\$\{?2\}?"? in$/.test(content);
      if (!inside) failAt(line, 'case "$2" in (a script is read, never run)');
    } else if (content === 'esac') inside = false;
    else answers.push(...branch(line, content));
  }
  return answers;
}

function branch(line: TextLine, content: string): PolicyAnswer[] {
  const [, pattern = '', body = ''] = /^\(?([^)]+)\)\s*(.*?)\s*;;$/.exec(content) ?? [];
  const irqs = pattern === '*' ? undefined : pattern.split('|').map((word) => word.trim());
  if (pattern === '' || irqs?.some((irq) => !/^\d{1,9}$/.test(irq))) failAt(line, 'N|M) echo key=value ;;');
  return body
    .split(';')
    .filter((command) => command.trim() !== '')
    .map((command) => {
      const [, key, value] = /^echo\s+(["']?)([a-z_]+)=([\w-]+)\1$/.exec(command.trim())?.slice(1) ?? [];
      if (key === undefined || value === undefined) failAt(line, 'echo key=value');
      return { irqs: irqs?.map(Number), key, value };
    });
}
