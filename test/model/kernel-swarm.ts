/**
 * Random steps for a machine, drawn as plain data. Each run knows only some kinds of steps and of interrupts (swarm
 * testing): what has to come together soon does, in some runs.
 */
import fc from 'fast-check';
import type { Kernel } from '../../src/model/kernel.ts';
import type { KernelProfile } from '../../src/model/kernel-profile.ts';
import { type AddKind, FIRST_MESSAGE, maySay, type Step, type World, type Written } from './kernel-world.ts';

/** What may happen; `pick` chooses among the interrupts or CPUs to which it can happen when its turn comes. */
export type RawStep =
  | {
      readonly op: 'probe';
      readonly kind: number;
      readonly mask: number;
      readonly node: number;
      readonly count: number;
    }
  | { readonly op: 'add'; readonly kind: number; readonly mask: number; readonly node: number }
  | { readonly op: 'down' | 'up'; readonly pick: number }
  | { readonly op: IrqOp; readonly pick: number }
  | { readonly op: 'request'; readonly pick: number; readonly autoEnable: boolean }
  | { readonly op: 'writeMask' | 'writeList'; readonly pick: number; readonly written: Text }
  | { readonly op: 'writeDefault'; readonly written: Text }
  | { readonly op: 'hint'; readonly pick: number; readonly mask: number; readonly sets: boolean }
  | { readonly op: 'freeze' | 'tick' };

/** A mask to be written (of 64 and more, one beyond the machine), or a text that is not taken, with its errno. */
type Text = number | (Written & { readonly errno: number });

type IrqOp = 'remove' | 'free' | 'disable' | 'enable' | 'interrupt';

export interface Swarm {
  readonly world: Omit<World, 'profile' | 'remapped'>;
  readonly ops: readonly RawStep['op'][];
  readonly kinds: readonly AddKind[];
  readonly steps: readonly RawStep[];
}

/** No more interrupts than that. */
const MOST_MESSAGES = 40;

const EINVAL = 22;
const ERANGE = 34;
const EOVERFLOW = 75;

const ADD_KINDS: readonly AddKind[] = ['maskable', 'fixed', 'immediate', 'managed', 'managed-fixed'];
/** Steps that a run may do without; it always probes. */
const OPTIONAL: readonly RawStep['op'][] = [
  'add',
  'request',
  'free',
  'remove',
  'disable',
  'enable',
  'interrupt',
  'tick',
  'down',
  'up',
  'freeze',
  'writeMask',
  'writeList',
  'writeDefault',
  'hint',
];

const op = <T extends string>(...names: T[]): fc.Arbitrary<T> => fc.constantFrom(...names);
const pick = fc.nat(999);
const anyMask = fc.nat(63);
const goodText = fc.nat(66);
const bad = (errno: number, ...texts: string[]) => texts.map((text) => ({ text, errno }));
const badMask = fc.constantFrom(
  ...bad(EINVAL, '', '\n', 'xyz', '0x3', '1,', '3 3', '-1'),
  ...bad(EOVERFLOW, '0,f', '00000000,00000001', '100', '80000000', '0f0000000'),
);
const badList = fc.constantFrom(
  ...bad(EINVAL, 'a', '3-1', '0-', '-1', '0,,1', '0-3:2', '0-3:3/2', '1 2', '0x1'),
  ...bad(ERANGE, '6', '0,40', '0-99', '7-8'),
);
const mostly = (good: fc.Arbitrary<Text>, poor: fc.Arbitrary<Text>): fc.Arbitrary<Text> =>
  fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: poor });
const message = { kind: fc.nat(9), mask: fc.nat(999), node: fc.integer({ min: -1, max: 1 }) };
const yes = fc.nat(9).map((n) => n > 0);

