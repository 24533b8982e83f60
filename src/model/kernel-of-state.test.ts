import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { type TinyIrq, tinyState, vectorText } from '../../test/tiny-machine.ts';
import { ensure } from '../base/assert.ts';
import { exactly, range } from '../base/range.ts';
import { asIrq } from './ids.ts';
import type { Kernel } from './kernel.ts';
import { type KernelOfState, kernelOfState } from './kernel-of-state.ts';
import type { MachineState } from './machine-state.ts';

const kernelOf = (drawing: string): Kernel => kernelOfState(drawMachine(drawing)).kernel;

/** `30@1 31`: interrupts and the CPU of their vector. */
const placesOf = ({ kernel, nameOf }: KernelOfState): string =>
  kernel
    .descs()
    .map(({ irq, data }) => `${nameOf(irq) ?? '?'}${(data?.vector ?? 0) === 0 ? '' : `@${data?.cpu}`}`)
    .join(' ');

const counters = ({ matrix: { maps } }: Kernel, cpu: number): (number | undefined)[] => [
  maps.available[cpu],
  maps.allocated[cpu],
  maps.managed[cpu],
  maps.managedAllocated[cpu],
];

describe('kernelOfState', () => {
  it('has the counters of the state', () => {
    const kernel = kernelOf(`
      reserved 5
      cpu  capacity  other  managed  drift
        0        10      2        1      0
        1        10      0        0     -2
        2        10    off
      30 on 0 mask 0-1
      31 on 1 mask 0-1 managed
    `);
    // CPU 0: 10 - 2 - 1 - 1 of 30 - 1 set aside for 31. CPU 1: 10 - 1 - 2 lost to drift.
    expect(counters(kernel, 0)).toEqual([5, 3, 2, 0]);
    expect(counters(kernel, 1)).toEqual([7, 1, 1, 1]);
    expect(String(kernel.online)).toBe('0-1');
    const { globalAvailable, globalReserved, totalAllocated, onlineMaps } = kernel.matrix;
    expect([globalAvailable, globalReserved, totalAllocated, onlineMaps]).toEqual([12, 5, 4, 2]);
  });

  it('has the vectors that VECTOR and debugfs show, and hands the others to those who must have one', () => {
    const irqs: readonly TinyIrq[] = [
      { irq: 24, name: 'eth0', on: 0, device: '0000:02:00.0', driver: 'igb' },
      { irq: 25, name: 'eth1', on: 0, device: '0000:02:00.0', driver: 'igb' },
    ];
    const rows = [
      { cpu: 0, available: 197, managed: 1, mac: 0, vectors: [40, 48, 60] },
      { cpu: 1, available: 200, managed: 1, mac: 1, vectors: [33] },
    ];
    const files = { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(rows) };
    const seen = tinyState({ cpus: 2, irqs, files });
    const shown = { ...seen, irqs: seen.irqs.map((irq) => (irq.irq === 25 ? { ...irq, vector: 60 } : irq)) };
    const built = kernelOfState(shown as MachineState);
    const { matrix } = built.kernel;
    expect([matrix.allocatedBits(0), matrix.managedBits(1)]).toEqual([[40, 48, 60], [33]]);
    const vectorOf = (irq: number) => built.kernel.desc(irq)?.data?.vector;
    expect([0, 24, 25].map(vectorOf).sort()).toEqual([40, 48, 60]);
    expect(vectorOf(25)).toBe(60);
    expect(built.kernel.vectors.table.at(0, 60)).toBe(25);
    // Of the managed vector on CPU 1 nobody is known.
    expect(built.nameOf(ensure(built.kernel.descs().at(-1), 'the last one').irq)).toBeUndefined();
  });

  it('lets vectors of nobody known move last, wherever there is room', () => {
    const built = kernelOfState(drawMachine('cpu other\n0 0\n1 2\n41 on 1\n7 on 1'));
    expect(placesOf(built)).toBe('7@1 41@1 ?@1 ?@1');
    const [, , standIn] = built.kernel.descs();
    expect(String(standIn?.affinity)).toBe('0-1');
  });

  it('where managed vectors in use are not counted apart, some of those may be', () => {
    const rows = [{ cpu: 0, available: 196, managed: 2, mac: undefined, vectors: [33, 34, 35, 36] }];
    const files = { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(rows) };
    expect(kernelOfState(tinyState({ without: ALL_BUT_DEBUGFS, files })).perhapsManaged.size).toBe(2);
  });

  it('keeps the old vector of an interrupt that moved, until that gives it back', () => {
    const kernel = kernelOf('cpu\n0\n1\n30 on 0 mask 0-1 old 1');
    expect(counters(kernel, 1)).toEqual([200, 1, 0, 0]);
    kernel.interruptArrives(30);
    kernel.tick();
    expect(counters(kernel, 1)).toEqual([201, 0, 0, 0]);
  });

  it('behind interrupt remapping that waits for its clean-up only', () => {
    const drawn = drawMachine('cpu\n0\n1\n30 on 0 mask 0-1 old 1');
    const { kernel } = kernelOfState({
      ...drawn,
      irqs: drawn.irqs.map((irq) => ({ ...irq, chip: 'IR-PCI-MSI' })),
    });
    kernel.tick();
    expect(counters(kernel, 1)).toEqual([201, 0, 0, 0]);
  });

  it('takes what is perhaps managed as regular, and leaves out what is perhaps there or not known where', () => {
    const built = kernelOfState(
      drawMachine(`
        cpu capacity
          0       10
          1       10
          2       10
        30 on 0 mask 0-1 managed?
        31 on 0 mask 0-1 old? 1-2
        32 on ? mask 0-1
      `),
    );
    expect(placesOf(built)).toBe('30@0 31@0');
    expect([...built.perhapsManaged]).toEqual([30]);
    expect([0, 1, 2].map((cpu) => counters(built.kernel, cpu)[0])).toEqual([8, 10, 10]);
  });

  it('where VECTOR counts every vector, one on a CPU that is not shown is one of those', () => {
    const drawn = drawMachine('cpu capacity other\n0 10 1\n1 10 0\n30 on ? mask 0-1');
    const cpus = drawn.cpus.map((cpu) => ({
      ...cpu,
      allocated: exactly(cpu.cpu === 0 ? 1 : 0),
      available: exactly(cpu.cpu === 0 ? 9 : 10),
      allocMap: cpu.cpu === 0 ? [77] : [],
    }));
    const built = kernelOfState({ ...drawn, cpus });
    expect(placesOf(built)).toBe('?@0');
    expect(built.kernel.matrix.allocatedBits(0)).toEqual([77]);
  });

  it('believes the counters where a list of interrupts has more: a dump is another moment', () => {
    const drawn = drawMachine('cpu\n0\n1\n30 on 1\n31 on 1');
    const cpus = drawn.cpus.map((cpu) => ({
      ...cpu,
      allocated: exactly(cpu.cpu),
      available: exactly(201 - cpu.cpu),
      allocMap: cpu.cpu === 1 ? [77] : [],
    }));
    const built = kernelOfState({ ...drawn, cpus });
    expect(placesOf(built)).toBe('30@1 31');
    expect(counters(built.kernel, 1)).toEqual([200, 1, 0, 0]);
  });

  it('takes CPUs at the lower end of their capacity, and all of them above where the fullest has more', () => {
    const available = (drawing: string) => [0, 1].map((cpu) => counters(kernelOf(drawing), cpu)[0]);
    expect(available('cpu capacity other\n0 10..12 3\n1 10..12 4')).toEqual([7, 6]);
    expect(available('cpu capacity other\n0 10..12 3\n1 10..12 11')).toEqual([8, 0]);
  });

  it('waits with what is shut down or not requested', () => {
    const drawn = drawMachine('reserved 1\ncpu other\n0 0\n1 off\n30 down mask 1 managed\n31 on 0');
    const irqs = drawn.irqs.map((irq) => (irq.irq === 31 ? { ...irq, phase: 'reserved' as const } : irq));
    const { kernel } = kernelOfState({ ...drawn, irqs });
    expect(kernel.desc(30)).toMatchObject({ managedShutdown: true, started: false, actions: 1 });
    expect(kernel.desc(31)).toMatchObject({ actions: 0, data: { hasReserved: true, vector: 0 } });
    kernel.cpuUp(1);
    expect(kernel.desc(30)).toMatchObject({ managedShutdown: false, started: true, data: { cpu: 1 } });
  });

  it('a dump under the rules of a kernel with a smaller window keeps its own', () => {
    const rows = [0, 1].map((cpu) => ({ cpu, available: 1, managed: 0, mac: 0, vectors: BUSY }));
    const files = { 'sys/kernel/debug/irq/domains/VECTOR': vectorText(rows) };
    const lone = tinyState({ without: ALL_BUT_DEBUGFS, files });
    const { matrix } = kernelOfState({
      ...lone,
      cpus: lone.cpus.map((cpu) => ({ ...cpu, drift: exactly(1) })),
    }).kernel;
    // One vector more than there would be.
    expect(matrix.shape.allocEnd).toBe(lone.kernel.profile.firstSystemVector + 1);
  });

  it('numbers that no kernel has are numbered anew, and keep their names', () => {
    const drawn = drawMachine('cpu other\n0 0\n1 1\n30 on 1\n2000000000 on 1');
    const built = kernelOfState(drawn);
    expect(placesOf(built)).toBe('30@1 2000000000@1 ?@1');
    expect(built.kernel.desc(2_000_000_000)).toBeUndefined();
    expect(built.nameOf(31)).toBe(asIrq(2_000_000_000));
  });

  it('bounds of what was counted do not matter to the counters', () => {
    const drawn = drawMachine('cpu\n0\n1\n30 on 1');
    const reserved = { ...drawn, global: { ...drawn.global, reserved: range(3, 27) } };
    expect(kernelOfState(reserved).kernel.matrix.globalReserved).toBe(3);
  });
});

const ALL_BUT_DEBUGFS = ['proc/', 'sys/bus', 'sys/devices', 'sys/kernel/irq'];
/** All but one. */
const BUSY = Array.from({ length: 201 }, (_, n) => 33 + n).filter((v) => v !== 50 && v !== 128 && v !== 235);
