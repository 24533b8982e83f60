import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../test/model/kernel-digest.ts';
import { stepsOf, swarm, worldOf } from '../../test/model/kernel-swarm.ts';
import { perform, type Step, type World } from '../../test/model/kernel-world.ts';
import { WatchedKernel } from '../../test/model/watched-kernel.ts';
import { ensure } from '../base/assert.ts';
import type { KernelEvent } from './events.ts';
import type { Kernel } from './kernel.ts';
import { PROFILE_NAMES, profileNamed } from './kernel-profile.ts';

/**
 * Random steps of drivers, hardware and administrators on small machines. The seed is fixed, and another for each
 * kernel; a failure prints it. IRQSPACE_SEED and IRQSPACE_RUNS look elsewhere, and longer.
 */
const SEED = Number(process.env.IRQSPACE_SEED ?? 1);
const RUNS = Number(process.env.IRQSPACE_RUNS ?? 16);

/** What happened in all runs together, so that none of it is missing one day without anyone noticing. */
const met = new Map<string, number>();

function note(what: string): void {
  met.set(what, (met.get(what) ?? 0) + 1);
}

function noteStep(watched: WatchedKernel, step: Step, ret: number): void {
  const { kernel, books, events } = watched;
  note(`${step.op} ${ret}`);
  for (const event of events) {
    if (event.name === 'WARN') note(event.where.replace(/\d+/g, 'N'));
    else if (event.name === 'printk') note(event.text.replace(/\d[-,\d]*/g, 'N'));
    else note(event.name);
  }
  if (books.vectors.size > 0) note('lost vectors');
  if (books.adrift.size > 0) note('interrupts adrift');
  if (books.adriftMoves.size > 0) note('moves adrift');
  if (books.storedMasks.size > 0) note('stored masks');
  if (books.forgotten.size > 0) note('forgotten maps');
  if (kernel.vectors.pendingCleanups().size > 0) note('clean-ups that wait');
}

/** The steps again, on a machine of its own and without any watch. */
function replay(world: World, kernel: Kernel, steps: readonly Step[]): void {
  for (const step of steps) perform(world, kernel, step);
}

/** A copy is equal and independent, does the same, and says the same; and it does the same unheard. */
function compareCopies(world: World, kernel: Kernel, copies: readonly Kernel[], run: Run): void {
  const [heard, silent] = copies;
  if (heard === undefined || silent === undefined) throw new Error('two copies');
  // The original has gone on since.
  expect([heard, silent].map((copy) => digestOf(copy))).toEqual([run.digest, run.digest]);
  const end = digestOf(kernel);
  const events: KernelEvent[] = [];
  heard.listener = (event) => events.push(event);
  replay(world, heard, run.steps);
  // As text first: a deep comparison of thousands of events takes longer than all the rest.
  if (JSON.stringify(events) !== JSON.stringify(run.events)) expect(events).toEqual(run.events);
  expect([digestOf(heard), digestOf(silent), digestOf(kernel)]).toEqual([end, run.digest, end]);
  replay(world, silent, run.steps);
  expect(digestOf(silent)).toBe(end);
}

interface Run {
  /** Of the machine when the copies were made. */
  readonly digest: string;
  /** Since then. */
  readonly steps: Step[];
  readonly events: KernelEvent[];
}

describe('a machine under random steps', () => {
  for (const [at, name] of PROFILE_NAMES.entries()) {
    for (const remapped of [false, true]) {
      const title = `${name}${remapped ? ', remapped' : ''}`;
      it(`keeps every rule, and a copy of it does the same (${title})`, () => {
        const profile = ensure(profileNamed(name), name);
        const oneRun = fc.property(swarm, fc.nat(60), (drawn, cut) => {
          const world = worldOf(drawn, profile, remapped);
          const watched = new WatchedKernel(world);
          const { kernel } = watched;
          let copies: Kernel[] = [];
          let run: Run = { digest: '', steps: [], events: [] };
          const log: string[] = [];
          try {
            for (const [n, raw] of drawn.steps.entries()) {
              if (n === Math.min(cut, drawn.steps.length - 1)) {
                copies = [kernel.clone(), kernel.clone()];
                run = { digest: digestOf(kernel), steps: [], events: [] };
              }
              for (const step of stepsOf(kernel, drawn, raw)) {
                log.push(JSON.stringify(step));
                noteStep(watched, step, watched.step(step).ret);
                run.steps.push(step);
                run.events.push(...watched.events);
              }
            }
            compareCopies(world, kernel, copies, run);
          } catch (error) {
            throw new Error(`${error}\nsteps:\n${log.slice(-30).join('\n')}`, { cause: error });
          }
        });
        fc.assert(oneRun, { numRuns: RUNS, seed: SEED + 2 * at + Number(remapped) });
      });
    }
  }

  it.each([
    ...['add 0', 'add -28', 'add -22', 'remove 0', 'request 0', 'request -28', 'free 0', 'tick 0', 'up 0'],
    ...['down 0', 'down -28', 'freeze 0', 'freeze -28', 'hint 0', 'interrupt 0', 'disable 0', 'enable 0'],
    ...['writeMask 0', 'writeMask -1', 'writeMask -5', 'writeMask -22', 'writeMask -28', 'writeMask -75'],
    ...['writeList 0', 'writeList -22', 'writeList -34', 'writeDefault 0', 'writeDefault -22'],
    ...['lost vectors', 'interrupts adrift', 'moves adrift', 'stored masks', 'clean-ups that wait'],
    ...['vector_free_moved', 'vector_clear', 'irq_matrix_remove_managed', '__irq_startup_managed'],
    'Interrupt reservation exceeds available resources',
    'IRQ fixup: irq N move in progress, old vector N',
    'IRQN: set affinity failed(-N).',
    'IRQ N: no longer affine to CPUN',
    'irq N: Affinity broken due to vector space exhaustion.',
    'Reserved vectors N > available N. IRQ request may fail',
    'Eff. affinity N of IRQ N contains only offline CPUs after offlining CPU N',
    'Unbalanced enable for IRQ N',
    '__common_interrupt: N.N No irq handler for vector',
  ])('meets, in one kernel or another: %s', (what) => {
    expect(met.get(what) ?? 0).toBeGreaterThan(3);
  });
});
