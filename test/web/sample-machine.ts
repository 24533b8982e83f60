import { CpuSet } from '../../src/base/cpu-set.ts';
import { formatNumberList } from '../../src/base/number-list.ts';
import type { Explain } from '../../src/format/explain.ts';
import type { Fits, FitsStep } from '../../src/format/fits.ts';
import type { Report, ReportIrq } from '../../src/format/report.ts';
import { RequestError } from '../../src/query/request-error.ts';
import type { FitsRequest, MachineSource } from '../../src/server/machine-source.ts';

export interface SampleDevice {
  readonly address: string;
  readonly driver: string;
  /** Name of the nth interrupt. */
  readonly name: (n: number) => string;
  readonly irqs: number;
  /** The mask of the nth interrupt; absent: all CPUs. */
  readonly mask?: (n: number) => CpuSet;
  /** Which are managed; `undefined` inside a sample without access modes: cannot be told. */
  readonly managed?: (n: number) => boolean | undefined;
  /** From this index on, interrupts are allocated but not requested. */
  readonly requested?: number;
}

export interface SampleSpec {
  readonly source: string;
  readonly release: string;
  readonly profile: string;
  readonly cpus: number;
  readonly offline?: CpuSet;
  readonly nodes: number;
  readonly vectorsKnown: boolean;
  readonly descending: boolean;
  readonly systemInWindow: readonly number[];
  readonly windowEnd: number;
  readonly devices: readonly SampleDevice[];
  /** How many vectors per CPU may be held by moved interrupts: what makes a sample bounded. */
  readonly slack?: (cpu: number) => number;
  readonly findings?: Report['findings'];
  readonly doubts?: readonly string[];
  readonly missing?: Report['missing'];
}

interface SampleCpu {
  readonly cpu: number;
  readonly online: boolean;
  /** Vector to interrupt. */
  readonly used: Map<number, number>;
  readonly managed: Set<number>;
}

const ISA: readonly [number, string][] = [
  [0, 'timer'],
  [1, 'i8042'],
  [4, 'ttyS0'],
  [8, 'rtc0'],
  [9, 'acpi'],
];

/**
 * A machine drawn up for the page, with a toy of the kernel's placement: lowest free vector on the CPU with the
 * most room. Good enough to look at; the truth is in the model's own tests.
 */
export class SampleMachine implements MachineSource {
  readonly spec: SampleSpec;
  readonly #cpus: SampleCpu[] = [];
  readonly #irqs: ReportIrq[] = [];
  readonly #capacity: number;
  #clock = 0;

  constructor(spec: SampleSpec) {
    this.spec = spec;
    this.#capacity = spec.windowEnd - 32 - spec.systemInWindow.length;
    for (let cpu = 0; cpu < spec.cpus; cpu++) {
      const online = !(spec.offline?.has(cpu) ?? false);
      this.#cpus.push({ cpu, online, used: new Map(), managed: new Set() });
    }
    for (const [irq, name] of ISA) this.#addIsa(irq, name);
    let irq = 24;
    for (const device of spec.devices) {
      for (let n = 0; n < device.irqs; n++) this.#add(irq++, device, n);
    }
  }

  report(): Report {
    // The counts of a live machine go up.
    this.#clock++;
    const { spec } = this;
    const cpus = this.#cpus.map((c) => this.#reportCpu(c));
    const online = cpus.filter((c) => c.online);
    const sum = (pick: (c: Report['cpus'][number]) => { min: number; max: number }) => ({
      min: online.reduce((n, c) => n + pick(c).min, 0),
      max: online.reduce((n, c) => n + pick(c).max, 0),
    });
    const reserved = this.#irqs.filter((i) => i.state === 'reserved').length;
    return {
      kind: 'report',
      version: 1,
      source: spec.source,
      kernel: { release: spec.release, profile: spec.profile },
      certainty: spec.slack === undefined ? 'exact' : 'bounded',
      cpus,
      global: {
        available: sum((c) => c.available),
        reserved: { min: reserved, max: reserved },
        totalAllocated: sum((c) => c.allocated),
      },
      ...(spec.vectorsKnown
        ? { systemVectors: formatNumberList([...range(0, 20), ...spec.systemInWindow, ...range(240, 256)]) }
        : {}),
      window: { start: 32, end: spec.windowEnd },
      nodes: Array.from({ length: spec.nodes }, (_, node) => ({
        node,
        cpus: this.#nodeCpus(node).toString(),
      })),
      irqs: this.#irqs.map((i) => (i.count === undefined ? i : { ...i, count: i.count + this.#clock * 17 })),
      findings: [...(spec.findings ?? [])],
      doubts: [...(spec.doubts ?? [])],
      missing: [...(spec.missing ?? [])],
    };
  }

