import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { type TinyIrq, type TinyMachine, tinyState } from '../../test/tiny-machine.ts';
import { ensure } from '../base/assert.ts';
import { type Explain, explain as explainSchema } from '../format/explain.ts';
import type { MachineState } from '../model/machine-state.ts';
import { explainOf } from './explain.ts';

function ask(machine: MachineState, irq: number): Explain {
  const answer = ensure(explainOf(machine, irq), `interrupt ${irq}`);
  expect(explainSchema.parse(answer)).toEqual(answer);
  return answer;
}

const tiny = (irq: TinyIrq, machine: TinyMachine = {}): Explain =>
  ask(tinyState({ ...machine, irqs: [irq] }), irq.irq);
const NVME = { device: '0000:01:00.0', driver: 'nvme' };
const NIC = { device: '0000:02:00.0', driver: 'igb' };

describe('explainOf', () => {
  it('a regular interrupt: who, where, where it may go, and what comes when its CPU goes', () => {
    const answer = tiny({ irq: 30, name: 'eth0', on: 1, mask: '1-2', counts: [0, 4], ...NIC });
    expect(answer.facts).toEqual([
      'requested by eth0, PCI device 0000:02:00.0 (driver igb), chip PCI-MSI',
      'holds one vector (its number is only in debugfs) on CPU 1',
      'may go to CPU 1-2 (smp_affinity)',
      expect.stringMatching(
        /^it came to CPU 1 because that had the most .*; now CPU 2 has the most of its mask \(201\)$/,
      ),
      expect.stringMatching(/^not managed \(driver catalogue: igb .*\): user space may move it$/),
    ]);
    expect(answer.whenCpuGoes).toBe('when CPU 1 goes offline it moves to CPU 2');
    expect(answer.irq).toMatchObject({ irq: 30, state: 'active', cpu: 1, count: 4 });
  });

  it('why it is where it is: by the rule of its kernel, or against its mask', () => {
    const managed = (kernel: string): readonly string[] =>
      ask(drawMachine(`kernel ${kernel}\ncpu other\n0 0\n1 0\n30 on 1 mask 0-1 managed`), 30).facts;
    expect(managed('6.1')).toContain(
      'CPU 1 was the one of its mask with the fewest managed vectors in use when it was started',
    );
    expect(managed('4.15')).toContain(
      'CPU 1 was the lowest one of its mask that was online when it was started',
    );
    const drawn = drawMachine('cpu other\n0 0\n1 0\n30 on 1 mask 0');
    const settled = { ...drawn, irqs: drawn.irqs.map((irq) => ({ ...irq, movePending: false })) };
    expect(ask(settled, 30).facts.join()).toContain(
      'CPU 1 is not in its mask: there was no vector left in it',
    );
  });

  it('where it goes as its CPUs go one after the other, and how that ends', () => {
    const way = (drawing: string): unknown =>
      ask(drawMachine(drawing), 30).journey?.map(({ cpu, outcome, to }) => [cpu, outcome, to]);
    const cpus = 'cpu capacity other\n0 9 0\n1 9 0\n2 9 0\n3 9 0\n';
    expect(way(`${cpus}30 on 2 mask 2-3 managed`)).toEqual([
      [2, 'moves', 3],
      [3, 'shut-down', null],
    ]);
    expect(way(`${cpus}30 on 2 mask 2-3`)).toEqual([
      [2, 'moves', 3],
      [3, 'mask-lost', 0],
    ]);
    expect(way(`${cpus}30 on 2 mask 0,2`)).toEqual([
      [2, 'moves', 0],
      [0, 'stays', 0],
    ]);
    // A single step is what happens when its CPU goes, and said there.
    expect(way(`${cpus}30 on 2 mask 2`)).toBeUndefined();
  });

  it('a mask of one CPU is lost when that goes', () => {
    const answer = tiny({ irq: 30, name: 'eth0', on: 1, mask: '1', counts: [0, 4], ...NIC });
    expect(answer.whenCpuGoes).toBe(
      'when CPU 1 goes offline it moves to CPU 2; its mask is widened to all online CPUs',
    );
  });

  it('a managed one: the errno of a write, by kernel, and that it is shut down', () => {
    const queue: TinyIrq = { irq: 30, name: 'nvme0q1', on: 1, mask: '1', counts: [0, 4], ...NVME };
    expect(tiny(queue).facts.at(-1)).toMatch(/^managed .* a write to smp_affinity answers EIO$/);
    expect(tiny(queue, { kernel: '6.12.117' }).facts.at(-1)).toMatch(/answers EPERM$/);
    expect(tiny(queue).whenCpuGoes).toBe(
      'when CPU 1 goes offline it is shut down, and restored when the CPU returns',
    );
  });

  it('one that is shut down says until when', () => {
    const answer = tiny({ irq: 30, name: 'nvme0q1', on: 0, mask: '3', ...NVME }, { online: [0, 1] });
    expect(answer.facts[1]).toBe(
      'shut down: no CPU of its mask 3 is online; it starts again when one comes up',
    );
    expect(answer.whenCpuGoes).toBeUndefined();
  });

  it('one that nobody requested holds a reservation', () => {
    expect(tiny({ irq: 30, ...NIC }).facts.slice(0, 2)).toEqual([
      'nobody has requested it, PCI device 0000:02:00.0 (driver igb), chip PCI-MSI',
      'holds no vector, only a reservation; it gets a vector at request_irq()',
    ]);
  });

  it('one of which nothing can be told says so, and not that nobody requested it', () => {
    const files = {
      'proc/interrupts':
        ' CPU0 CPU1\n 0: 1 1 IO-APIC 2-edge timer\n 30: 4 4 PCI-MSI 240-edge\nTLB: 1 1 TLB shootdowns\n',
      'proc/irq/30/smp_affinity_list': '0-1\n',
    };
    const answer = ask(tinyState({ cpus: 2, without: ['sys/kernel/irq/'], files }), 30);
    expect(answer.facts.slice(0, 2)).toEqual([
      'it cannot be told who requested it, PCI device 0000:00:00.0, chip PCI-MSI',
      'what it holds cannot be told from what was readable',
    ]);
  });

  it('a write that waits, and a second vector', () => {
    const pending = tiny({ irq: 30, name: 'eth0', on: 1, mask: '3', counts: [0, 4], ...NIC });
    expect(pending.facts).toContain('smp_affinity asks for CPU 3: the move waits for the next interrupt');
    const held = tiny({ irq: 30, name: 'eth0', on: 2, mask: '2', counts: [0, 4], ...NIC });
    expect(held.facts.at(-1)).toBe('holds a second vector on CPU 1, which it left, until its next interrupt');
    const perhaps = tiny({ irq: 30, name: 'eth0', on: 2, mask: '2', counts: [1, 4], ...NIC });
    expect(perhaps.facts.at(-1)).toMatch(/^may hold a second vector on CPU 0-1/);
  });

  it('one of an unknown driver, on a CPU that is not shown', () => {
    const answer = tiny({ irq: 30, name: 'x', chip: 'PCI-MSI' });
    expect(answer.facts.slice(1)).toEqual([
      'holds one vector (its number is only in debugfs) on a CPU that is not shown',
      'may go to CPU 0-3 (smp_affinity)',
      'cannot be told whether it is managed: driver not known',
    ]);
    expect(answer.whenCpuGoes).toBeUndefined();
  });

  it('one that is not on the vector domain', () => {
    expect(tiny({ irq: 30, name: 'button', chip: 'gpio' }).facts).toContain(
      'does not use an x86 vector of its own',
    );
    expect(tiny({ irq: 30, name: 'pic', chip: 'XT-PIC' }).facts).toContain(
      'handled by the legacy PIC: its vector is set aside on every CPU',
    );
  });

  it('what comes when its CPU goes: refused, open, stuck', () => {
    const goes = (text: string) => ask(drawMachine(text), 30).whenCpuGoes;
    expect(goes('cpu capacity other\n0 5 5\n1 5 0\n30 on 1')).toBe(
      'CPU 1 cannot go offline: CPU 1 has 1 vectors, 0 available. Cannot disable CPU',
    );
    expect(goes('cpu capacity other\n0 5 5\n1 5 0\n30 on 1 mask 1 managed?')).toBe(
      'whether CPU 1 can go offline cannot be decided',
    );
    expect(goes('cpu capacity other\n0 5 0\n1 5 0\n2 5 5\n30 on 1 mask 1-2')).toBe(
      'when CPU 1 goes offline it finds no vector inside its mask and is lost',
    );
    expect(goes('cpu\n0\n1\n30 on 0')).toBe('CPU 0 never goes offline');
  });

  it('the timer and the PIC are not for user space to move, one that nobody requested is not said to be', () => {
    expect(ask(drawMachine('cpu\n0\n1\n0 on 0'), 0).facts.at(-1)).toBe(
      'user space cannot move it: a write to smp_affinity answers EIO',
    );
    const reserved = drawMachine('cpu\n0\n1\n30 on 0');
    const irqs = reserved.irqs.map((irq) => ({
      ...irq,
      phase: 'reserved' as const,
      cpu: undefined,
      managedBy: 'x',
    }));
    expect(explainOf({ ...reserved, irqs }, 30)?.facts).toContain('not managed (x)');
  });

  it('an interrupt that is not there has no answer', () => {
    expect(explainOf(drawMachine('cpu\n0'), 99)).toBeUndefined();
  });
});
