import { describe, expect, it } from 'vitest';
import { type TinyMachine, tinyTree } from '../../../test/tiny-machine.ts';
import { watchSample as schema, type WatchSample } from '../../format/watch.ts';
import type { FileTree } from '../../observe/file-tree.ts';
import { inferState } from '../../observe/infer.ts';
import { observeTree } from '../../observe/observe-tree.ts';
import { RequestError } from '../request-error.ts';
import { Watcher, type WatchSource } from './watcher.ts';

const NVME = { name: 'nvme0q1', device: '0000:01:00.0', driver: 'nvme' } as const;
const BEFORE: TinyMachine = {
  irqs: [
    { irq: 30, ...NVME, on: 1, mask: '1', counts: [0, 100] },
    { irq: 31, name: 'eth0', on: 2, mask: '0-3', counts: [0, 0, 7] },
  ],
};

/** A machine that is another one whenever the test says so. */
class Changing {
  now: FileTree;
  trace = '';
  reads = 0;

  constructor(machine: TinyMachine) {
    this.now = tinyTree(machine);
  }

  become(machine: TinyMachine): void {
    this.now = tinyTree(machine);
  }

  source(traced = false): WatchSource {
    const now = (): FileTree => this.now;
    const tree: FileTree = {
      source: 'a machine',
      live: false,
      keepsModes: false,
      denied: [],
      readText: (path) => now().readText(path),
      readBytes: (path) => now().readBytes(path),
      list: (path) => now().list(path),
      linkTarget: (path) => now().linkTarget(path),
      mode: (path) => now().mode(path),
    };
    const read = (): string => {
      const text = this.trace;
      this.trace = '';
      return text;
    };
    return {
      tree,
      machine: () => {
        this.reads++;
        return inferState(observeTree(now()));
      },
      trace: traced ? { read } : undefined,
      tracing: 'a test',
    };
  }
}

function looked(watcher: Watcher, atMs: number): WatchSample {
  const sample = watcher.sample(atMs);
  expect(schema.parse(sample)).toEqual(sample);
  return sample;
}

/** All that was seen until every mask was looked at. */
const eventsOf = ({ events }: WatchSample): string[] =>
  events.map(({ kind, irq, cpu, text }) => `${kind} ${irq ?? `CPU ${cpu}`}: ${text}`);

