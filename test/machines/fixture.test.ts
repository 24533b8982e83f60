/** The essentials of test/machines/captures.test.ts on a few recordings that are in the tree: always run. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ensure } from '../../src/base/assert.ts';
import { exactly, type Range } from '../../src/base/range.ts';
import { openRoot } from '../../src/host/open-root.ts';
import { profileNamed } from '../../src/model/kernel-profile.ts';
import type { MachineState } from '../../src/model/machine-state.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { fitsOf } from '../../src/query/fits.ts';
import { MemoryTree } from '../memory-tree.ts';
import { PC_SYSTEM_VECTORS, vectorText } from '../tiny-machine.ts';
import { withoutDebugfs } from './without-debugfs.ts';

const path = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/machines/${name}`, import.meta.url));

interface Truth {
  readonly globalAvailable: number;
  readonly globalReserved: number;
  /** Number, online, available, managed, managed in use, allocated. */
  readonly cpus: readonly (readonly [number, number, number, number, number, number])[];
}
const truths: Readonly<Record<string, Truth>> = JSON.parse(readFileSync(path('truth.json'), 'utf8'));

function read(name: string, debugfs = true): MachineState {
  const tree = openRoot(path(`${name}.tar.gz`));
  return inferState(observeTree(debugfs ? tree : withoutDebugfs(tree)));
}

const holds = ({ min, max }: Range, value: number): boolean => min <= value && value <= max;

describe('recorded machines', () => {
  it.each(Object.entries(truths))(
    '%s: the bounds hold the kernel’s counters, from procfs alone',
    (name, truth) => {
      const state = read(name, false);
      expect(state.cpus.map(({ cpu, online }) => [cpu, Number(online)])).toEqual(
        truth.cpus.map(([cpu, online]) => [cpu, online]),
      );
      for (const [cpu, , available, managed, managedAllocated, allocated] of truth.cpus) {
        const found = ensure(state.cpus[cpu], `CPU ${cpu}`);
        expect(holds(found.available, available), `available ${available} of CPU ${cpu}`).toBe(true);
        expect(holds(found.managed, managed), `managed ${managed} of CPU ${cpu}`).toBe(true);
        expect(holds(found.managedAllocated, managedAllocated), `in use of CPU ${cpu}`).toBe(true);
        expect(holds(found.allocated, allocated), `allocated ${allocated} of CPU ${cpu}`).toBe(true);
      }
      expect(holds(state.global.available, truth.globalAvailable)).toBe(true);
      expect(holds(state.global.reserved, truth.globalReserved)).toBe(true);
    },
  );

  it.each(['small-debugfs-05-off1', 'numa16ir-debugfs-04-io'])('%s: debugfs is exact', (name) => {
    const state = read(name);
    expect(state.certainty).toBe('exact');
    for (const [cpu, online, ...figures] of ensure(truths[name], name).cpus) {
      if (online === 0) continue;
      const { available, managed, managedAllocated, allocated } = ensure(state.cpus[cpu], `CPU ${cpu}`);
      expect([available, managed, managedAllocated, allocated], `CPU ${cpu}`).toEqual(figures.map(exactly));
    }
  });

  it.each([
    ['exhaust-6.1-07-off3', 'CPU 2 has 181 vectors, 96 available. Cannot disable CPU'],
    ['exhaustir-6.1-07-off3', 'CPU 2 has 196 vectors, 110 available. Cannot disable CPU'],
  ])('%s: `fits --offline 2` is refused in the kernel’s words', (name, message) => {
    const verdict = fitsOf(read(name), [{ kind: 'offline', cpus: [2] }]);
    expect(verdict.fits).toBe(false);
    expect(verdict.steps[0]?.message).toBe(message);
  });

  it.each([
    ['small-6.1-02-probed', [1, 2, 3]],
    ['small-7.2-02-probed', [1, 2, 3]],
    ['small-debugfs-05-off1', [2, 3]],
    ['numa16ir-debugfs-04-io', Array.from({ length: 15 }, (_, n) => n + 1)],
  ])('%s: CPUs %j go offline one after the other', (name, cpus) => {
    for (const debugfs of [true, false]) {
      const verdict = fitsOf(read(name, debugfs), [{ kind: 'offline', cpus }]);
      expect(verdict.steps.map(({ fits }) => fits)).toEqual(cpus.map(() => true));
    }
  });

  it('hibernation goes in the kernel’s order: descending since 6.12', () => {
    const order = (name: string) => fitsOf(read(name), [{ kind: 'hibernate' }]).steps.map(({ cpu }) => cpu);
    expect(order('small-6.1-02-probed')).toEqual([1, 2, 3]);
    expect(order('small-7.2-02-probed')).toEqual([3, 2, 1]);
  });
});

/**
 * The counters of a dump from the mailing list (LKML, 2022-07-28: a 32-CPU Threadripper that could not suspend), the
 * vector numbers our own: `allocated` per CPU, one of them set aside and in use for a managed interrupt.
 */
const THREADRIPPER = [
  9, 10, 9, 9, 9, 9, 8, 10, 9, 9, 9, 9, 9, 7, 8, 8, 9, 7, 9, 10, 8, 9, 9, 9, 10, 9, 9, 8, 8, 9, 9, 9,
];

function threadripper(kernel?: string): MachineState {
  const rows = THREADRIPPER.map((allocated, cpu) => ({
    cpu,
    available: 201 - 1 - (allocated - 1),
    managed: 1,
    mac: 1,
    vectors: Array.from({ length: allocated }, (_, n) => 60 + n * 3),
  }));
  const text = vectorText(rows, { system: PC_SYSTEM_VECTORS, reserved: 57 });
  const tree = new MemoryTree('a Threadripper', {
    files: new Map([['sys/kernel/debug/irq/domains/VECTOR', text]]),
  });
  return inferState(observeTree(tree), kernel === undefined ? undefined : profileNamed(kernel));
}

describe('a Threadripper of 32 CPUs that cannot suspend', () => {
  it('has the counters of the dump', () => {
    const { global, kernel } = threadripper();
    expect(global).toEqual({ available: exactly(6150), reserved: exactly(57), totalAllocated: exactly(282) });
    expect(kernel.profile.name).toBe('6.1');
  });

  it('must fit 250 vectors where CPU 0 has 200: 201 less one set aside for a managed interrupt', () => {
    const verdict = fitsOf(threadripper(), [{ kind: 'suspend' }]);
    expect(verdict.onePrimary).toEqual({ cpu: 0, needed: exactly(250), room: exactly(200) });
    expect(verdict.fits).toBe(false);
  });

  it.each([
    ['6.1', 125],
    ['5.19', 126],
  ])('is refused at the last CPU, under %s with %i vectors', (kernel, vectors) => {
    const { steps, certainty } = fitsOf(threadripper(kernel), [{ kind: 'suspend' }]);
    expect(certainty).toBe('exact');
    expect(steps.map(({ fits }) => fits)).toEqual([...new Array<boolean>(30).fill(true), false]);
    expect(steps.at(-1)).toMatchObject({
      cpu: 31,
      message: `CPU 31 has ${vectors} vectors, 75 available. Cannot disable CPU`,
    });
  });
});
