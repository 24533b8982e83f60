/** A profile of tuned with its plugin irq (tuned 2.24 and later), whose devices are interrupts by number. */
import type { Placements } from './placement.ts';
import { comment } from './script.ts';

export function tunedProfile({ source, placements, unmovable, notes }: Placements): string {
  const byMask = new Map<string, number[]>();
  for (const { irq, cpus } of placements) {
    const mask = cpus.toString();
    byMask.set(mask, [...(byMask.get(mask) ?? []), irq]);
  }
  const instances = [...byMask].flatMap(([mask, irqs], at) => [
    `[irq_${at}]`,
    'type=irq',
    `devices=${irqs.map((irq) => `irq${irq}`).join(',')}`,
    `affinity=${mask}`,
    '',
  ]);
  return [
    comment(`Affinities of ${source}, by irqspace export tuned: /etc/tuned/irqspace/tuned.conf.`),
    comment('tuned knows interrupts by number only: export again after a boot with other devices.'),
    ...notes.map(comment),
    ...(unmovable.length === 0
      ? []
      : [
          comment(
            `Left out, for tuned-adm verify would fail on them: IRQ ${unmovable.map(({ irq }) => irq).join(',')}`,
          ),
        ]),
    '[main]',
    'summary=Interrupt affinities as exported by irqspace',
    '',
    comment('Or it moves all interrupts, too.'),
    '[scheduler]',
    'irq_process=false',
    '',
    ...instances,
  ].join('\n');
}
