/**
 * Prometheus text format, version 0.0.4: per CPU and for the machine, never per interrupt, so the number of series is
 * five for each CPU and a few. Where a figure has bounds it is the end that is safe to alarm on: the fewest available,
 * the most in use.
 */
import type { MachineState } from '../../model/machine-state.ts';
import { fitsOf } from '../fits.ts';

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export function prometheusText(machine: MachineState): string {
  const { cpus, global, irqs, certainty, kernel } = machine;
  const perCpu = (pick: (cpu: MachineState['cpus'][number]) => number): Sample[] =>
    cpus.filter(({ online }) => online).map((state) => ({ labels: { cpu: state.cpu }, value: pick(state) }));
  const counted = machine.uncountable === undefined;
  return [
    ...metric('irqspace_info', 'The vector rules that are assumed.', [
      { labels: { profile: kernel.profile.name }, value: 1 },
    ]),
    ...metric('irqspace_exact', '1 where every figure is known, 0 where some have bounds.', [
      { labels: {}, value: certainty === 'exact' ? 1 : 0 },
    ]),
    ...(!machine.hasVectorDomain || !counted
      ? []
      : [
          ...metric(
            'irqspace_cpu_vectors_capacity',
            'Vectors that the CPU can give to devices.',
            perCpu((cpu) => cpu.capacity.min),
          ),
          ...metric(
            'irqspace_cpu_vectors_available',
            'Vectors that a regular interrupt can still take.',
            perCpu((cpu) => cpu.available.min),
          ),
          ...metric(
            'irqspace_cpu_vectors_allocated',
            'Vectors in use, managed ones included.',
            perCpu((cpu) => cpu.allocated.max),
          ),
          ...metric(
            'irqspace_cpu_vectors_managed',
            'Vectors set aside for managed interrupts, in use or not.',
            perCpu((cpu) => cpu.managed.max),
          ),
          ...metric(
            'irqspace_cpu_vectors_managed_allocated',
            'Of those in use, the managed ones.',
            perCpu((cpu) => cpu.managedAllocated.max),
          ),
          ...metric('irqspace_vectors_reserved', 'Interrupts that are reserved without a vector.', [
            { labels: {}, value: global.reserved.max },
          ]),
          ...metric(
            'irqspace_fits',
            'Whether the change would be carried out: 1, 0, or NaN where it cannot be decided.',
            [{ labels: { change: 'hibernate' }, value: verdict(machine) }],
          ),
        ]),
    ...metric('irqspace_interrupts', 'Interrupts by state.', byState(irqs)),
  ]
    .join('\n')
    .concat('\n');
}

function verdict(machine: MachineState): number {
  const { fits } = fitsOf(machine, [{ kind: 'hibernate' }]);
  return fits === null ? Number.NaN : Number(fits);
}

const STATES = ['active', 'shutdown', 'reserved', 'legacy-pic', 'other', 'unknown'] as const;

/** The same series on every machine, whatever it has. */
function byState(irqs: MachineState['irqs']): Sample[] {
  return STATES.map((state) => ({
    labels: { state },
    value: irqs.filter(({ phase }) => phase === state).length,
  }));
}

/** Its lines: what it is, and a line for each sample. */
export function metric(name: string, help: string, samples: readonly Sample[]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map(({ labels, value }) => {
      const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(String(text))}"`);
      return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
    }),
  ];
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
