/**
 * The claims of the mail, M1 to M16 (specification chapter 2): what each of them says of a machine, tried on the policies.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditDriver } from '../../src/audit/audit-driver.ts';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { CATALOGUE } from '../../src/model/drivers/catalogue.ts';
import { managedByCatalogue } from '../../src/model/drivers/managed-irqs.ts';
import { ENOMEM, ENOSPC, ERANGE, errnoName } from '../../src/model/failures.ts';
import type { MsiStep } from '../../src/model/msi/msi-host.ts';
import { raiseInterrupt } from '../../src/model/raised-interrupt.ts';
import { POLICIES } from '../../src/policy/policies.ts';
import { byOnline, byPossible, bySurvivors } from '../../src/policy/reservation/sizing.ts';
import { parser } from '../audit/parser.ts';
import { BoundDevice } from '../model/bound-device.ts';
import { digestOf } from '../model/kernel-digest.ts';
import { effectiveOf, placesOf, TestMachine } from '../model/test-machine.ts';

/** What the mail says of i40e, as a source. */
const mailDriver = readFileSync(join(import.meta.dirname, '../../docs/examples/driver/mail.c'), 'utf8');

function audited(text: string): ReturnType<typeof auditDriver> {
  return auditDriver('mail', [{ path: 'mail/mail.c', text }], parser, { strict: true, inventory: true });
}

const REMAPPED = { remapping: true };
const EVERY = POLICIES.map(({ name }) => name);
const AT_REQUEST = POLICIES.filter(({ promise }) => promise.vectorAt === 'request').map(({ name }) => name);
const AT_ENABLE = EVERY.filter((name) => !AT_REQUEST.includes(name));

/** All secondary CPUs go and, where that works, come back; the errno. */
function downAndUp({ kernel }: TestMachine): number {
  const freeze = kernel.freezeSecondaryCpus();
  if (freeze.ret === 0) kernel.thaw(freeze.steps.map(({ cpu }) => cpu));
  return freeze.ret;
}

/** Devices of 8 queues each on 1x8, all requested. */
function queues(policy: string, managed: boolean, devices: number): TestMachine {
  const machine = new TestMachine('6.1', 8, REMAPPED, policy);
  for (let n = 0; n < devices; n++) {
    machine.requestAll(machine.msix(8, { spread: managed }));
    machine.kernel.tick();
  }
  machine.forget();
  return machine;
}

describe('M1: with managed interrupts the spread is sane, and CPU hotplug is handled', () => {
  it('managed: never refused, and every interrupt is where it was', () => {
    const machine = queues('matrix', true, 150);
    const irqs = machine.kernel.descs().filter(({ managed }) => managed);
    const before = placesOf(irqs);
    for (let cpu = 0; cpu < 8; cpu++) {
      expect(irqs.filter(({ effective }) => effective.has(cpu))).toHaveLength(150);
    }
    expect([downAndUp(machine), placesOf(irqs), machine.warnings]).toEqual([0, before, []]);
  });

  it('not managed: the same devices are refused, and with fewer of them nothing is where it was', () => {
    expect(downAndUp(queues('matrix', false, 150))).toBe(-ENOSPC);
    const machine = queues('matrix', false, 20);
    expect(downAndUp(machine)).toBe(0);
    expect(machine.allocated(0)).toBe(161);
  });
});

describe('M2: i40e allocates without an affinity, so nothing of it is managed', () => {
  it('in the catalogue, and on the machine', () => {
    expect(managedByCatalogue('i40e', ['i40e-eth0-TxRx-0'])).toMatchObject({ managed: false });
    const machine = new TestMachine('6.1', 8);
    const nic = new BoundDevice(machine, CATALOGUE.get('i40e') ?? fail('i40e'));
    expect([nic.probe(), nic.open()]).toEqual([0, 0]);
    const own = machine.kernel.descs().filter(({ irq }) => irq >= 24);
    expect(own.length).toBeGreaterThan(8);
    expect(own.some(({ managed }) => managed)).toBe(false);
    // A queue per CPU, and the Flow Director's.
    expect(own.filter(({ hint }) => hint !== undefined)).toHaveLength(9);
  });
});

