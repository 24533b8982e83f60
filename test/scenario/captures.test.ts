/**
 * Machines of the lab, predicted: each is described by hand from the command line that started it and the story that
 * its guest played, and compared with what its kernel did. Real kernels decide some things that no description holds, they were read off the traces,
 * and the scenarios say them: which of the NVMe controllers' work queues ran when (`turns`), when the clean-ups of
 * other CPUs arrived (`cleanUpsAfter`), and which queue the guest's own network packets left through (`arrive`).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/format/report.ts';
import { openRecording } from '../../src/host/open-recording.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { simulateOf } from '../../src/query/simulate.ts';
import { replay } from '../../src/replay/replay.ts';
import { captureNames, capturePath, replayInputOf } from '../machines/recording.ts';

type Places = ReadonlyMap<string, { readonly cpu: number; readonly vector: number }>;

interface Predicted {
  readonly capture: string;
  readonly scenario: string;
  readonly kernel?: string;
  /** Interrupts of virtio_net's transmit queues around a step: `link-up`, or `cpu-offline` of CPU 1. */
  readonly sent?: Readonly<Record<string, { readonly before?: number[]; readonly after?: number[] }>>;
  /** Snapshots in which some vectors are others, with the reason. */
  readonly misses?: Readonly<Record<string, { readonly actions: readonly string[]; readonly why: string }>>;
}

const PREDICTED: readonly Predicted[] = [
  { capture: 'small-6.1', scenario: 'small' },
  { capture: 'small-5.10', scenario: 'small', kernel: '5.10', sent: { 'link-up': { before: [2] } } },
  {
    capture: 'small-6.12',
    scenario: 'small',
    kernel: '6.12',
    sent: { 'link-up': { before: [6], after: [6] }, 'cpu-offline 1': { after: [6, 6] } },
  },
  { capture: 'small-7.2', scenario: 'small', kernel: '7.2', sent: { 'link-up': { after: [6, 6] } } },
  {
    capture: 'numa16ir-6.1',
    scenario: 'numa16ir',
    misses: {
      probed: {
        actions: ['nvme0q1', 'nvme1q1'],
        why: 'the set-ups of two messages, of two controllers, overlapped within one turn: each has the bit of the other',
      },
      links_up: { actions: ['nvme0q1', 'nvme1q1'], why: 'as before' },
    },
  },
  { capture: 'isolcpus12-6.1', scenario: 'isolcpus12' },
  { capture: 'sriov-6.1', scenario: 'sriov' },
  { capture: 'big64-debugfs', scenario: 'big64' },
];

const here = captureNames();

describe.each(PREDICTED.filter(({ capture }) => here.includes(capture)))(
  'the scenario of $capture (needs ../shared)',
  ({ capture, scenario, kernel, sent = {}, misses = {} }) => {
    const recorded = new Map<string, Places>();
    const simulated = new Map<string, Places>();

    beforeAll(() => {
      const input = replayInputOf(openRecording(capturePath(capture)));
      const onSnapshot = (name: string, machine: Kernel): void => {
        const observation = input.snapshots.find((one) => one.name === name)?.observation;
        const actions = new Map(observation?.irqs.map((irq) => [irq.irq, irq.actions ?? []]));
        const at = machine.descs().flatMap(({ irq, data }) => {
          const placed = data !== undefined && data.vector !== 0;
          return placed ? [{ irq, actions: actions.get(irq) ?? [], cpu: data.cpu, vector: data.vector }] : [];
        });
        recorded.set(name.replace(/^\d+-/, ''), byAction(at));
      };
      expect(replay({ ...input, onSnapshot }).tally.divergences).toEqual([]);
      const path = join(import.meta.dirname, 'machines', `${scenario}.json`);
      const answer = simulateOf(variantOf(readFileSync(path, 'utf8'), kernel, sent), path);
      expect(answer.refused).toBe(0);
      for (const { name, state } of answer.snapshots) simulated.set(name, placesOf(state));
    });

    it('has every interrupt, on the CPU where the kernel had it', () => {
      expect([...simulated.keys()]).toContain(scenario === 'sriov' ? 'on17' : 'final');
      for (const [name, places] of simulated) {
        expect(cpusOf(places), name).toEqual(cpusOf(recorded.get(name) ?? new Map()));
      }
    });

    it('has every vector that the kernel had, but for those that are explained', () => {
      for (const [name, places] of simulated) {
        const theirs = recorded.get(name) ?? new Map();
        const other = [...places].filter(([action, { vector }]) => theirs.get(action)?.vector !== vector);
        expect(other.map(([action]) => action).sort(), name).toEqual(misses[name]?.actions ?? []);
      }
    });
  },
);

function variantOf(text: string, kernel: string | undefined, sent: NonNullable<Predicted['sent']>): string {
  const scenario = JSON.parse(text);
  const arrivals = (messages: number[] = []): object[] =>
    messages.map((message) => ({ do: 'arrive', device: 'virtio0', message }));
  return JSON.stringify({
    ...scenario,
    machine: { ...scenario.machine, ...(kernel === undefined ? {} : { kernel }) },
    steps: scenario.steps.flatMap((step: { do: string; cpus?: string }) => {
      const around = sent[step.cpus === undefined ? step.do : `${step.do} ${step.cpus}`];
      return [...arrivals(around?.before), step, ...arrivals(around?.after)];
    }),
  });
}

function placesOf(state: Report): Places {
  const at = state.irqs.flatMap(({ irq, name, cpu, vector }) =>
    cpu === undefined || vector === undefined ? [] : [{ irq, actions: name.split(', '), cpu, vector }],
  );
  return byAction(at);
}

/** ISA interrupts by their number: the first snapshot does not always show their names yet. */
const FIRST_MESSAGE = 24;

/** By the names of the handlers; the n-th of the same name is told by its n. */
function byAction(
  at: readonly { irq: number; actions: readonly string[]; cpu: number; vector: number }[],
): Places {
  const places = new Map<string, { cpu: number; vector: number }>();
  for (const { irq, actions, cpu, vector } of at) {
    const name = irq < FIRST_MESSAGE ? `irq ${irq}` : actions.join(',');
    let key = name;
    for (let n = 1; places.has(key); n++) key = `${name} #${n}`;
    places.set(key, { cpu, vector });
  }
  return places;
}

function cpusOf(places: Places): Record<string, number> {
  const entries = [...places].map(([action, { cpu }]) => [action, cpu] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
