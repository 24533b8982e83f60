import { describe, expect, it } from 'vitest';
import { bootWorld, cpusOf, perform, type Step } from '../../test/model/kernel-world.ts';
import { ensure } from '../base/assert.ts';
import { CpuSet } from '../base/cpu-set.ts';
import type { IrqDesc, VectorData } from './irq-desc.ts';
import type { Kernel } from './kernel.ts';
import { kernelViolations } from './kernel-invariants.ts';
import { PROFILE_NAMES, profileNamed } from './kernel-profile.ts';
import { NO_LOSSES, possibleLosses, vectorKey } from './known-losses.ts';

const MANAGED = 24;
const RESERVED = 25;
const ACTIVE = 26;
const MOVING = 27;

/** Two CPUs; a managed interrupt on CPU 1, a reservation, one with a vector, one with an old vector too. */
function machine(profile = 'newest'): Kernel {
  const world = {
    profile: ensure(profileNamed(profile), profile),
    cpus: 2,
    online: 3,
    node1: 0,
    housekeeping: 0,
    remapped: true,
    window: 8,
  };
  const kernel = bootWorld(world);
  const add = (irq: number, kind: 'managed' | 'maskable'): Step => ({
    op: 'add',
    irq,
    kind,
    mask: 3,
    node: -1,
  });
  const request = (irq: number): Step => ({ op: 'request', irq, autoEnable: true });
  const steps: Step[] = [
    add(MANAGED, 'managed'),
    request(MANAGED),
    add(RESERVED, 'maskable'),
    add(ACTIVE, 'maskable'),
    request(ACTIVE),
    add(MOVING, 'maskable'),
    request(MOVING),
    { op: 'writeMask', irq: MOVING, written: { text: '1', mask: 1 } },
  ];
  for (const step of steps) expect(perform(world, kernel, step)).toEqual({ ret: 0 });
  return kernel;
}

type Spoiled = { desc: IrqDesc; data: VectorData; kernel: Kernel };

function spoil(irq: number, change: (spoiled: Spoiled) => unknown): string[] {
  const kernel = machine();
  const desc = ensure(kernel.desc(irq), `interrupt ${irq}`);
  change({ kernel, desc, data: ensure(desc.data, 'data') });
  return kernelViolations(kernel);
}