  explain(irq: number): Explain | undefined {
    const found = this.#irqs.find((i) => i.irq === irq);
    if (found === undefined) return undefined;
    const facts = [
      found.driver === undefined
        ? `IRQ ${irq} (${found.name}) belongs to no PCI device.`
        : `IRQ ${irq} (${found.name || 'not requested'}) belongs to ${found.driver} on ${found.device}.`,
      found.managed === true
        ? `It is managed: the kernel chose the mask ${found.affinity} when it was allocated, and a write to smp_affinity is refused.`
        : `It may go to CPUs ${found.affinity}; user space can change that.`,
    ];
    if (found.cpu !== undefined) facts.push(`It runs on CPU ${found.cpu}, the one with the most room then.`);
    const whenCpuGoes =
      found.cpu === undefined
        ? undefined
        : found.managed === true
          ? `When CPU ${found.cpu} goes offline it moves inside its mask, or is shut down when none of the mask is online.`
          : `When CPU ${found.cpu} goes offline it moves to the CPU with the most room.`;
    return {
      kind: 'explain',
      version: 1,
      source: this.spec.source,
      irq: found,
      facts,
      ...(whenCpuGoes === undefined ? {} : { whenCpuGoes }),
    };
  }

  fits(request: FitsRequest): Fits {
    const online = this.#cpus.filter((c) => c.online).map((c) => c.cpu);
    let order = request.offline ?? online.slice(1);
    const unknown = order.find((cpu) => !online.includes(cpu));
    if (unknown !== undefined) throw new RequestError(`CPU ${unknown} is not online`);
    if (order.length === online.length) throw new RequestError('one CPU has to stay online');
    if (request.offline === undefined && this.spec.descending) order = [...order].reverse();
    const change = request.offline !== undefined ? 'offline' : request.suspend ? 'suspend' : 'hibernate';
    const steps = this.#takeDown(change, order);
    const last = steps.at(-1);
    const verdict = steps.some((s) => s.fits === null) ? null : (last?.fits ?? true);
    return {
      kind: 'fits',
      version: 1,
      source: this.spec.source,
      kernel: { release: this.spec.release, profile: this.spec.profile },
      fits: verdict,
      certainty: this.spec.slack === undefined ? 'exact' : 'bounded',
      doubts: [...(this.spec.doubts ?? [])],
      steps,
    };
  }