describe('M3: the hint has nothing to do with managed interrupts and reservations', () => {
  it.each(EVERY)('%s: a hint, set and taken back, changes no vector and no flag', (policy) => {
    const machine = new TestMachine('6.12', 4, REMAPPED, policy);
    const irqs = machine.irqs(machine.msix(4));
    for (const desc of irqs) machine.request(desc);
    machine.kernel.tick();
    const before = machine.kernel.matrix.snapshot();
    const flags = irqs.map(({ managed }) => managed);
    for (const mask of [CpuSet.of(3), undefined]) {
      // Under 4.14 there is no function that would leave the affinity alone (M4).
      for (const { irq } of irqs) machine.kernel.updateAffinityHint(irq, mask);
      expect(machine.kernel.matrix.snapshot()).toEqual(before);
    }
    expect(irqs.map(({ managed }) => managed)).toEqual(flags);
  });
});

describe('M4: the kernel does not place by the hint', () => {
  it.each(AT_REQUEST)(
    '%s: with a hint published before, the request takes the CPU it would have taken',
    (policy) => {
      const placed = (hinted: boolean): string[] => {
        const machine = new TestMachine('6.1', 4, REMAPPED, policy);
        const irqs = machine.irqs(machine.msix(6));
        if (hinted) for (const { irq } of irqs) machine.kernel.updateAffinityHint(irq, CpuSet.of(3));
        for (const desc of irqs) machine.request(desc);
        return effectiveOf(irqs);
      };
      expect(placed(true)).toEqual(placed(false));
    },
  );

  it.each(AT_ENABLE)('%s: but the function of that time sets the affinity with it', (policy) => {
    const machine = new TestMachine('6.1', 4, REMAPPED, policy);
    const desc = machine.irq(machine.msix(1), 0);
    machine.request(desc);
    machine.kernel.tick();
    expect(machine.kernel.updateAffinityHint(desc.irq, CpuSet.of(3))).toBe(false);
    machine.kernel.setAffinityAndHint(desc.irq, CpuSet.of(3));
    expect(desc.affinity.toString()).toBe('3');
  });
});

describe('M5: the hint should go away', () => {
  it.each([
    ['irq_set_affinity_hint', 'old'],
    ['irq_update_affinity_hint', 'new'],
    ['pr_debug', 'none'],
  ])('the auditor tells a driver by %s: %s', (call, hints) => {
    const text = mailDriver.replace('irq_set_affinity_hint', call);
    expect(audited(text).inventory).toMatchObject([{ hints, api: 'legacy', managed: false }]);
  });
});

describe('M6: pci_enable_msix() does everything at once', () => {
  it('P1: per message a number, a vector and a remapping entry, before it returns', () => {
    const machine = new TestMachine('6.1', 4, REMAPPED, 'legacy');
    const { kernel } = machine;
    const entries = kernel.remapping?.used(0) ?? 0;
    const nic = machine.msix(8);
    expect(machine.irqs(nic).every(({ data }) => (data?.vector ?? 0) > 0)).toBe(true);
    expect([kernel.numbers.findFree(1), kernel.matrix.totalAllocated, kernel.remapping?.used(0)]).toEqual([
      32,
      16 + 8,
      entries + 8,
    ]);
  });

  const STEPS: readonly MsiStep[] = [
    'map table',
    'message',
    'descriptor',
    'vector',
    'irte',
    'activate',
    'address',
  ];
  it.each(STEPS)('P1: where "%s" fails, nothing of the steps before is left', (step) => {
    for (const at of [0, 3]) {
      const machine = new TestMachine('6.1', 4, REMAPPED, 'legacy');
      const { kernel } = machine;
      const nic = machine.device({ msix: { tableSize: 8 } });
      const before = digestOf(kernel);
      const entries = kernel.remapping?.used(0);
      kernel.pci.fault = (what, message) => (what === step && (message === at || at === 0) ? -ENOMEM : 0);
      const ret = kernel.pci.enableMsixRange(nic, { min: 8, max: 8 });
      const isPerMessage = step !== 'map table' && step !== 'address';
      if (at === 0 || isPerMessage) expect(ret).toBeLessThan(0);
      else expect(ret).toBe(8);
      if (ret > 0) kernel.pci.disableMsix(nic);
      expect([digestOf(kernel), kernel.remapping?.used(0)]).toEqual([before, entries]);
    }
  });
});

