import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelBooks } from '../../test/model/kernel-books.ts';
import { digestOf } from '../../test/model/kernel-digest.ts';
import { type Swarm, stepsOf, swarm } from '../../test/model/kernel-swarm.ts';
import { bootWorld, perform, type Step, type World } from '../../test/model/kernel-world.ts';
import { TestMachine } from '../../test/model/test-machine.ts';
import { legacyViolations } from '../../test/policy/legacy-violations.ts';
import { ensure } from '../base/assert.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { errnoName } from '../model/failures.ts';
import type { Kernel } from '../model/kernel.ts';
import { kernelViolations } from '../model/kernel-invariants.ts';
import { profileNamed } from '../model/kernel-profile.ts';
import { LegacyDomain } from './legacy/legacy-domain.ts';
import { POLICIES, policyNamed } from './policies.ts';
import type { VectorPolicy } from './vector-policy.ts';

const SEED = Number(process.env.IRQSPACE_SEED ?? 1);
const RUNS = Number(process.env.IRQSPACE_RUNS ?? 16);

/** Steps whose failure is the policy's to promise; what fails otherwise is the caller's fault. */
const PROMISED = { add: 'enable', request: 'request', down: 'cpuDown' } as const;

function checkPromise({ name, promise }: VectorPolicy, step: Step, ret: number): void {
  const { op } = step;
  if (ret >= 0 || !(op in PROMISED)) return;
  // A vector on CPUs of the caller's choice, which no driver can ask for.
  if (step.op === 'add' && step.kind === 'immediate') return;
  const errno = errnoName(ret);
  // Of a CPU that is offline, and of the last one: every kernel says so.
  if (op === 'down' && (errno === 'EINVAL' || errno === 'EBUSY')) return;
  expect(errno, `${name} promises otherwise of ${op}`).toBe(
    promise[PROMISED[op as keyof typeof PROMISED]]?.errno,
  );
}

/** What is wrong after each step; what a kernel may lose of its own is kept count of. */
function watch(kernel: Kernel): () => string[] {
  if (kernel.vectors instanceof LegacyDomain) return () => legacyViolations(kernel);
  const books = new KernelBooks(kernel);
  kernel.listener = (event) => books.hear(event);
  return () => {
    books.settle();
    return [...books.complaints, ...kernelViolations(kernel, books)];
  };
}

/** Legacy steps of 16 need a window of 16 at least. */
const LEAST_WINDOW = 16;

function worldUnder(policy: VectorPolicy, { world }: Swarm, remapped: boolean): World {
  const profile = ensure(profileNamed('6.12'), '6.12');
  const window = world.window === 0 || policy.promise.vectorAt === 'request' ? world.window : LEAST_WINDOW;
  return { ...world, window, policy, profile, remapped };
}