describe('kernelViolations', () => {
  it('says nothing about a machine in order, of any kernel', () => {
    for (const name of PROFILE_NAMES) expect([name, kernelViolations(machine(name))]).toEqual([name, []]);
  });

  it.each<[what: string, irq: number, change: (spoiled: Spoiled) => unknown, says: string]>([
    [
      'a vector that is not allocated',
      ACTIVE,
      ({ kernel, data }) => kernel.matrix.free(data.cpu, data.vector, false),
      'is not allocated',
    ],
    [
      'a vector of the wrong kind',
      ACTIVE,
      ({ data, kernel }) => Object.assign(data, { vector: kernel.matrix.managedBits(data.cpu)[0] }),
      'is managed: true',
    ],
    [
      'a vector of two interrupts',
      ACTIVE,
      ({ data, kernel }) => Object.assign(data, kernel.desc(MOVING)?.data),
      'belongs to 26 and 27',
    ],
    [
      'a vector that nobody holds',
      ACTIVE,
      ({ kernel }) => kernel.matrix.alloc(CpuSet.of(0), false),
      'is allocated, and nobody holds it',
    ],
    [
      'a slot that leads nowhere',
      ACTIVE,
      ({ kernel, data }) => kernel.vectors.table.clear(data.cpu, data.vector, 'unused'),
      'leads to unused',
    ],
    [
      'a slot that leads elsewhere',
      ACTIVE,
      ({ kernel }) => kernel.vectors.table.store(0, 46, ACTIVE),
      'leads to 26, which does not hold it',
    ],
    [
      'an old vector without a slot',
      MOVING,
      ({ kernel, data }) => kernel.vectors.table.clear(data.prevCpu, data.prevVector, 'unused'),
      'leads to unused',
    ],
    [
      'an old vector that waits for nothing',
      MOVING,
      ({ data }) => Object.assign(data, { cleanupPending: false }),
      'waits for 0 events',
    ],
    [
      'an old vector that waits twice',
      MOVING,
      ({ data }) => Object.assign(data, { moveInProgress: true }),
      'waits for 2 events',
    ],
    [
      'an old vector outside the queue',
      MOVING,
      ({ kernel, data }) => kernel.vectorDomain.adoptCleanups(new Map([[data.prevCpu, []]]), () => undefined),
      'does not wait for the clean-up',
    ],
    [
      'a stranger in the queue',
      MOVING,
      ({ kernel, data }) =>
        kernel.vectorDomain.adoptCleanups(new Map([[data.prevCpu, [...kernel.descs()]]]), (irq) =>
          kernel.desc(irq),
        ),
      'is still in the clean-up queue',
    ],
    [
      'an interrupt twice in the queue',
      MOVING,
      ({ kernel, desc, data }) =>
        kernel.vectorDomain.adoptCleanups(new Map([[data.prevCpu, [desc, desc]]]), () => desc),
      'waits twice',
    ],
    [
      'an old vector and no new one',
      MOVING,
      ({ data }) => Object.assign(data, { vector: 0 }),
      'an old vector and no new one',
    ],
    [
      'a move to where it was',
      MOVING,
      ({ data }) => Object.assign(data, { prevCpu: data.cpu }),
      'moved from CPU 0 to itself',
    ],
    [
      'a vector on an offline CPU',
      ACTIVE,
      ({ kernel, data }) => kernel.online.delete(data.cpu),
      'which is offline',
    ],
    [
      'a map that disagrees about online',
      ACTIVE,
      ({ kernel }) => kernel.matrix.offline(1),
      'the map of CPU 1 is online: false',
    ],
    [
      'a reservation that nobody has',
      RESERVED,
      ({ kernel }) => kernel.matrix.reserve(),
      'globalReserved is 2, and 1 interrupts',
    ],
    [
      'a reservable interrupt without either',
      RESERVED,
      ({ data }) => Object.assign(data, { hasReserved: false }),
      'either a vector or a reservation',
    ],
    [
      'a reservation and a vector',
      ACTIVE,
      ({ data }) => Object.assign(data, { hasReserved: true }),
      'either a vector or a reservation',
    ],
    [
      'a reservation of a fixed interrupt',
      RESERVED,
      ({ data }) => Object.assign(data, { canReserve: false }),
      'a reservation that it may not have',
    ],
    [
      'a fixed interrupt without a vector',
      RESERVED,
      ({ data }) => Object.assign(data, { canReserve: false }),
      'fixed, without a vector',
    ],
    [
      'a vector that may become a reservation against the word of the core',
      ACTIVE,
      ({ desc }) => Object.assign(desc, { canReserve: false }),
      'against the word of the core',
    ],
    [
      'a managed interrupt with a reservation',
      MANAGED,
      ({ data }) => Object.assign(data, { canReserve: true }),
      'managed, with a reservation',
    ],
    [
      'a managed record of another',
      ACTIVE,
      ({ data }) => Object.assign(data, { isManaged: true }),
      'managed is true in its record',
    ],
    [
      'a reservation that is not parked',
      RESERVED,
      ({ data }) => Object.assign(data, { hwVector: 40 }),
      '40 is programmed, not 239',
    ],
    [
      'a vector that is not programmed',
      ACTIVE,
      ({ data }) => Object.assign(data, { hwVector: 239 }),
      'is not programmed',
    ],
    [
      'an effective mask of two CPUs',
      ACTIVE,
      ({ desc }) => Object.assign(desc, { effective: cpusOf(3) }),
      'effective on 0-1',
    ],
    [
      'an effective mask elsewhere',
      RESERVED,
      ({ desc }) => Object.assign(desc, { effective: cpusOf(2) }),
      'effective on 1, programmed to CPU 0',
    ],
    [
      'a started interrupt without a handler',
      ACTIVE,
      ({ desc }) => Object.assign(desc, { actions: 0 }),
      'started without a handler',
    ],
    [
      'a started interrupt that is inactive',
      ACTIVE,
      ({ desc }) => Object.assign(desc, { activated: false }),
      'started and not activated',
    ],
    [
      'an inactive interrupt with a vector',
      ACTIVE,
      ({ desc }) => Object.assign(desc, { activated: false }),
      'activated: false, vector',
    ],
    [
      'an unmasked interrupt that is not started',
      RESERVED,
      ({ desc }) => Object.assign(desc, { masked: false }),
      'enabled or unmasked, and not started',
    ],
    [
      'a depth that nobody counted',
      ACTIVE,
      ({ desc }) => Object.assign(desc, { depth: 1 }),
      'disabled false with depth 1',
    ],
    ['a negative depth', ACTIVE, ({ desc }) => Object.assign(desc, { depth: -1 }), 'depth -1'],
    [
      'a managed shutdown while it runs',
      MANAGED,
      ({ desc }) => Object.assign(desc, { managedShutdown: true }),
      'started and in managed shutdown',
    ],
    [
      'a managed interrupt that nobody starts',
      MANAGED,
      ({ desc }) => Object.assign(desc, { started: false }),
      'neither started nor shut down',
    ],
    [
      'a managed vector without a start',
      MANAGED,
      ({ desc }) => Object.assign(desc, { started: false }),
      'managed and not started, vector',
    ],
    [
      'a managed start without a vector',
      MANAGED,
      ({ data }) => Object.assign(data, { vector: 0 }),
      'managed and started, without a vector',
    ],
    [
      'a mask without its managed bits',
      MANAGED,
      ({ desc }) => Object.assign(desc, { affinity: cpusOf(1) }),
      'CPU 1 has 1 managed bits, and 0 masks name it',
    ],
    [
      'a counter of the matrix',
      ACTIVE,
      ({ kernel }) => Object.assign(kernel.matrix.maps.available, { 1: 1 }),
      'drift of CPU 1',
    ],
  ])('names %s', (_, irq, change, says) => {
    expect(spoil(irq, change).join('\n')).toContain(says);
  });

  it('takes what is known to be lost, of a kernel that can lose it, and nothing else', () => {
    const lose = (profile: string): string[] => {
      const kernel = machine(profile);
      const vector = kernel.matrix.alloc(CpuSet.of(1), false);
      return kernelViolations(kernel, { ...NO_LOSSES, vectors: new Set([vectorKey(1, vector)]) });
    };
    expect(lose('6.5')).toEqual([]);
    expect(lose('6.1')).toEqual(['this kernel cannot have lost anything of "vectors"']);
    const kernel = machine('6.5');
    const lost = { ...NO_LOSSES, vectors: new Set([vectorKey(1, 46)]) };
    expect(kernelViolations(kernel, lost)).toEqual(['lost vector 46 is not allocated']);
  });

  it('a slot marked "shutdown" is of a kernel that marks them', () => {
    const mark = (profile: string): string[] => {
      const kernel = machine(profile);
      kernel.vectors.table.clear(1, 46, 'shutdown');
      return kernelViolations(kernel);
    };
    expect(mark('5.4')).toEqual([]);
    expect(mark('4.20')).toEqual(['vector 46 of CPU 1 is marked, in a kernel that marks none']);
  });
});

describe('possibleLosses', () => {
  const able = (what: keyof ReturnType<typeof possibleLosses>): string[] =>
    PROFILE_NAMES.filter((name) => possibleLosses(ensure(profileNamed(name), name))[what]);

  it('a kernel with the fix of CVE-2024-31076, and newer than 4.17, loses no vector', () => {
    const lossy = able('vectors');
    expect(lossy).toEqual(able('movesOffline'));
    expect(lossy.at(0)).toBe('4.15');
    expect(lossy.at(-1)).toBe('6.9');
    expect(['5.10', '5.15', '6.1', '6.6', '6.12'].filter((name) => lossy.includes(name))).toEqual([]);
  });

  it('only 4.15 forgets maps, and only a core that stores masks knows stored masks', () => {
    expect(able('forgotten')).toEqual(['4.15']);
    expect(able('storedMasks').at(0)).toBe('5.4');
    expect(able('storedMasks')).not.toContain('5.7');
  });
});