describe('M7: drivers expect request_irq() to work once resources were allocated', () => {
  it.each(AT_ENABLE)('%s: it does, also of the last vector there is', (policy) => {
    const machine = new TestMachine('6.1', 2, REMAPPED, policy);
    const { pci } = machine.kernel;
    const devices: string[] = [];
    for (;;) {
      const device = machine.device({ msix: { tableSize: 1 } });
      if (pci.enableMsixRange(device, { min: 1, max: 1 }) < 0) break;
      devices.push(device);
    }
    expect([devices.length > 180, machine.available(0)]).toEqual([true, 0]);
    expect(devices.every((device) => machine.request(machine.irq(device, 0)) === 0)).toBe(true);
  });
});

describe('M8: it could be changed', () => {
  it.each(AT_REQUEST)('%s: what is only enabled has no vector', (policy) => {
    const machine = new TestMachine('6.1', 4, {}, policy);
    const before = machine.kernel.matrix.totalAllocated;
    machine.msix(100);
    expect(machine.kernel.matrix.totalAllocated).toBe(before);
  });
});

describe('M9: a device must not be told to interrupt before request_irq()', () => {
  it.each(EVERY)(
    '%s: it is a violation of C1, and what comes of it depends on whether it can be masked',
    (policy) => {
      const machine = new TestMachine('6.1', 4, {}, policy);
      const masked = machine.msix(1);
      const open = machine.device({ msi: { log2Count: 0, maskable: false, is64Bit: true } });
      machine.kernel.pci.allocIrqVectors(open, { min: 1, max: 1 });
      const raised = [masked, open].map((device) => raiseInterrupt(machine.kernel, device, 0));
      // Linux gives what cannot be masked its vector at once; the mail's ways do not.
      const early = AT_ENABLE.includes(policy) || policy === 'matrix' || policy === 'first-fit';
      expect(raised).toEqual([
        { outcome: 'suppressed by the mask', violates: 'C1' },
        { outcome: early ? 'spurious' : 'lost', violates: 'C1' },
      ]);
      for (const device of [masked, open]) machine.requestAll(device);
      expect(raiseInterrupt(machine.kernel, masked, 0)).toEqual({
        outcome: 'delivered',
        violates: undefined,
      });
      expect(raiseInterrupt(machine.kernel, open, 0)).toEqual({ outcome: 'delivered', violates: undefined });
    },
  );
});

describe('M10: things suddenly stop working, without an explanation', () => {
  it('a request that fails says so by its errno, for a reason that the figures show', () => {
    const machine = new TestMachine('6.1', 2, {}, 'matrix');
    const nic = machine.msix(450);
    const failed = machine.irqs(nic).filter((desc) => machine.request(desc) === -ENOSPC);
    expect([failed.length, machine.kernel.matrix.globalAvailable]).toEqual([450 - 401, 0]);
    expect(POLICIES.find(({ name }) => name === 'matrix')?.promise.request?.errno).toBe('ENOSPC');
  });

  it('an auditor finds a driver that leaves requests behind where one fails, and not one that frees them', () => {
    const rules = (text: string): string[] => audited(text).findings.map(({ rule }) => rule);
    expect(rules(mailDriver)).toEqual(['irq-loop-failure']);
    const unwinds = `while (i--) {
        irq_set_affinity_hint(m->entries[i].vector, NULL);
        free_irq(m->entries[i].vector, &m->queue[i]);
      }
      return err;`;
    const fixed = mailDriver.replace(/if \(err\)\s+return err;/, `if (err) { ${unwinds} }`);
    expect(fixed).not.toBe(mailDriver);
    expect(rules(fixed)).toEqual([]);
  });
});

describe('M11: reservations are needed so that an exhausted space can be reported at enable', () => {
  it('P3 reports it; Linux counts, and says it once', () => {
    const enable = (policy: string): { ret: number; log: string[] } => {
      const machine = new TestMachine('6.1', 2, {}, policy);
      const nic = machine.device({ msix: { tableSize: 450 } });
      return { ret: machine.kernel.pci.enableMsixRange(nic, { min: 450, max: 450 }), log: machine.log };
    };
    expect(enable('reservation-online')).toEqual({ ret: -ENOSPC, log: [] });
    expect(enable('matrix')).toEqual({
      ret: 450,
      log: ['warn: Interrupt reservation exceeds available resources'],
    });
  });
});