describe('a machine that is watched', () => {
  it('has owners at once, and rates from the second reading on', () => {
    const machine = new Changing(BEFORE);
    const watcher = new Watcher(machine.source(), 1000, 0);
    const first = looked(watcher, 0);
    expect(first.seconds).toBeUndefined();
    expect(first.irqs.find(({ irq }) => irq === 30)).toEqual({
      irq: 30,
      name: 'nvme0q1',
      device: '0000:01:00.0',
      driver: 'nvme',
      managed: true,
      cpu: 1,
      on: [],
    });
    machine.become({
      irqs: [
        { irq: 30, ...NVME, on: 1, mask: '1', counts: [0, 150] },
        { irq: 31, name: 'eth0', on: 2, mask: '0-3', counts: [0, 0, 7] },
      ],
    });
    const { irqs, cpus, events, seconds } = looked(watcher, 500);
    expect(seconds).toBe(0.5);
    expect(irqs.map(({ irq, rate }) => [irq, rate])).toEqual([
      [0, 0],
      [30, 100],
      [31, 0],
    ]);
    expect(cpus.map(({ rate }) => rate)).toEqual([0, 100, 0, 0]);
    expect(events).toEqual([]);
    expect(machine.reads).toBe(1);
  });

  it('tells a move by the effective affinity, and a new mask', () => {
    const machine = new Changing(BEFORE);
    const watcher = new Watcher(machine.source(), 1000, 0);
    looked(watcher, 0);
    machine.become({
      irqs: [
        { irq: 30, ...NVME, on: 1, mask: '1', counts: [0, 100] },
        { irq: 31, name: 'eth0', on: 3, mask: '3', counts: [0, 0, 7] },
      ],
    });
    const sample = looked(watcher, 100);
    expect(eventsOf(sample)).toEqual([
      'mask 31: may go to CPU 3 now, to 0-3 before',
      'moved 31: moved from CPU 2 to CPU 3',
    ]);
    expect(sample.irqs.find(({ irq }) => irq === 31)?.cpu).toBe(3);
    expect(looked(watcher, 200).events).toEqual([]);
  });

  it('tells a move that was made between the reading of its facts and the first look', () => {
    const machine = new Changing(BEFORE);
    const watcher = new Watcher(machine.source(), 1000, 0);
    machine.become({ irqs: [{ irq: 31, name: 'eth0', on: 0, mask: '0-3', counts: [0, 0, 7] }] });
    expect(eventsOf(looked(watcher, 0))).toEqual(['moved 31: moved from CPU 2 to CPU 0']);
  });

  it('looks at the masks of many interrupts a few at a time, and at all of them in the end', () => {
    const many = (on: number): TinyMachine => ({
      irqs: Array.from({ length: 40 }, (_, n) => ({ irq: 30 + n, name: `q${n}`, on, mask: '0-3' })),
    });
    const machine = new Changing(many(1));
    const watcher = new Watcher(machine.source(), 1000, 0);
    machine.become(many(2));
    const moved = [0, 1, 2, 3].map((n) => looked(watcher, n).events.length);
    expect(moved[0]).toBeLessThan(20);
    expect(moved.reduce((sum, n) => sum + n, 0)).toBe(40);
  });

  it('tells CPUs and interrupts that come and go', () => {
    const machine = new Changing(BEFORE);
    const watcher = new Watcher(machine.source(), 1000, 0);
    looked(watcher, 0);
    machine.become({
      online: [0, 1, 2],
      irqs: [
        { irq: 30, name: 'nvme1q1', on: 1, mask: '1', counts: [0, 100] },
        { irq: 32, name: 'eth1', on: 2, mask: '0-3' },
      ],
    });
    const sample = looked(watcher, 100);
    expect(eventsOf(sample)).toEqual([
      'cpu-offline CPU 3: CPU 3 is offline',
      'requested 30: was nvme0q1 before',
      'requested 32: is new',
      'gone 31: is gone',
    ]);
    expect(sample.cpus.map(({ online }) => online)).toEqual([true, true, true, false]);
    machine.become(BEFORE);
    expect(eventsOf(looked(watcher, 200))).toContain('cpu-online CPU 3: CPU 3 is online');
  });

  it('takes moves and counters from the trace where there is one, and looks at no mask then', () => {
    const machine = new Changing(BEFORE);
    const watcher = new Watcher(machine.source(true), 1000, 0);
    looked(watcher, 0);
    machine.become({ irqs: [{ irq: 31, name: 'eth0', on: 3, mask: '3', counts: [0, 0, 7] }] });
    const line = (text: string): string => `  a-1       [001] d..3.    12.500000: ${text}\n`;
    machine.trace =
      line('vector_update: irq=31 vector=40 cpu=3 prev_vector=35 prev_cpu=2') +
      line(
        'irq_matrix_alloc: bit=40 cpu=3 online=1 avl=150 alloc=9 managed=2 online_maps=4 global_avl=1, global_rsvd=0, total_alloc=2',
      );
    const sample = looked(watcher, 100);
    expect(sample.events.filter(({ kind }) => kind === 'moved')).toEqual([
      expect.objectContaining({ irq: 31, name: 'eth0', by: 'trace', from: 2, cpu: 3, vector: 40 }),
    ]);
    expect(sample.irqs.find(({ irq }) => irq === 31)).toMatchObject({ cpu: 3, vector: 40 });
    expect(sample.cpus[3]).toMatchObject({
      available: { min: 150, max: 150 },
      allocated: { min: 9, max: 9 },
      managed: { min: 2, max: 2 },
    });
    expect(sample.tracing).toEqual({ on: true, text: 'a test' });
  });

  it('reads vectors and owners anew when it is told to', () => {
    const machine = new Changing(BEFORE);
    const watcher = new Watcher(machine.source(), 1000, 0);
    machine.become({
      irqs: [{ irq: 31, name: 'eth0', on: 2, mask: '0-3', driver: 'igb', device: '0000:02:00.0' }],
    });
    expect(looked(watcher, 100).factsAt).toBe(0);
    watcher.refresh(200);
    const sample = looked(watcher, 300);
    expect(sample.factsAt).toBe(200);
    expect(sample.irqs.find(({ irq }) => irq === 31)?.driver).toBe('igb');
  });

  it('without /proc/interrupts is not to be watched', () => {
    const machine = new Changing({ ...BEFORE, without: ['proc/interrupts'] });
    const watcher = new Watcher(machine.source(), 1000, 0);
    expect(() => watcher.sample(0)).toThrow(RequestError);
  });
});
