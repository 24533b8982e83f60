/**
 * Machines of the lab, predicted: each is described by hand from the command line that started it and the story that
 * its guest played, and compared with what its kernel did. Real kernels decide some things that no description holds;
 * they were read off the traces of these very boots (`told.ts`). With them the machine is the kernel's; without them,
 * from the description alone, it is off by as much as is stated here, and each miss has its cause among them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import type { Orders } from '../../src/format/simulate.ts';
import { simulateOf } from '../../src/query/simulate.ts';
import { captureNames } from '../machines/recording.ts';
import { type Places, placesOf, recordedPlaces, simulatedPlaces } from './places.ts';
import { CAUSES, type Cause, toldOf, type Written, withTold } from './told.ts';

/** Interrupts that are not where the kernel had them: on another CPU, or on that CPU with another vector. */
interface Misses {
  readonly cpu: number;
  readonly vector: number;
}

interface Predicted {
  readonly capture: string;
  readonly scenario: string;
  /** The last snapshot that is compared. */
  readonly last: string;
  /** Interrupts in it. */
  readonly interrupts: number;
  /** Of the description alone in it, and once the causes are told, one after the other. */
  readonly misses: Readonly<Record<'alone' | Cause, Misses>>;
  /** When drivers have probed: interrupts, and those that are alike in every order of the controllers. */
  readonly probed?: Pick<Orders, 'interrupts' | 'sameCpu' | 'sameVector'>;
  /** Snapshots in which some vectors are others though everything is told, with the reason. */
  readonly stays?: Readonly<Record<string, { readonly actions: readonly string[]; readonly why: string }>>;
}

const NONE: Misses = { cpu: 0, vector: 0 };
const ALL_RIGHT = { alone: NONE, turns: NONE, 'clean-ups': NONE, arrivals: NONE };

/** Of a machine without anything at the same time: the packets of its guest alone. */
function firstPackets(cpu: number, vector: number): Predicted['misses'] {
  const misses = { cpu, vector };
  return { alone: misses, turns: misses, 'clean-ups': misses, arrivals: NONE };
}

const PREDICTED: readonly Predicted[] = [
  { capture: 'small-6.1', scenario: 'small', last: 'final', interrupts: 33, misses: ALL_RIGHT },
  { capture: 'small-5.10', scenario: 'small', last: 'final', interrupts: 33, misses: firstPackets(0, 2) },
  { capture: 'small-6.12', scenario: 'small', last: 'final', interrupts: 33, misses: firstPackets(0, 15) },
  { capture: 'small-7.2', scenario: 'small', last: 'final', interrupts: 33, misses: firstPackets(0, 5) },
  {
    capture: 'numa16ir-6.1',
    scenario: 'numa16ir',
    last: 'final',
    interrupts: 138,
    probed: { interrupts: 126, sameCpu: 122, sameVector: 74 },
    misses: {
      alone: { cpu: 0, vector: 46 },
      turns: { cpu: 0, vector: 9 },
      'clean-ups': NONE,
      arrivals: NONE,
    },
    stays: {
      probed: {
        actions: ['nvme0q1', 'nvme1q1'],
        why: 'the set-ups of two messages, of two controllers, overlapped within one turn: each has the bit of the other',
      },
      links_up: { actions: ['nvme0q1', 'nvme1q1'], why: 'as before' },
    },
  },
  {
    capture: 'isolcpus12-6.1',
    scenario: 'isolcpus12',
    last: 'final',
    interrupts: 57,
    probed: { interrupts: 54, sameCpu: 50, sameVector: 45 },
    misses: {
      alone: { cpu: 17, vector: 9 },
      turns: { cpu: 13, vector: 6 },
      'clean-ups': { cpu: 13, vector: 6 },
      arrivals: NONE,
    },
  },
  { capture: 'sriov-6.1', scenario: 'sriov', last: 'on17', interrupts: 43, misses: ALL_RIGHT },
  {
    capture: 'big64-debugfs',
    scenario: 'big64',
    last: 'final',
    interrupts: 202,
    probed: { interrupts: 190, sameCpu: 187, sameVector: 183 },
    misses: {
      alone: { cpu: 17, vector: 3 },
      turns: { cpu: 14, vector: 0 },
      'clean-ups': { cpu: 14, vector: 0 },
      arrivals: NONE,
    },
  },
];

const here = captureNames();

