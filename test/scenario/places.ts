/** Where interrupts are, by what handles them: of a lab's kernel, and of the machine that is described like it. */
import { expect } from 'vitest';
import type { Report } from '../../src/format/report.ts';
import { openRecording } from '../../src/host/open-recording.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { simulateOf } from '../../src/query/simulate.ts';
import { replay } from '../../src/replay/replay.ts';
import { capturePath, replayInputOf } from '../machines/recording.ts';

export type Places = ReadonlyMap<string, { readonly cpu: number; readonly vector: number }>;

/** At every snapshot of a capture, by the snapshot's name. */
export function recordedPlaces(capture: string): Map<string, Places> {
  const recorded = new Map<string, Places>();
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
  return recorded;
}

/** Of every snapshot of a scenario in which nothing is refused. */
export function simulatedPlaces(scenario: object, name: string): Map<string, Places> {
  const answer = simulateOf(JSON.stringify(scenario), `${name}.json`);
  expect(answer.refused).toBe(0);
  return new Map(answer.snapshots.map((one) => [one.name, placesOf(one.state)]));
}

export function placesOf(state: Report): Places {
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
