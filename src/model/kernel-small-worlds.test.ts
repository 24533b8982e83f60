import { describe, expect, it } from 'vitest';
import { digestOf } from '../../test/model/kernel-digest.ts';
import { type AddKind, maySay, type Step } from '../../test/model/kernel-world.ts';
import { WatchedKernel } from '../../test/model/watched-kernel.ts';
import { ensure } from '../base/assert.ts';
import { profileNamed } from './kernel-profile.ts';

/**
 * Every sequence of steps on two CPUs with very few vectors, breadth first, to a depth. Each world looks at one thing,
 * so that the depth reaches where it becomes interesting.
 */
interface SmallWorld {
  readonly about: string;
  /** `6.5`, or `6.5 remapped`. */
  readonly kernels: readonly string[];
  readonly window: number;
  readonly isolates?: boolean;
  /** Made before the search begins. */
  readonly first: readonly Step[];
  readonly steps: readonly Step[];
  readonly depth: number;
  /** States that there are; with fewer the search has lost something. */
  readonly atLeast: number;
  /** Refusals, and what was printed or went wrong, without the figures. */
  readonly meets: readonly string[];
}

const add = (irq: number, kind: AddKind, mask = 3): Step => ({ op: 'add', kind, irq, mask, node: -1 });
const request = (irq: number): Step => ({ op: 'request', irq, autoEnable: true });
const of = (irq: number, ...ops: ('free' | 'remove' | 'disable' | 'enable' | 'interrupt')[]): Step[] =>
  ops.map((op) => ({ op, irq }));
const writes = (irq: number, ...masks: number[]): Step[] =>
  masks.map((mask) => ({ op: 'writeMask', irq, written: { text: `${mask}\n`, mask } }));
const defaults = (...masks: number[]): Step[] =>
  masks.map((mask) => ({ op: 'writeDefault', written: { text: `${mask}\n`, mask } }));
const TICK: Step = { op: 'tick' };
const FREEZE: Step = { op: 'freeze' };
const PLUG: readonly Step[] = [
  { op: 'down', cpu: 0 },
  { op: 'up', cpu: 0 },
  { op: 'down', cpu: 1 },
  { op: 'up', cpu: 1 },
];

const WORLDS: readonly SmallWorld[] = [
  {
    about: 'managed interrupts whose CPUs go and come',
    kernels: ['4.15', '4.20', '5.9', 'newest', 'newest remapped'],
    window: 4,
    isolates: true,
    first: [add(24, 'managed'), add(25, 'managed', 1), request(24)],
    steps: [
      ...of(24, 'free', 'remove', 'disable', 'enable', 'interrupt'),
      add(24, 'managed'),
      request(24),
      request(25),
      ...of(25, 'free', 'enable'),
      ...PLUG,
      FREEZE,
      TICK,
    ],
    depth: 6,
    atLeast: 450,
    meets: ['Unbalanced enable for IRQ N', '__irq_startup_managed'],
  },
  {
    about: 'moves of one interrupt',
    kernels: ['4.17 remapped', '6.5', '6.9 remapped', 'newest', 'newest remapped'],
    window: 4,
    first: [add(24, 'maskable'), add(25, 'fixed'), request(24)],
    steps: [
      request(24),
      request(25),
      ...of(24, 'free', 'interrupt'),
      ...of(25, 'free', 'interrupt'),
      ...writes(24, 1, 2, 3),
      ...writes(25, 1, 2),
      ...PLUG,
      TICK,
    ],
    depth: 5,
    atLeast: 1500,
    meets: ['writeMask -22', 'IRQ N: no longer affine to CPUN'],
  },
  {
    about: 'vectors running out',
    kernels: ['4.16 remapped', 'newest remapped'],
    window: 1,
    first: [],
    steps: [
      add(24, 'maskable'),
      add(25, 'immediate', 1),
      add(26, 'managed', 2),
      ...[24, 25, 26].flatMap((irq) => [request(irq), ...of(irq, 'free', 'remove')]),
      ...writes(24, 1, 2),
      ...writes(25, 2),
      ...PLUG,
      FREEZE,
      TICK,
    ],
    depth: 6,
    atLeast: 1200,
    meets: [
      ...['add -28', 'request -28', 'writeMask -28', 'down -28', 'freeze -28'],
      'Interrupt reservation exceeds available resources',
      'IRQN: set affinity failed(-N).',
      'Reserved vectors N > available N. IRQ request may fail',
    ],
  },
  {
    about: 'defaults, hints and disabled interrupts',
    kernels: ['5.9', 'newest'],
    window: 4,
    first: [add(24, 'maskable')],
    steps: [
      request(24),
      ...of(24, 'free', 'disable', 'enable', 'interrupt'),
      ...defaults(1, 2, 3),
      { op: 'hint', irq: 24, mask: 1, sets: true },
      { op: 'hint', irq: 24, mask: 2, sets: false },
      ...writes(24, 2),
      ...PLUG,
      TICK,
    ],
    depth: 5,
    atLeast: 600,
    meets: ['writeDefault -22', 'IRQ fixup: irq N move in progress, old vector N'],
  },
];

