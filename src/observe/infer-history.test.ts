import { describe, expect, it } from 'vitest';
import { type TinyIrq, type TinyMachine, tinyState } from '../../test/tiny-machine.ts';
import { formatRange } from '../base/range.ts';

const NIC = { device: '0000:02:00.0', driver: 'igb' };
const base: TinyIrq = { irq: 30, name: 'eth0', on: 2, mask: '2', ...NIC };

/** The old vectors that are inferred: `0..1 on 1,3`; the empty string for none. */
function old(irq: Partial<TinyIrq>, machine: TinyMachine = {}): string {
  const { unplaced } = tinyState({ ...machine, irqs: [{ ...base, ...irq }] });
  return unplaced
    .filter((vector) => vector.why === 'old')
    .map(({ held, cpus }) => `${formatRange(held)} on ${cpus}`)
    .join(' ');
}

/** CPU 1 was away for half of the time. */
const RETURNED = {
  'proc/stat': 'cpu0 100 0 100 99800\ncpu1 100 0 100 50000\ncpu2 100 0 100 99800\ncpu3 100 0 100 99800\n',
};

describe('old vectors of regular interrupts', () => {
  it('one that fired on a CPU outside of its mask, and not since, still holds a vector there', () => {
    expect(old({ counts: [0, 9, 0, 0] })).toBe('1 on 1');
  });

  it('fired on several CPUs, it is one of them', () => {
    expect(old({ counts: [3, 9, 0, 0] })).toBe('0..1 on 0-1');
  });

  it('where a CPU was offline, that may have moved it', () => {
    expect(old({ counts: [0, 9, 0, 0] }, { files: RETURNED })).toBe('0..1 on 1');
  });

  it('fired on its CPU after one move: it has given the old one back', () => {
    expect(old({ counts: [0, 9, 9, 0] })).toBe('');
    expect(old({ counts: [0, 9, 10, 0] })).toBe('');
  });

  it('fired here less than elsewhere: it may have come back to a CPU that it had left', () => {
    expect(old({ counts: [0, 9, 8, 0] })).toBe('0..1 on 1');
    expect(old({ counts: [1, 1, 8, 0] })).toBe('0..1 on 0-1');
  });

  it('a busy one gives it back at once', () => {
    // 1000 s of uptime: 10 per second and more is busy.
    expect(old({ counts: [0, 9999, 1, 0] })).toBe('');
    expect(old({ counts: [0, 9998, 1, 0] })).toBe('0..1 on 1');
  });

  it('never fired: there was no interrupt at which it could have moved', () => {
    expect(old({ counts: [0, 0, 0, 0] })).toBe('');
  });

  it('fired only where it is', () => {
    expect(old({ counts: [0, 0, 5, 0] })).toBe('');
  });

  it('a CPU that its mask still holds was not left by a write', () => {
    expect(old({ mask: '1-2', counts: [0, 9, 0, 0] })).toBe('');
    expect(old({ mask: '1-2', counts: [3, 9, 0, 0] })).toBe('0..1 on 0');
  });

  it('fired on a CPU that is offline now, and not since: it came from there, and nothing is left', () => {
    expect(old({ counts: [3, 0, 0, 9] }, { online: [0, 1, 2] })).toBe('');
  });

  it('a mask of all CPUs that were online is the kernel’s own, after its CPU went', () => {
    expect(old({ mask: '0,2-3', counts: [0, 9, 0, 0] }, { files: RETURNED })).toBe('');
  });

  it('with interrupt remapping nothing is left behind', () => {
    expect(old({ chip: 'IR-PCI-MSI', counts: [0, 9, 0, 0] })).toBe('');
    expect(old({ chip: 'DMAR-MSI', counts: [0, 9, 0, 0] })).toBe('');
    expect(old({ chip: 'IO-APIC', counts: [0, 9, 0, 0] })).toBe('1 on 1');
  });

  it('without counts it may be anywhere else', () => {
    expect(old({}, { without: ['proc/interrupts', 'sys/kernel/irq/30/per_cpu_count'] })).toBe(
      '0..1 on 0-1,3',
    );
  });

  it('a move that waits has left nothing yet, if it fired where it is', () => {
    expect(old({ mask: '3', counts: [0, 9, 1, 0] })).toBe('');
    expect(old({ mask: '3', counts: [0, 9, 0, 0] })).toBe('0..1 on 1');
  });

  it('a default that was narrowed at run time moves an interrupt when it is requested', () => {
    const narrow = { 'proc/irq/default_smp_affinity': '4\n' };
    expect(old({ counts: [0, 0, 0, 0] }, { files: narrow })).toBe('0..1 on 0-1,3');
    // From boot on it was never anywhere else.
    const booted = { ...narrow, 'proc/cmdline': 'irqaffinity=2\n' };
    expect(old({ counts: [0, 0, 0, 0] }, { files: booted })).toBe('');
    expect(old({ mask: '1-2', counts: [0, 0, 0, 0] }, { files: narrow })).toBe('');
  });
});

