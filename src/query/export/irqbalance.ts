/** What irqbalance is to leave alone: as a policy script, and as its environment file. */
import { CpuSet } from '../../base/cpu-set.ts';
import type { MachineState } from '../../model/machine-state.ts';
import type { Placements } from './placement.ts';
import { comment, shellWord } from './script.ts';

/** Called by irqbalance for each interrupt with its device's path and its number; `ban=true` leaves it alone. */
export function policyScript({ source, unmovable, notes }: Placements): string {
  const names = [...new Set(unmovable.map(({ name }) => name))].sort();
  return [
    '#!/bin/sh',
    comment(`For irqbalance --policyscript, by irqspace export irqbalance-policy of ${source}.`),
    comment('Interrupts are known by name, for their numbers may change with a boot.'),
    ...notes.map(comment),
    `PROC=\${PROC:-/proc}`,
    `line=$(IRQ=$2 awk '$1 == ENVIRON["IRQ"] ":"' "$PROC/interrupts")`,
    'ban() {',
    '\tcase $line in',
    '\t*" $1") echo ban=true; exit 0 ;;',
    '\tesac',
    '}',
    ...names.map((name) => `ban ${shellWord(name)}`),
    'exit 0',
    '',
  ].join('\n');
}

/** As /etc/default/irqbalance or /etc/sysconfig/irqbalance. */
export function environmentFile({ source, unmovable, notes }: Placements, machine: MachineState): string {
  const { housekeeping, cpus } = machine;
  const isolated = housekeeping && CpuSet.from(cpus.map(({ cpu }) => cpu)).andNot(housekeeping);
  return [
    comment(
      `For irqbalance, by irqspace export irqbalance of ${source}: /etc/default/irqbalance or /etc/sysconfig/irqbalance.`,
    ),
    comment('Numbers may change with a boot: irqspace export irqbalance-policy knows names.'),
    ...notes.map(comment),
    comment(`Not to be moved: ${unmovable.length} interrupts that the kernel places itself`),
    `IRQBALANCE_ARGS="${unmovable.map(({ irq }) => `--banirq=${irq}`).join(' ')}"`,
    ...(isolated === undefined || isolated.isEmpty
      ? []
      : [
          comment('isolcpus=managed_irq (irqbalance 1.8 and later)'),
          `IRQBALANCE_BANNED_CPULIST=${isolated}`,
        ]),
    '',
  ].join('\n');
}