const WEIGHTED: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<RawStep>])[] = [
  [5, fc.record({ op: op('probe'), ...message, count: fc.integer({ min: 1, max: 7 }) })],
  [3, fc.record({ op: op('add'), ...message })],
  [8, fc.record({ op: op('request'), pick, autoEnable: yes })],
  [8, fc.record({ op: op<IrqOp>('free', 'remove', 'disable', 'enable'), pick })],
  [6, fc.record({ op: op<IrqOp>('interrupt'), pick })],
  [9, fc.record({ op: op('down', 'up'), pick })],
  [8, fc.record({ op: op('writeMask'), pick, written: mostly(goodText, badMask) })],
  [3, fc.record({ op: op('writeList'), pick, written: mostly(goodText, badList) })],
  [1, fc.record({ op: op('writeDefault'), written: mostly(goodText, badMask) })],
  [2, fc.record({ op: op('hint'), pick, mask: anyMask, sets: fc.boolean() })],
  [3, fc.record({ op: op('tick', 'tick', 'freeze') })],
];
const rawStep = fc.oneof(...WEIGHTED.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** Machines of 2 to 6 CPUs, 1 or 2 nodes, and mostly few vectors; and what happens to them. */
export const swarm: fc.Arbitrary<Swarm> = fc.record({
  world: fc.record({
    cpus: fc.integer({ min: 2, max: 6 }),
    online: fc.nat(63),
    node1: fc.oneof(fc.constant(0), fc.nat(63)),
    housekeeping: fc.oneof(fc.constant(0), fc.nat(63)),
    window: fc.integer({ min: 2, max: 12 }).map((n) => (n === 12 ? 0 : n)),
  }),
  ops: fc.subarray([...OPTIONAL], { minLength: 6 }),
  kinds: fc.subarray([...ADD_KINDS], { minLength: 1 }),
  steps: fc.array(rawStep, { minLength: 40, maxLength: 100, size: 'max' }),
});

/** What a raw step is for this machine now: nothing where it cannot happen. */
export function* stepsOf(kernel: Kernel, { world, ops, kinds }: Swarm, raw: RawStep): Generator<Step> {
  if (raw.op !== 'probe' && !ops.includes(raw.op)) return;
  const messages = raw.op === 'probe' ? raw.count : 1;
  if (raw.op !== 'probe' && raw.op !== 'add') {
    const step = resolve(kernel, world.cpus, raw);
    if (step !== undefined) yield step;
    return;
  }
  const kind = kinds[raw.kind % kinds.length] ?? 'maskable';
  for (let n = 0; n < messages; n++) {
    let irq = FIRST_MESSAGE;
    while (kernel.desc(irq) !== undefined) irq++;
    if (irq >= FIRST_MESSAGE + MOST_MESSAGES) return;
    yield { op: 'add', kind, irq, mask: 1 + ((raw.mask + n) % (2 ** world.cpus - 1)), node: raw.node };
    const request: Step = { op: 'request', irq, autoEnable: true };
    if (kernel.desc(irq) === undefined) return;
    if (raw.op === 'probe' && maySay(kernel, request)) yield request;
  }
}

function resolve(
  kernel: Kernel,
  cpus: number,
  raw: Exclude<RawStep, { readonly op: 'probe' | 'add' }>,
): Step | undefined {
  switch (raw.op) {
    case 'tick':
    case 'freeze':
      return { op: raw.op };
    case 'writeDefault':
      return { op: raw.op, written: writtenOf(raw.op, raw.written, cpus) };
    case 'down':
    case 'up': {
      const { op } = raw;
      return choose(
        kernel,
        raw.pick,
        [...kernel.possible].map((cpu) => ({ op, cpu })),
      );
    }
    case 'writeMask':
    case 'writeList': {
      const what = { op: raw.op, written: writtenOf(raw.op, raw.written, cpus) };
      // User space may name what is not there.
      if (raw.pick === 0) return { ...what, irq: 999 };
      return choose(
        kernel,
        raw.pick,
        [...kernel.descs()].map(({ irq }) => ({ ...what, irq })),
      );
    }
    default: {
      const { pick, ...what } = raw;
      return choose(
        kernel,
        pick,
        [...kernel.descs()].map(({ irq }) => ({ ...what, irq })),
      );
    }
  }
}

/** Half of the time one of the last three, so that much happens to few. */
function choose(kernel: Kernel, pick: number, steps: readonly Step[]): Step | undefined {
  const possible = steps.filter((step) => maySay(kernel, step));
  return pick < 500 ? possible.at(-1 - (pick % 3)) : possible[pick % possible.length];
}

function writtenOf(op: 'writeMask' | 'writeList' | 'writeDefault', text: Text, cpus: number): Written {
  if (typeof text !== 'number') return text;
  const mask = text >= 64 ? 63 : text % 2 ** cpus;
  const list = [0, 1, 2, 3, 4, 5].filter((cpu) => (mask >>> cpu) & 1);
  return { text: `${op === 'writeList' ? list.join() : mask.toString(16)}\n`, mask };
}

/** The world of a run in one kernel. */
export function worldOf({ world }: Swarm, profile: KernelProfile, remapped: boolean): World {
  return { ...world, profile, remapped };
}
