import type { Report } from '../../format/report.ts';
import { devices } from '../state/answers.ts';
import { figure } from './figure.ts';

/** The machine in six figures. */
export function MachineFacts({ report }: { readonly report: Report }) {
  const online = report.cpus.filter((cpu) => cpu.online).length;
  const managed = report.irqs.filter((irq) => irq.managed === true).length;
  const { available, reserved, totalAllocated } = report.global;
  const facts: readonly (readonly [string, string, string])[] = [
    ['CPUs online', online.toLocaleString('en'), `of ${report.cpus.length.toLocaleString('en')}`],
    ['vectors in use', figure(totalAllocated), ''],
    ['free', figure(available), ''],
    ['reserved', figure(reserved), 'hold no vector'],
    // A lone VECTOR dump has vectors without names.
    ...(report.irqs.length === 0
      ? ([
          ['interrupts', '–', 'not named here'],
          ['devices', '–', 'not named here'],
        ] as const)
      : ([
          ['interrupts', report.irqs.length.toLocaleString('en'), `${managed.toLocaleString('en')} managed`],
          ['devices', devices.value.filter((device) => device.isPci).length.toLocaleString('en'), ''],
        ] as const)),
  ];
  return (
    <dl class="machine-facts">
      {facts.map(([label, value, detail]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <span class="tabular">{value}</span> <small>{detail}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