describe('a policy', () => {
  it('has a name of its own, by which it is found', () => {
    expect(new Set(POLICIES.map(({ name }) => name)).size).toBe(POLICIES.length);
    for (const policy of POLICIES) expect(policyNamed(policy.name)).toBe(policy);
    expect(policyNamed('nonsense')).toBeUndefined();
  });

  it('is what docs/policies.md says of it', () => {
    const rows = readFileSync(join(import.meta.dirname, '../../docs/policies.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.slice(2, -2).replaceAll('`', ''));
    expect(rows).toEqual([
      ...POLICIES.map(({ name, title }) => `${name} | ${title}`),
      ...POLICIES.map(({ name, promise: { vectorAt, enable, request, cpuDown, restoresManaged } }) =>
        [
          name,
          vectorAt,
          ...[enable, request, cpuDown].map((failure) => failure?.errno ?? '-'),
          restoresManaged ? 'restored' : 'move',
        ].join(' | '),
      ),
    ]);
  });

  for (const [at, policy] of POLICIES.entries()) {
    for (const remapped of [false, true]) {
      it(`${policy.name}${remapped ? ', remapped' : ''}: keeps its books and its promise under random steps, and so does a copy`, () => {
        const run = fc.property(swarm, fc.nat(40), (drawn, cut) => {
          const world = worldUnder(policy, drawn, remapped);
          const kernel = bootWorld(world);
          const violations = watch(kernel);
          const log: string[] = [];
          let copy: Kernel | undefined;
          try {
            for (const [n, raw] of drawn.steps.entries()) {
              if (n === cut) copy = kernel.clone();
              for (const step of stepsOf(kernel, drawn, raw)) {
                log.push(JSON.stringify(step));
                const { ret } = perform(world, kernel, step);
                checkPromise(policy, step, ret);
                const broken = violations();
                if (broken.length > 0) throw new Error(broken.join('\n'));
                if (copy !== undefined) expect(perform(world, copy, step).ret).toBe(ret);
              }
            }
            if (copy !== undefined) expect(digestOf(copy)).toBe(digestOf(kernel));
          } catch (error) {
            throw new Error(`${error}\nsteps:\n${log.slice(-30).join('\n')}`, { cause: error });
          }
        });
        fc.assert(run, { numRuns: RUNS, seed: SEED + 2 * at + Number(remapped) });
      });
    }
  }

  it.each(POLICIES)('$name fails in every way that its promise names, and no other', (policy) => {
    const { enable, request, cpuDown } = policy.promise;
    expect(failures(policy)).toEqual({
      enable: enable?.errno ?? 'OK',
      request: request?.errno ?? 'OK',
      cpuDown: cpuDown?.errno ?? 'OK',
    });
  });

  it.each(POLICIES)('$name: what becomes of a managed interrupt whose CPU goes and returns', (policy) => {
    const machine = new TestMachine('6.12', 4, { remapping: true }, policy.name);
    const { kernel } = machine;
    const disk = machine.managed(4);
    machine.requestAll(disk);
    kernel.tick();
    const effective = (): (string | undefined)[] =>
      machine.irqs(disk).map((desc) => desc.effective.toString());
    // In flat mode the interrupts of all CPUs are everywhere, and only their masks tell them apart.
    const before = effective();
    expect(before).toEqual(['0', '1', '2', '3']);
    const { outcome } = ensure(kernel.cpuDown(3).migrated.at(-1), 'a migration');
    kernel.cpuUp(3);
    const { restoresManaged } = policy.promise;
    expect(outcome).toBe(restoresManaged ? 'shutdown' : 'broken');
    if (restoresManaged) expect(effective()).toEqual(before);
    else expect(effective()[3]).not.toBe('3');
    expect(machine.irqs(disk).every(({ started }) => started)).toBe(true);
  });

  it('of 4.14 in flat mode refuses a machine that it cannot address', () => {
    const machine = (cpus: number) => new TestMachine('6.1', cpus).kernel;
    expect(POLICIES.filter((policy) => policy.refuses(machine(8)) !== undefined)).toEqual([]);
    expect(POLICIES.flatMap((policy) => policy.refuses(machine(32)) ?? [])).toEqual([
      'flat mode addresses 8 CPUs, not 32',
    ]);
  });
});

/** The errno of each thing that can fail for want of vectors, when as much as possible is asked for. */
function failures(policy: VectorPolicy): Record<'enable' | 'request' | 'cpuDown', string> {
  const machine = (): TestMachine =>
    new TestMachine('6.1', 4, { online: CpuSet.of(0, 1), remapping: true }, policy.name);
  return { enable: enableAll(machine()), request: requestAll(machine()), cpuDown: offlineFull(machine()) };
}

/** More than the possible CPUs have: ordinary ones at once, and managed ones device by device. */
function enableAll(machine: TestMachine): string {
  const { pci } = machine.kernel;
  const affinity = { preVectors: 0, postVectors: 0 };
  const rets = [
    pci.enableMsixRange(machine.device({ msix: { tableSize: 1000 } }), { min: 1000, max: 1000 }),
    ...Array.from({ length: 300 }, () =>
      pci.enableMsixRange(machine.device({ msix: { tableSize: 4 } }), { min: 4, max: 4, affinity }),
    ),
  ];
  return errnoName(Math.min(0, ...rets));
}

/** As many as are enabled while CPUs come, then requested when they have gone. */
function requestAll(machine: TestMachine): string {
  const { kernel } = machine;
  const devices: string[] = [];
  const enable = (): void => {
    for (const messages of [256, 64, 16, 4, 1]) {
      // Four times what all CPUs have is enough where nothing is refused.
      for (let tries = 0; tries < 16; tries++) {
        const device = machine.device({ msix: { tableSize: messages } });
        if (kernel.pci.enableMsixRange(device, { min: messages, max: messages }) !== messages) break;
        devices.push(device);
      }
    }
  };
  kernel.cpuUp(2);
  enable();
  kernel.cpuDown(2);
  const rets = devices.flatMap((device) => machine.irqs(device).map((desc) => machine.request(desc)));
  return errnoName(Math.min(0, ...rets));
}

/** Both CPUs are as full as they get, and every interrupt is bound to its CPU; then one is to go. */
function offlineFull(machine: TestMachine): string {
  const { kernel } = machine;
  const device = machine.device({ msix: { tableSize: 300 } });
  const count = [300, 150].find((n) => kernel.pci.enableMsixRange(device, { min: n, max: n }) === n) ?? 0;
  for (let n = 0; n < count; n++) {
    const desc = machine.irq(device, n);
    machine.request(desc);
    kernel.writeSmpAffinityList(desc.irq, desc.effective.has(1) ? '1' : '0');
  }
  return errnoName(kernel.cpuDown(1).ret);
}