describe('M12: how large is the space?', () => {
  it('three families, and what each of them gives for 64 possible CPUs of which 16 are online', () => {
    const facts = { perCpu: 201, possible: 64, online: 16 };
    expect([byPossible, byOnline, bySurvivors(1)].map((sizing) => sizing(facts))).toEqual([
      12_864, 3216, 201,
    ]);
  });

  /** As many as are admitted, all requested: how many work. */
  const requested = (policy: string): { admitted: number; worked: number } => {
    const machine = new TestMachine('6.1', 8, { online: CpuSet.span(0, 3) }, policy);
    const nic = machine.device({ msix: { tableSize: 2000 } });
    const admitted = machine.kernel.pci.enableMsixRange(nic, { min: 1, max: 2000 });
    return { admitted, worked: machine.requestAll(nic) };
  };

  it.each(['reservation-online', 'reservation-share', 'reservation-strict', 'reservation-last-cpu'])(
    '%s: what was enabled can be requested, while no CPU goes',
    (policy) => {
      const { admitted, worked } = requested(policy);
      expect(worked).toBe(admitted);
    },
  );

  it('reservation-possible: not so', () => {
    expect(requested('reservation-possible')).toEqual({ admitted: 8 * 201 - 15, worked: 4 * 201 - 1 });
  });
});

describe('M13: or one overcommits, and request_irq() fails', () => {
  it('enabling always works, the request of what does not fit is refused with -ENOSPC', () => {
    const machine = new TestMachine('6.1', 2, {}, 'overcommit');
    const nic = machine.msix(2000);
    const rets = machine.irqs(nic).map((desc) => machine.request(desc));
    expect(rets.filter((ret) => ret === 0)).toHaveLength(2 * 201 - 1);
    expect(new Set(rets)).toEqual(new Set([0, -ENOSPC]));
  });
});

describe('M14: no way to reserve solves CPU hotplug for interrupts that are in use', () => {
  const inUse = (policy: string, messages: number): string => {
    const machine = new TestMachine('6.1', 4, REMAPPED, policy);
    const nic = machine.device({ msix: { tableSize: messages } });
    if (machine.kernel.pci.enableMsixRange(nic, { min: messages, max: messages }) < 0) return 'not enabled';
    machine.requestAll(nic);
    machine.kernel.tick();
    return errnoName(downAndUp(machine));
  };

  it.each(EVERY)('%s: more than the last CPU has room for are refused, fewer are not', (policy) => {
    const errno = errnoName(AT_ENABLE.includes(policy) ? -ERANGE : -ENOSPC);
    // In flat mode one CPU's worth is all there is, and each CPU counts all of it as its own.
    const many = policy === 'legacy-flat' ? 150 : 300;
    const refused = policy === 'reservation-last-cpu' ? 'not enabled' : errno;
    expect([inUse(policy, 60), inUse(policy, many)]).toEqual(['OK', refused]);
  });
});

/** A disk with a managed message for each of 4 CPUs, requested. */
function disk(): { machine: TestMachine; last: ReturnType<TestMachine['irq']> } {
  const machine = new TestMachine('6.1', 4, REMAPPED, 'matrix');
  const device = machine.managed(4);
  machine.requestAll(device);
  machine.forget();
  return { machine, last: machine.irq(device, 3) };
}

describe('M15: a managed interrupt is shut down and kept on the CPU that goes', () => {
  it('requested, not started, its mask and its reservation kept, its vector given back', () => {
    const { machine, last } = disk();
    expect(machine.kernel.cpuDown(3).migrated.map(({ outcome }) => outcome)).toEqual(['shutdown']);
    expect([last.actions, last.managedShutdown, last.started]).toEqual([1, true, false]);
    expect([last.affinity.toString(), last.data?.vector]).toEqual(['3', 0]);
    expect([machine.managedBits(3), machine.allocated(3)]).toEqual([1, 0]);
  });
});

describe('M16: when the CPU returns the interrupt is started on the fly', () => {
  it('with its vector again, and nothing for the driver to do', () => {
    const { machine, last } = disk();
    const before = placesOf([last]);
    machine.kernel.cpuDown(3);
    machine.kernel.cpuUp(3);
    expect([last.started, last.effective.toString(), placesOf([last])]).toEqual([true, '3', before]);
    expect(machine.warnings).toEqual([]);
  });
});

function fail(what: string): never {
  throw new Error(`there is no ${what}`);
}
