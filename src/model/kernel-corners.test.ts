import { describe, expect, it } from 'vitest';
import type { Step, World } from '../../test/model/kernel-world.ts';
import { WatchedKernel } from '../../test/model/watched-kernel.ts';
import { ensure } from '../base/assert.ts';
import { profileNamed } from './kernel-profile.ts';

function watch(profile: string, world: Partial<World> = {}): WatchedKernel {
  return new WatchedKernel({
    profile: ensure(profileNamed(profile), `kernel ${profile}`),
    cpus: 3,
    online: 7,
    node1: 0,
    housekeeping: 0,
    remapped: false,
    window: 8,
    ...world,
  });
}

const add = (irq: number, kind: Extract<Step, { op: 'add' }>['kind'], mask = 1): Step => ({
  op: 'add',
  kind,
  irq,
  mask,
  node: -1,
});
const request = (irq: number): Step => ({ op: 'request', irq, autoEnable: true });
const write = (irq: number, mask: number): Step => ({
  op: 'writeMask',
  irq,
  written: { text: mask.toString(16), mask },
});

describe('corners that random operations found', () => {
  it('the timer is known to the vector table of CPU 0 from boot on', () => {
    const { kernel } = watch('6.1', { window: 0 });
    expect(kernel.vectors.table.at(0, 48)).toBe(0);
  });

  it('an interrupt whose stored mask names the dying CPU is looked at, though its vector is elsewhere', () => {
    const watched = watch('6.12');
    watched.step(add(24, 'immediate', 1));
    // Inactive: the core stores the mask as the effective one, and activation finds nothing to do.
    watched.step(write(24, 2));
    for (const irq of [25, 26, 27, 28, 29, 30, 31]) watched.step(add(irq, 'immediate', 2));
    watched.step(request(24));
    const { kernel } = watched;
    const desc = ensure(kernel.desc(24), 'interrupt 24');
    expect([desc.data?.cpu, String(desc.effective)]).toEqual([0, '1']);
    for (const irq of [25, 26, 27, 28, 29, 30, 31]) watched.step({ op: 'remove', irq });
    watched.step({ op: 'down', cpu: 1 });
    expect(String(desc.affinity)).toBe('0,2');
  });

  it('a second move before the first is finished leaves a stale clean-up, which ends with the interrupt (4.17)', () => {
    const watched = watch('4.17', { remapped: true });
    for (const step of [add(24, 'maskable'), request(24), write(24, 2), write(24, 4)]) watched.step(step);
    // The first old vector is lost; the CPU's clean-up frees vector 0 each time.
    expect(watched.books.vectors.size).toBe(1);
    watched.step({ op: 'tick' });
    watched.step({ op: 'tick' });
    expect(watched.events).toContainEqual({ name: 'WARN', where: 'free: bit outside the window' });
    watched.step({ op: 'free', irq: 24 });
    watched.step({ op: 'remove', irq: 24 });
    watched.step({ op: 'tick' });
    expect(watched.events).toEqual([]);
  });

  it('a clean-up does not run on a CPU that is offline, and runs when it is back (6.5)', () => {
    const watched = watch('6.5', { remapped: true });
    const { kernel } = watched;
    for (const step of [add(24, 'maskable'), request(24), write(24, 4)]) watched.step(step);
    const data = ensure(kernel.desc(24)?.data, 'interrupt 24');
    watched.step({ op: 'down', cpu: 0 });
    watched.step({ op: 'tick' });
    expect([data.prevVector, data.cleanupPending]).toEqual([40, true]);
    watched.step({ op: 'up', cpu: 0 });
    watched.step({ op: 'tick' });
    expect([data.prevVector, data.cleanupPending]).toEqual([0, false]);
  });

  it('a clean-up takes the interrupt that came last first', () => {
    const watched = watch('6.1', { remapped: true });
    for (const irq of [24, 25, 26]) watched.step(add(irq, 'immediate', 1));
    for (const irq of [25, 24, 26]) {
      watched.step(request(irq));
      watched.step(write(irq, 4));
    }
    watched.step({ op: 'tick' });
    const freed = watched.events.filter(({ name }) => name === 'vector_free_moved');
    expect(freed.map((event) => 'irq' in event && event.irq)).toEqual([26, 24, 25]);
  });

  it.each([
    ['6.9', true],
    ['6.10', false],
  ])('a move whose old CPU has gone without a word loses its vector, or frees it (%s)', (kernel, loses) => {
    const watched = watch(kernel);
    for (const step of [add(24, 'immediate', 1), request(24), write(24, 2)]) watched.step(step);
    watched.step({ op: 'interrupt', irq: 24 });
    const { online, matrix } = watched.kernel;
    // Not by way of `cpuDown()`, which finishes the move in kernels that have learnt it.
    matrix.offline(0);
    online.delete(0);
    watched.kernel.interruptArrives(24);
    expect(matrix.allocatedBits(0)).toEqual(loses ? [40] : []);
    const text = 'IRQ 24 schedule cleanup for offline CPU 0';
    const said = watched.events.some((event) => event.name === 'printk' && event.text === text);
    expect(said).toBe(!loses);
  });

  it('a returning CPU does not start an interrupt that was removed with its handler', () => {
    const watched = watch('6.12');
    for (const step of [add(24, 'managed', 2), request(24)]) watched.step(step);
    const desc = ensure(watched.kernel.desc(24), 'interrupt 24');
    watched.step({ op: 'down', cpu: 2 });
    watched.step({ op: 'up', cpu: 2 });
    watched.step({ op: 'down', cpu: 1 });
    // A driver must not do that: new kernels let it pass in silence.
    watched.kernel.removeIrq(24);
    watched.kernel.cpuUp(1);
    expect([desc.actions, desc.started, desc.data]).toEqual([1, false, undefined]);
  });

  it('resume does not start an interrupt that its driver has not enabled yet', () => {
    const watched = watch('6.13');
    watched.step(add(24, 'managed', 1));
    watched.step({ op: 'request', irq: 24, autoEnable: false });
    watched.step({ op: 'freeze' });
    const desc = ensure(watched.kernel.desc(24), 'interrupt 24');
    expect([desc.started, desc.depth]).toEqual([false, 1]);
  });
});
