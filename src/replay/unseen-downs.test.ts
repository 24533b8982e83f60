import { describe, expect, it } from 'vitest';
import { boot, event, mark, outline, type Sample } from '../../test/replay/samples.ts';

const maps = (count: number, cpu = 0): Sample =>
  event('irq_matrix_free', { online_maps: count, online: 1 }, { cpu });
const back = (cpu: number, count: number): Sample =>
  event('irq_matrix_online', { online_maps: count }, { cpu });
const cpus = (samples: readonly Sample[], after?: readonly number[], freezes?: 'ascending' | 'descending') =>
  outline([...boot(), ...samples], [], after, freezes).unseenDowns.map(({ cpu }) => cpu);

describe('CPUs that are away at once', () => {
  it('are told apart by their own last events', () => {
    expect(cpus([maps(3), maps(3, 2), maps(2), back(1, 3), back(2, 4)])).toEqual([1, 2]);
    expect(cpus([maps(3), maps(3, 1), maps(2), back(1, 3), back(2, 4)])).toEqual([2, 1]);
  });

  it('are told apart by an event that shows one of them offline', () => {
    const offline = event('irq_matrix_reserve_managed', { cpu: 2, online: 0, online_maps: 3 });
    expect(cpus([maps(3), offline, maps(2), back(1, 3), back(2, 4)])).toEqual([2, 1]);
  });

  it('were online where a vector of theirs was given or taken', () => {
    const given = event('irq_matrix_alloc', { cpu: 3, online: 1, online_maps: 3 });
    expect(cpus([maps(3), given, maps(2)], [0, 1])).toEqual([2, 3]);
  });

  it('are not told apart by a kprobe, which fires on a dying CPU too', () => {
    const probe = event('k_offline', {}, { cpu: 2 });
    expect(cpus([maps(3), probe, maps(2), back(1, 3), back(2, 4)])).toEqual([undefined, undefined]);
  });

  it('are not known where nothing tells which went first', () => {
    expect(cpus([maps(2), back(1, 3), back(2, 4)])).toEqual([undefined, undefined]);
    expect(cpus([maps(3), maps(2)], [0, 3])).toEqual([undefined, undefined]);
  });

  it('may be known in part', () => {
    const shown = [maps(3), maps(3, 1), maps(3, 2), maps(1), back(1, 2), back(2, 3), back(3, 4)];
    expect(cpus(shown)).toEqual([3, undefined, undefined]);
  });

  it('went in the order of the freeze if it was a suspend', () => {
    const all = [maps(1), back(1, 2), back(2, 3), back(3, 4)];
    expect(cpus(all, undefined, 'ascending')).toEqual([1, 2, 3]);
    expect(cpus(all, undefined, 'descending')).toEqual([3, 2, 1]);
    // Refused at CPU 1.
    expect(cpus([maps(2), back(2, 3), back(3, 4)], undefined, 'descending')).toEqual([3, 2]);
  });

  it('were no suspend where others would have gone first, came back otherwise, or something happened between', () => {
    const unknown = [undefined, undefined];
    expect(cpus([maps(2), back(1, 3), back(2, 4)], undefined, 'descending')).toEqual(unknown);
    expect(cpus([maps(2), back(3, 3), back(2, 4)], undefined, 'descending')).toEqual(unknown);
    expect(cpus([maps(3), maps(2), back(2, 3), back(3, 4)], undefined, 'descending')).toEqual(unknown);
  });

  it('are named by a snapshot that shows who is left, but their order is not', () => {
    const online = { before: [0, 1, 2, 3], at: new Map([['05-off', [0, 1, 3]]]), after: undefined };
    const samples = [maps(4), mark('LAB mark snap 05-off '), maps(3), maps(2, 1), back(3, 3)];
    expect(outline(samples, online).unseenDowns).toEqual([
      { before: 1, cpu: 2 },
      { before: 3, cpu: 3 },
    ]);
  });
});