describe.each(PREDICTED.filter(({ capture }) => here.includes(capture)))(
  'the scenario of $capture (needs ../shared)',
  ({ capture, scenario, last, interrupts, misses, probed, stays = {} }) => {
    const { alone, told } = toldOf(capture, scenario);
    let recorded: ReadonlyMap<string, Places> = new Map();
    let simulated: ReadonlyMap<string, Places> = new Map();

    beforeAll(() => {
      recorded = recordedPlaces(capture);
      simulated = simulatedPlaces(withTold(alone, told, CAUSES), scenario);
    });

    it('has every interrupt, on the CPU where the kernel had it', () => {
      expect([...simulated.keys()]).toContain(last);
      for (const [name, places] of simulated) {
        expect(cpusOf(places), name).toEqual(cpusOf(recorded.get(name) ?? new Map()));
      }
    });

    it('has every vector that the kernel had, but for those that are explained', () => {
      for (const [name, places] of simulated) {
        const theirs = recorded.get(name) ?? new Map();
        const other = [...places].filter(([action, { vector }]) => theirs.get(action)?.vector !== vector);
        expect(other.map(([action]) => action).sort(), name).toEqual(stays[name]?.actions ?? []);
      }
    });

    it('alone misses what is stated, and each miss goes when its cause is told', () => {
      const theirs = ensure(recorded.get(last), last);
      const found = ['alone', ...CAUSES].map((upTo, count) => {
        const places = simulatedPlaces(withTold(alone, told, CAUSES.slice(0, count)), scenario).get(last);
        return [upTo, missesOf(ensure(places, last), theirs)];
      });
      expect(theirs.size).toBe(interrupts);
      expect(Object.fromEntries(found)).toEqual(misses);
    });

    it.skipIf(probed === undefined)(
      'alone has the CPU right where the order of controllers is no matter',
      () => {
        const { orders, snapshots } = simulateOf(
          JSON.stringify(upToProbed(alone)),
          scenario,
          {},
          { orders: true },
        );
        expect(orders).toMatchObject(probed ?? {});
        const open = new Set(orders?.otherCpu.map(({ name }) => name));
        const theirs = [...ensure(recorded.get('probed'), 'probed')].filter(([action]) => !open.has(action));
        expect(theirs).toHaveLength(orders?.sameCpu ?? 0);
        const mine = placesOf(ensure(snapshots.at(-1), 'probed').state);
        expect(cpusOf(mine, open)).toEqual(cpusOf(new Map(theirs)));
      },
    );
  },
);

describe('docs/scenarios.md', () => {
  const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'scenarios.md'), 'utf8');

  it.each(PREDICTED)('states how far the description of $capture carries', ({ capture, ...predicted }) => {
    expect(docs).toContain(rowOf(capture, predicted));
  });
});

/** `| numa16ir-6.1 | 138 | 100 % | 67 % | 37 | 9 | - |`. */
function rowOf(capture: string, { interrupts, misses }: Omit<Predicted, 'capture'>): string {
  const sum = ({ cpu, vector }: Misses): number => cpu + vector;
  const percent = (missed: number): string => `${Math.floor((100 * (interrupts - missed)) / interrupts)} %`;
  const steps = (['alone', ...CAUSES] as const).map((upTo) => sum(misses[upTo]));
  const gone = CAUSES.map((_, at) => (steps[at] ?? 0) - (steps[at + 1] ?? 0) || '-');
  const cells = [capture, interrupts, percent(misses.alone.cpu), percent(sum(misses.alone)), ...gone];
  return `| ${cells.join(' | ')} |`;
}

function missesOf(mine: Places, theirs: Places): Misses {
  const on = [...theirs].filter(([action, { cpu }]) => mine.get(action)?.cpu === cpu);
  const same = on.filter(([action, { vector }]) => mine.get(action)?.vector === vector);
  return { cpu: theirs.size - on.length, vector: on.length - same.length };
}

function upToProbed(alone: Written): Written {
  const probed = alone.steps.findIndex((step) => step.do === 'snapshot' && step.name === 'probed');
  return { ...alone, steps: alone.steps.slice(0, probed + 1) };
}

/** @param without actions that are left out */
function cpusOf(places: Places, without: ReadonlySet<string> = new Set()): Record<string, number> {
  const all = [...places].filter(([action]) => !without.has(action));
  const entries = all.map(([action, { cpu }]) => [action, cpu] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
