/**
 * What a step must make of the life of every interrupt: started or not, how often disabled, which mask it has. By
 * chapters 5.3 to 5.5, 8.3 and 8.4 of the specification; who is not concerned stays as it is.
 */
import type { CpuSet } from '../../src/base/cpu-set.ts';
import type { IrqDesc, VectorData } from '../../src/model/irq-desc.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { type KnownLosses, managedMayStarve } from '../../src/model/known-losses.ts';
import { type Foretold, isReceived, type Move } from './kernel-oracle.ts';
import { cpusOf, type Done, type Step } from './kernel-world.ts';

/** Undefined is not foretold. */
interface Life {
  readonly started: boolean | undefined;
  readonly depth: number | undefined;
  readonly affinity: string | undefined;
  readonly pending: boolean | undefined;
  /** The vector of an unfinished move. */
  readonly old: number | undefined;
}

export class LifeOracle {
  readonly #kernel: Kernel;
  readonly #step: Step;
  readonly #expected = new Map<number, Life | undefined>();
  /** What a startup sets, of the interrupt that the step is about, and whether its mask still is somebody's wish. */
  readonly #startup: { readonly mask: CpuSet; readonly affinitySet: boolean } | undefined;

  /** Before the step. */
  constructor(kernel: Kernel, step: Step, foretold: Foretold, known: KnownLosses) {
    this.#kernel = kernel;
    this.#step = step;
    for (const desc of kernel.descs()) this.#expected.set(desc.irq, lifeOf(desc));
    if ((foretold.ret ?? 0) === 0) this.#foretell(foretold, managedMayStarve(kernel.profile, known));
    const desc = 'irq' in step ? kernel.desc(step.irq) : undefined;
    this.#startup = desc === undefined ? undefined : startupMask(kernel, desc);
  }

