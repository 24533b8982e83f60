import { describe, expect, it } from 'vitest';
import { boot, event, outline, type Sample, snapshotOf } from '../../test/replay/samples.ts';
import type { TinyMachine } from '../../test/tiny-machine.ts';
import { ensure } from '../base/assert.ts';
import { profileNamed } from '../model/kernel-profile.ts';
import type { PlacedSnapshot } from './facts.ts';
import type { Outline } from './outline.ts';
import { refuseForeign } from './refuse-foreign.ts';

/** 6.1 without IA32 emulation: 202 vectors on its first CPU. */
const SYSTEM: readonly Sample[] = [0, 32, 50, 236].map((bit) => event('irq_matrix_assign_system', { bit }));
const setUp = (irq: number): Sample => event('vector_setup', { irq });
const BOOT = outline([...SYSTEM, ...boot().slice(1), ...[24, 25, 26, 27].map(setUp)]);
const END = Number.POSITIVE_INFINITY;

const machine = (irqs: readonly number[], more: TinyMachine = {}): TinyMachine => ({
  irqs: irqs.map((irq) => ({ irq, name: `eth${irq}`, on: 0 })),
  ...more,
});

function complaint(
  snapshots: readonly PlacedSnapshot[],
  of: Outline = BOOT,
  kernel = '6.1',
  chosen = false,
): string | undefined {
  try {
    refuseForeign('t', snapshots, of, ensure(profileNamed(kernel), kernel), chosen);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ReplayInputError') throw error;
    return error.message;
  }
}

describe('snapshots of the machine that was traced', () => {
  it('are taken', () => {
    expect(complaint([snapshotOf('a', END, machine([24, 25, 26, 27]))])).toBeUndefined();
  });

  it('may have an interrupt more or less: they come and go while a snapshot is taken', () => {
    expect(complaint([snapshotOf('a', END, machine([24, 25, 26, 27, 28]))])).toBeUndefined();
    expect(complaint([snapshotOf('a', END, machine([24, 25, 26]))])).toBeUndefined();
  });

  it('are judged by the interrupts that were there when they were taken', () => {
    const gone = outline([...SYSTEM, ...boot().slice(1), setUp(24), event('vector_teardown', { irq: 24 })]);
    expect(complaint([snapshotOf('a', 8, machine([24]))], gone)).toBeUndefined();
    expect(complaint([snapshotOf('a', END, machine([24]))], gone)).toMatch(/it has interrupt 24/);
  });
});

describe('a snapshot is refused', () => {
  it('that has not the CPUs of the trace', () => {
    expect(complaint([snapshotOf('a', END, machine([], { cpus: 2 }))])).toBe(
      'a: does not belong to t: it has CPUs 0-1, the trace has events of CPU 3',
    );
  });

  it('that has other CPUs than the first one', () => {
    const all = machine([24, 25, 26, 27]);
    expect(complaint([snapshotOf('a', END, all), snapshotOf('b', END, { ...all, cpus: 8 })])).toBe(
      'b: does not belong to t: it has CPUs 0-7, a has 0-3',
    );
  });

  it('of another kernel than the first one', () => {
    const all = machine([24, 25, 26, 27]);
    expect(complaint([snapshotOf('a', END, all), snapshotOf('b', END, { ...all, kernel: '6.1.1' })])).toBe(
      'b: does not belong to t: its kernel is 6.1.1, that of a is 6.1.192',
    );
  });

  it('that has other interrupts, which are named', () => {
    expect(complaint([snapshotOf('a', END, machine([24, 70, 71]))])).toMatch(
      /^a: does not belong to t: it has no interrupt 25, which the trace has set up; it has interrupt 70, which/,
    );
  });

  it('whose kernel has other system vectors', () => {
    expect(complaint([snapshotOf('a', END, machine([24, 25, 26, 27]))], BOOT, '6.12')).toBe(
      'a: does not belong to t: kernel 6.12 has 201 vectors free on the first CPU, the trace shows 202',
    );
  });

  it('that has fewer CPUs online than a trace of a running machine begins with', () => {
    const running = outline([event('irq_matrix_free', { online_maps: 4 })]);
    const at = (online: readonly number[]): PlacedSnapshot => snapshotOf('a', -1, machine([], { online }));
    expect(complaint([at([0, 1, 2, 3])], running)).toBeUndefined();
    expect(complaint([at([0, 1, 2])], running)).toBe(
      'a: does not belong to t: it has 3 CPUs online, the trace begins with 4',
    );
  });
});

describe('rules that were asked for', () => {
  it('are named, not the snapshot, where they do not fit', () => {
    expect(complaint([snapshotOf('a', END, machine([24, 25, 26, 27]))], BOOT, '6.12', true)).toBe(
      'the rules of 6.12 do not fit t: 201 vectors free on the first CPU, the trace shows 202',
    );
  });
});

describe('where events were lost', () => {
  it('neither interrupts nor system vectors tell another machine', () => {
    const torn = outline([...SYSTEM.slice(1), 5, ...boot().slice(1), setUp(24)]);
    expect(complaint([snapshotOf('a', END, machine([24, 70, 71]))], torn)).toBeUndefined();
  });
});