  #takeDown(change: FitsStep['change'], order: readonly number[]): FitsStep[] {
    const byIrq = new Map(this.#irqs.map((irq) => [irq.irq, irq]));
    const slack = (cpu: number): number => this.spec.slack?.(cpu) ?? 0;
    const room = new Map<number, number>();
    const held = new Map<number, number[]>();
    for (const c of this.#cpus) {
      if (!c.online) continue;
      room.set(c.cpu, this.#available(c));
      held.set(
        c.cpu,
        [...c.used.values()].sort((a, b) => a - b),
      );
    }
    const steps: FitsStep[] = [];
    for (const cpu of order) {
      const mine = held.get(cpu) ?? [];
      const movable = mine.filter((irq) => byIrq.get(irq)?.managed !== true);
      room.delete(cpu);
      const available = [...room.values()].reduce((a, b) => a + b, 0);
      const doubt = [...room.keys()].reduce((a, c) => a + slack(c), 0);
      const needed = { min: movable.length, max: movable.length + slack(cpu) };
      const free = { min: available - doubt, max: available };
      const fits = needed.max <= free.min ? true : needed.min > free.max ? false : null;
      const step: FitsStep = {
        change,
        cpu,
        fits: steps.some((s) => s.fits === null) ? null : fits,
        needed,
        available: free,
        moves: [],
        broken: [],
        shutdown: [],
        stuck: [],
      };
      steps.push(step);
      if (fits === false) {
        step.message = `CPU ${cpu} has ${needed.min} vectors, ${free.min} available. Cannot disable CPU`;
        break;
      }
      for (const irq of mine) {
        const facts = byIrq.get(irq);
        const mask = facts?.affinity === undefined ? undefined : cpusOf(facts.affinity);
        let targets = [...room.keys()].filter((c) => mask === undefined || mask.has(c));
        if (facts?.managed === true) {
          if (targets.length === 0) step.shutdown.push(irq);
          else step.moves.push({ irq, from: cpu, to: targets[0] ?? 0 });
          continue;
        }
        if (targets.length === 0) {
          step.broken.push(irq);
          targets = [...room.keys()];
        }
        const to = targets.reduce((a, b) => ((room.get(b) ?? 0) > (room.get(a) ?? 0) ? b : a));
        room.set(to, (room.get(to) ?? 0) - 1);
        held.get(to)?.push(irq);
        step.moves.push({ irq, from: cpu, to });
      }
    }
    return steps;
  }

  #addIsa(irq: number, name: string): void {
    this.#cpus[0]?.used.set(48 + irq, irq);
    this.#irqs.push({
      irq,
      name,
      chip: 'IR-IO-APIC',
      managed: false,
      managedBy: 'smp_affinity is writable',
      cpu: 0,
      ...(this.spec.vectorsKnown ? { vector: 48 + irq } : {}),
      affinity: `0-${this.spec.cpus - 1}`,
      state: 'active',
      movePending: false,
      count: irq === 0 ? 127 : irq * 31,
    });
  }

  #add(irq: number, device: SampleDevice, n: number): void {
    const everywhere = CpuSet.span(0, this.spec.cpus - 1);
    const mask = device.mask?.(n) ?? everywhere;
    const managed = device.managed === undefined ? false : device.managed(n);
    const common = {
      irq,
      chip: `IR-PCI-MSIX-${device.address}`,
      device: device.address,
      driver: device.driver,
      ...(managed === undefined ? {} : { managed }),
      managedBy:
        managed === undefined
          ? 'cannot be told: this kernel does not show it, and the driver is not in the catalogue'
          : managed
            ? 'smp_affinity is read-only (0444), which this kernel does for managed interrupts'
            : 'smp_affinity is writable',
      movePending: false,
    };
    if (n >= (device.requested ?? device.irqs)) {
      this.#irqs.push({ ...common, name: '', state: 'reserved' });
      return;
    }
    if (managed === true) for (const cpu of mask) this.#reserveManaged(cpu);
    const targets = this.#cpus.filter((c) => c.online && mask.has(c.cpu));
    const active = targets.length > 0;
    const best = targets.reduce<SampleCpu | undefined>((a, b) => {
      if (a === undefined) return b;
      if (managed === true) return managedInUse(b) <= managedInUse(a) ? b : a;
      return this.#available(b) > this.#available(a) ? b : a;
    }, undefined);
    const vector = best === undefined ? undefined : this.#takeVector(best, irq, managed === true);
    this.#irqs.push({
      ...common,
      name: device.name(n),
      ...(best === undefined ? {} : { cpu: best.cpu }),
      ...(this.spec.vectorsKnown && vector !== undefined ? { vector } : {}),
      affinity: mask.toString(),
      state: active ? 'active' : 'shutdown',
      count: active ? (irq * 7919) % 2_000_003 : 0,
    });
  }

  #reserveManaged(cpu: number): void {
    const c = this.#cpus[cpu];
    if (c === undefined) return;
    for (let v = 33; v < this.spec.windowEnd; v++) {
      if (c.used.has(v) || c.managed.has(v) || this.spec.systemInWindow.includes(v)) continue;
      c.managed.add(v);
      return;
    }
  }

  #takeVector(c: SampleCpu, irq: number, managed: boolean): number | undefined {
    if (managed) {
      for (const v of c.managed) {
        if (c.used.has(v)) continue;
        c.used.set(v, irq);
        return v;
      }
      return undefined;
    }
    for (let v = 33; v < this.spec.windowEnd; v++) {
      if (c.used.has(v) || c.managed.has(v) || this.spec.systemInWindow.includes(v)) continue;
      c.used.set(v, irq);
      return v;
    }
    return undefined;
  }

  #available(c: SampleCpu): number {
    return this.#capacity - c.managed.size - (c.used.size - managedInUse(c));
  }

  #nodeCpus(node: number): CpuSet {
    const size = this.spec.cpus / this.spec.nodes;
    return CpuSet.span(node * size, (node + 1) * size - 1);
  }

  #reportCpu(c: SampleCpu): Report['cpus'][number] {
    const exactly = (n: number) => ({ min: n, max: n });
    const slack = c.online ? (this.spec.slack?.(c.cpu) ?? 0) : 0;
    const available = this.#available(c);
    return {
      cpu: c.cpu,
      online: c.online,
      node: Math.floor(c.cpu / (this.spec.cpus / this.spec.nodes)),
      capacity: exactly(this.#capacity),
      available: { min: available - slack, max: available },
      allocated: { min: c.used.size, max: c.used.size + slack },
      managed: exactly(c.managed.size),
      managedAllocated: exactly(managedInUse(c)),
      ...(this.spec.vectorsKnown && c.online
        ? { vectors: formatNumberList([...c.used.keys()].sort((a, b) => a - b)) }
        : {}),
    };
  }
}

function managedInUse(c: SampleCpu): number {
  let n = 0;
  for (const vector of c.managed) if (c.used.has(vector)) n++;
  return n;
}

function cpusOf(list: string): CpuSet {
  const set = new CpuSet();
  for (const part of list.split(',')) {
    const [first, last] = part.split('-').map(Number);
    if (first === undefined) continue;
    for (let cpu = first; cpu <= (last ?? first); cpu++) set.add(cpu);
  }
  return set;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, n) => start + n);
}