  /** What is wrong after it. */
  judge({ ret }: Done): string[] {
    const wrong: string[] = [];
    for (const [irq, expected] of this.#expected) {
      const desc = this.#kernel.desc(irq);
      if (desc === undefined || expected === undefined) continue;
      const life = lifeOf(desc);
      for (const key of ['started', 'depth', 'affinity', 'pending', 'old'] as const) {
        if (expected[key] === undefined || expected[key] === life[key]) continue;
        wrong.push(`interrupt ${irq}: ${key} is ${life[key]}, not ${expected[key]}`);
      }
    }
    if (this.#step.op === 'request' && ret === 0) wrong.push(...this.#judgeStartup(this.#step.irq));
    return wrong;
  }

  /** 5.5.5: the mask is set, unless no CPU of it has a vector or an old vector is in the way. */
  #judgeStartup(irq: number): string[] {
    const desc = this.#kernel.desc(irq);
    if (desc?.data === undefined || this.#startup === undefined || !desc.started || desc.managed) return [];
    const { mask, affinitySet } = this.#startup;
    if (desc.actions !== 1) return [];
    if (desc.affinitySet !== affinitySet) return [`interrupt ${irq}: affinity set is ${desc.affinitySet}`];
    if (desc.affinity.equals(mask)) return [];
    const { matrix, online } = this.#kernel;
    const room = [...mask].some((cpu) => online.has(cpu) && (matrix.maps.available[cpu] ?? 0) > 0);
    const there = mask.has(desc.data.cpu) && online.has(desc.data.cpu);
    if (!there && (!room || desc.data.prevVector !== 0 || drifts(this.#kernel))) return [];
    return [`interrupt ${irq} starts with mask ${desc.affinity}, not ${mask}`];
  }

  #foretell({ migrated }: Foretold, mayStarve: boolean): void {
    const step = this.#step;
    const { profile } = this.#kernel;
    const set = (irq: number, change: Partial<Life> | undefined): void => {
      const before = this.#expected.get(irq);
      const next = before === undefined || change === undefined ? undefined : { ...before, ...change };
      this.#expected.set(irq, next);
    };
    if (step.op === 'freeze') {
      // Whatever happens in between, who was started is so again, and as often disabled where kernels keep count;
      // who was disabled waits for his driver there.
      for (const { irq, managed, started, depth } of this.#kernel.descs()) {
        const change: Partial<Life> = { affinity: undefined, pending: undefined, old: undefined };
        if (!managed) set(irq, change);
        else if (!started && profile.restoreSkipsSuspended) set(irq, {});
        else if (mayStarve || !started) set(irq, undefined);
        else if (!profile.keepsDisableDepth) set(irq, { ...change, depth: undefined });
        else set(irq, depth === 0 ? change : { ...change, started: undefined });
      }
    } else if (step.op === 'tick') {
      for (const { irq, data } of this.#kernel.descs()) {
        if (!profile.movingIsBusy) set(irq, { old: undefined });
        else if (data?.cleanupPending === true && this.#kernel.online.has(data.prevCpu)) set(irq, { old: 0 });
      }
    } else if (step.op === 'down') {
      for (const { irq, data } of this.#kernel.descs()) {
        if (data !== undefined && this.#finishes(data, step.cpu)) set(irq, { old: 0 });
      }
      for (const move of migrated ?? []) set(move.irq, this.#migration(move));
      const online = this.#kernel.online.clone().delete(step.cpu);
      for (const { irq, movePending, pendingMask, chip } of this.#kernel.descs()) {
        if (movePending && chip.settable && !pendingMask.intersects(online)) set(irq, { pending: false });
      }
    } else if (step.op === 'up') {
      const online = this.#kernel.online.clone().add(step.cpu);
      for (const desc of this.#kernel.descs()) {
        if (!desc.managed || desc.actions === 0 || !desc.affinity.has(step.cpu)) continue;
        const waits = profile.keepsDisableDepth && desc.depth !== 1;
        // Where it is not remapped it may be told to go to a housekeeping CPU later.
        const change = waits ? { depth: desc.depth - 1 } : startup(this.#kernel, desc, online, mayStarve);
        set(desc.irq, desc.managedShutdown ? change : {});
        if (this.#kernel.housekeeping !== undefined) set(desc.irq, { old: undefined });
        if (this.#expected.get(desc.irq)?.pending === false && !desc.chip.remapped) {
          set(desc.irq, this.#kernel.housekeeping === undefined ? {} : undefined);
        }
      }
    }
    if (!('irq' in step)) return;
    const desc = this.#kernel.desc(step.irq);
    if (desc === undefined) return;
    switch (step.op) {
      case 'request': {
        if (desc.actions > 0) break;
        // A fixed one may be placed again.
        const placed = desc.managed ? {} : { old: undefined };
        const started = startup(this.#kernel, desc, this.#kernel.online, mayStarve);
        set(desc.irq, step.autoEnable ? started : { ...placed, depth: 1 });
        break;
      }
      case 'free':
        if (desc.actions > 1) break;
        if (desc.started) set(desc.irq, { started: false, depth: shutDepth(this.#kernel, desc) });
        if (desc.managed || desc.data?.canReserve === true) set(desc.irq, { old: 0 });
        break;
      case 'disable':
        set(desc.irq, { depth: desc.depth + 1 });
        break;
      case 'enable':
        if (desc.depth > 1) set(desc.irq, { depth: desc.depth - 1 });
        else if (desc.depth === 1) set(desc.irq, startup(this.#kernel, desc, this.#kernel.online, mayStarve));
        break;
      case 'interrupt':
        if (isReceived(this.#kernel, desc)) {
          set(desc.irq, { ...arrival(this.#kernel, desc), old: undefined });
        }
        break;
      case 'writeMask':
      case 'writeList':
        // watched-kernel.ts looks at what a write leaves.
        set(desc.irq, undefined);
        break;
      case 'hint':
        if (step.sets) set(desc.irq, { ...hinted(this.#kernel, desc, cpusOf(step.mask)), old: undefined });
        break;
    }
  }

  #migration({ irq, outcome }: Move): Partial<Life> | undefined {
    const desc = this.#kernel.desc(irq);
    if (desc === undefined || this.#step.op !== 'down') return undefined;
    const online = this.#kernel.online.clone().delete(this.#step.cpu);
    if (outcome === 'shutdown') {
      return { started: false, depth: shutDepth(this.#kernel, desc), pending: false, old: 0 };
    }
    // Another CPU's vector may be left behind only where the effective mask was not the truth.
    const old = desc.data?.cpu === this.#step.cpu ? 0 : undefined;
    const pending = desc.movePending && desc.pendingMask.intersects(online);
    const target = pending ? desc.pendingMask : desc.affinity;
    const affinity = { moved: target, broken: online, stuck: desc.affinity, untouched: desc.affinity }[
      outcome
    ];
    return { affinity: String(affinity), pending: false, old };
  }

  /** 8.3 step 2 and 8.1 step 8, whether the interrupt itself moves or not. */
  #finishes({ prevVector, cpu, prevCpu, cleanupPending }: VectorData, dying: number): boolean {
    if (prevVector === 0) return false;
    const { completesMovesFirst, cleanupByVector } = this.#kernel.profile;
    if (completesMovesFirst) return cpu === dying || prevCpu === dying;
    return !cleanupByVector && cleanupPending && prevCpu === dying;
  }
}

function lifeOf({ started, depth, affinity, movePending, data }: IrqDesc): Life {
  return { started, depth, affinity: String(affinity), pending: movePending, old: data?.prevVector };
}

function drifts({ matrix }: Kernel): boolean {
  for (let cpu = 0; cpu < matrix.shape.cpuCount; cpu++) if (matrix.drift(cpu) !== 0) return true;
  return false;
}

/** 5.4: what a shutdown makes of the depth. */
function shutDepth({ profile }: Kernel, { depth }: IrqDesc): number {
  return profile.keepsDisableDepth ? depth + 1 : 1;
}

/** 5.4; undefined where a managed one may find no vector. */
function startup(
  { profile }: Kernel,
  desc: IrqDesc,
  online: CpuSet,
  mayStarve: boolean,
): Partial<Life> | undefined {
  if (desc.started) return { depth: 0 };
  if (!desc.managed) return { started: true, depth: 0, affinity: undefined, old: undefined };
  if (!desc.affinity.intersects(online)) return { depth: profile.keepsDisableDepth ? 1 : 0 };
  return mayStarve ? undefined : { started: true, depth: 0, old: undefined };
}

/** 5.5.5: the mask that an interrupt starts with. */
function startupMask({ profile, defaultAffinity, online, nodes }: Kernel, desc: IrqDesc) {
  const own = desc.affinitySet && desc.affinity.intersects(online);
  let mask = (own ? desc.affinity : defaultAffinity).and(online);
  if (mask.isEmpty && profile.startupFallsBackToOnline) mask = online.clone();
  const node = nodes[desc.node]?.and(mask);
  return { mask: node === undefined || node.isEmpty ? mask : node, affinitySet: own };
}

/** 5.5.6: the pending mask is applied, or it waits on. */
function arrival(kernel: Kernel, desc: IrqDesc): Partial<Life> {
  const { data, pendingMask } = desc;
  if (!desc.movePending || desc.disabled || data === undefined) return {};
  const target = pendingMask.and(kernel.online);
  if (target.isEmpty) return { pending: false };
  if (desc.managed || target.has(data.cpu)) return { pending: false, affinity: String(pendingMask) };
  // A move that ends with this interrupt still waits for its clean-up.
  const { moveInProgress, cleanupPending, prevCpu } = data;
  const waits = cleanupPending || (moveInProgress && kernel.online.has(prevCpu));
  const busy = kernel.profile.movingIsBusy && waits;
  return busy ? {} : { pending: false, affinity: undefined };
}

/** 5.6: the affinity is set too, by 5.5.2; errors are dropped. */
function hinted(kernel: Kernel, desc: IrqDesc, mask: CpuSet): Partial<Life> {
  const { data } = desc;
  if (data === undefined) return {};
  if (!desc.activated && kernel.profile.coreStoresInactiveAffinity) return { affinity: String(mask) };
  if (!desc.chip.remapped || desc.movePending) return { pending: true };
  if (!desc.activated && data.canReserve) return { affinity: String(mask) };
  const target = mask.and(kernel.online);
  if (target.isEmpty && kernel.profile.setsOnlineCpusOnly) return {};
  if (target.has(data.cpu)) return { affinity: String(mask) };
  if (kernel.profile.movingIsBusy && data.prevVector !== 0) return { pending: true };
  if (target.isEmpty) return {};
  const room = [...target].some((cpu) => (kernel.matrix.maps.available[cpu] ?? 0) > 0);
  return room && !drifts(kernel) ? { affinity: String(mask) } : { affinity: undefined };
}