class Search {
  readonly met = new Set<string>();
  readonly #seen = new Set<string>();

  get states(): number {
    return this.#seen.size;
  }

  run(root: WatchedKernel, steps: readonly Step[], depth: number): void {
    let level = [{ at: root, key: keyOf(root), path: '' }];
    this.#seen.add(level[0]?.key ?? '');
    for (let n = 0; n < depth; n++) {
      const next: typeof level = [];
      for (const { at, key, path } of level) {
        // A copy that came back to where it was can go on from there.
        let copy: WatchedKernel | undefined;
        for (const step of steps) {
          if (!maySay(at.kernel, step)) continue;
          copy ??= at.clone();
          const here = `${path} ${nameOf(step)}`;
          this.#make(copy, step, here);
          const reached = keyOf(copy);
          if (reached === key) continue;
          if (!this.#seen.has(reached)) {
            this.#seen.add(reached);
            if (n + 1 < depth) next.push({ at: copy, key: reached, path: here });
          }
          copy = undefined;
        }
      }
      level = next;
    }
  }

  #make(watched: WatchedKernel, step: Step, path: string): void {
    try {
      const { ret } = watched.step(step);
      if (ret < 0) this.met.add(`${step.op} ${ret}`);
      for (const event of watched.events) {
        if (event.name === 'printk') this.met.add(event.text.replace(/\d[-,\d]*/g, 'N'));
        else if (event.name === 'WARN') this.met.add(event.where.replace(/\d+/g, 'N'));
      }
    } catch (error) {
      throw new Error(`${path.trim()}: ${error}`, { cause: error });
    }
  }
}

/** The state, and the losses that decide how it is judged. */
function keyOf({ kernel, books }: WatchedKernel): string {
  return `${digestOf(kernel, 'live')} ${books.key()}`;
}

function nameOf(step: Step): string {
  const parts: (string | number)[] = [step.op];
  if ('irq' in step) parts.push(step.irq);
  if ('cpu' in step) parts.push(step.cpu);
  if ('mask' in step) parts.push(step.mask);
  if ('written' in step) parts.push(step.written.text.trim());
  return parts.join('-');
}

describe('small worlds of whole machines', () => {
  for (const { about, kernels, window, isolates, first, steps, depth, atLeast, meets } of WORLDS) {
    for (const kernel of kernels) {
      it(`${about}: no ${depth} steps break a rule (${kernel})`, () => {
        const [name = '', remapped] = kernel.split(' ');
        const root = new WatchedKernel({
          profile: ensure(profileNamed(name), kernel),
          cpus: 2,
          online: 3,
          node1: 0,
          housekeeping: isolates === true ? 1 : 0,
          remapped: remapped !== undefined,
          window,
        });
        for (const step of first) root.step(step);
        const search = new Search();
        search.run(root, steps, depth);
        expect(search.states).toBeGreaterThan(atLeast);
        expect([...search.met]).toEqual(expect.arrayContaining([...meets]));
      });
    }
  }
});