describe('old vectors of managed interrupts', () => {
  const QUEUE: Partial<TinyIrq> = { name: 'nvme0q1', driver: 'nvme', mask: '1-2' };
  const isolated = { 'proc/cmdline': 'isolcpus=managed_irq,1\n' };

  it('are left only by isolation, which moves one to a housekeeping CPU right after its start', () => {
    expect(old({ ...QUEUE, counts: [0, 0, 0, 0] }, { files: isolated })).toBe('0..1 on 1');
    expect(old({ ...QUEUE, counts: [0, 0, 0, 0] })).toBe('');
  });

  it('are given back at the first interrupt on the new CPU', () => {
    expect(old({ ...QUEUE, counts: [0, 0, 1, 0] }, { files: isolated })).toBe('');
    expect(old({ ...QUEUE, counts: [0, 5, 0, 0] }, { files: isolated })).toBe('');
  });

  it('may be left when the first housekeeping CPU of the mask came back', () => {
    const stat = RETURNED['proc/stat'].replace('cpu2 100 0 100 99800', 'cpu2 100 0 100 50000');
    expect(old({ ...QUEUE, counts: [0, 5, 0, 0] }, { files: { ...isolated, 'proc/stat': stat } })).toBe(
      '0..1 on 1',
    );
  });

  it('one that runs on an isolated CPU has not been moved', () => {
    expect(old({ ...QUEUE, on: 1, counts: [0, 0, 0, 0] }, { files: isolated })).toBe('');
  });
});

describe('CPUs that may have been offline', () => {
  const drifting = (stat: string | undefined): string => {
    const queues: TinyIrq[] = [
      { irq: 30, name: 'nvme0q1', on: 0, mask: '0-3', driver: 'nvme', device: '0000:01:00.0', counts: [1] },
    ];
    const state = tinyState({
      irqs: queues,
      ...(stat === undefined ? { without: ['proc/stat'] } : { files: { 'proc/stat': stat } }),
    });
    return state.cpus
      .filter(({ drift }) => drift.max > 0)
      .map(({ cpu }) => cpu)
      .join();
  };
  /** 1000 s on CPU 0; the others in ticks of 10 ms. */
  const stat = (...ticks: number[]) =>
    ['cpu0 0 0 0 100000', ...ticks.map((t, at) => `cpu${at + 1} 0 0 0 ${t}`), ''].join('\n');

  it('are those with less accounted time than CPU 0: more than a second and half a per cent', () => {
    expect(drifting(stat(100_000, 99_400, 99_399))).toBe('3');
    expect(drifting(stat(100_000, 99_399, 100_500))).toBe('2');
  });

  it('are those without a line in /proc/stat, and all but CPU 0 where the file is missing', () => {
    expect(drifting(stat(100_000))).toBe('2,3');
    expect(drifting(undefined)).toBe('1,2,3');
  });

  it('after a short uptime a tenth of it is noise', () => {
    const short = 'cpu0 0 0 0 100\ncpu1 0 0 0 90\ncpu2 0 0 0 89\ncpu3 0 0 0 100\n';
    expect(drifting(short)).toBe('2');
  });
});
