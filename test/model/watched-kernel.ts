/**
 * A kernel under watch: each step is foretold, made, and judged by the invariants, by both sets of books and by what the
 * step is for. What is wrong is thrown, with the step.
 */
import type { KernelEvent, VectorEvent } from '../../src/model/events.ts';
import type { IrqDesc } from '../../src/model/irq-desc.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { kernelViolations } from '../../src/model/kernel-invariants.ts';
import { managedMayStarve } from '../../src/model/known-losses.ts';
import { EventLedger } from './event-ledger.ts';
import { KernelBooks } from './kernel-books.ts';
import { digestOf } from './kernel-digest.ts';
import { type Foretold, foretell, isReceived } from './kernel-oracle.ts';
import { bootWorld, cpusOf, type Done, perform, type Step, type World } from './kernel-world.ts';
import { LifeOracle } from './life-oracle.ts';

type Update = Extract<VectorEvent, { readonly name: 'vector_update' | 'vector_clear' }>;

const ENOSPC = 28;

export class WatchedKernel {
  readonly world: World;
  readonly kernel: Kernel;
  readonly books: KernelBooks;
  /** Of the last step. */
  readonly events: KernelEvent[] = [];
  readonly #ledger: EventLedger;

  constructor(world: World, from?: WatchedKernel) {
    this.world = world;
    this.kernel = from === undefined ? bootWorld(world) : from.kernel.clone();
    this.books = from === undefined ? new KernelBooks(this.kernel) : from.books.clone(this.kernel);
    this.#ledger = new EventLedger(this.kernel);
    this.kernel.listener = (event) => {
      this.events.push(event);
      this.books.hear(event);
      this.#ledger.hear(event);
    };
    if (from === undefined) this.judge('boot');
  }

  clone(): WatchedKernel {
    return new WatchedKernel(this.world, this);
  }

  step(step: Step): Done {
    const { kernel } = this;
    const foretold = foretell(kernel, step);
    const before = beforeStep(kernel, step, foretold);
    const life = new LifeOracle(kernel, step, foretold, this.books);
    this.events.length = 0;
    const done = perform(this.world, kernel, step);
    this.books.settle();
    const what = JSON.stringify(step);
    this.judge(what);
    // Counters of a map that was forgotten are anything, and so is what they decide.
    if (this.books.forgotten.size > 0) return done;
    const wrong = [
      ...comparison(foretold, done, this.events),
      ...life.judge(done),
      ...this.#warnings(step, before),
      ...afterStep(this, step, done, before),
    ];
    if (wrong.length > 0) throw new Error(`after ${what}: ${wrong.join('; ')}`);
    return done;
  }

  judge(what: string): void {
    const wrong = [...this.books.complaints, ...kernelViolations(this.kernel, this.books)];
    // Of a map that was forgotten vectors may be given back twice, by interrupts of two kinds.
    if (this.books.forgotten.size === 0) wrong.push(...this.#ledger.complaints);
    if (wrong.length > 0) throw new Error(`after ${what}: ${wrong.join('; ')}`);
  }

  /** A caller who behaves meets a WARN only where the kernel itself is at fault. */
  #warnings(step: Step, before: Before): string[] {
    const { profile, possible } = this.kernel;
    const lostManaged = [...possible].some((cpu) => this.books.managed(cpu) > 0);
    const starves = managedMayStarve(profile, this.books);
    return this.events.flatMap((event) => {
      if (event.name !== 'WARN') return [];
      const { where } = event;
      const fine =
        (where.startsWith('Unbalanced enable') && step.op === 'enable' && before.depth === 0) ||
        (where === '__irq_startup_managed' && (step.op === 'enable' || starves)) ||
        (where === 'activate_managed' && starves) ||
        (where === 'removeManaged: all managed bits in use' && lostManaged) ||
        (where === 'free: bit outside the window' && !profile.movingIsBusy);
      return fine ? [] : [`WARN: ${where}`];
    });
  }
}

interface Before {
  /** Only where the step will change nothing. */
  readonly digest: string;
  readonly online: string;
  readonly depth: number | undefined;
  /** Of an interrupt that arrives. */
  readonly received: boolean;
}

function beforeStep(kernel: Kernel, step: Step, foretold: Foretold): Before {
  const desc = 'irq' in step ? kernel.desc(step.irq) : undefined;
  const received = desc !== undefined && isReceived(kernel, desc);
  const changesNothing = (foretold.ret ?? 0) < 0 || (step.op === 'interrupt' && !received);
  return {
    digest: changesNothing ? digestOf(kernel) : '',
    online: String(kernel.online),
    depth: desc?.depth,
    received,
  };
}

function comparison(foretold: Foretold, done: Done, events: readonly KernelEvent[]): string[] {
  const wrong: string[] = [];
  const compare = (what: string, got: unknown, wanted: unknown): void => {
    if (JSON.stringify(got) !== JSON.stringify(wanted)) {
      wrong.push(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
    }
  };
  if (foretold.ret !== undefined) compare('the answer', done.ret, foretold.ret);
  if (foretold.migrated !== undefined) {
    const moves = done.migrated?.map(({ irq, outcome, from, to }) => ({ irq, outcome, from, to }));
    compare('what moved', moves, foretold.migrated);
  }
  if (foretold.order !== undefined) {
    compare('the order', done.order, foretold.order.slice(0, done.ret < 0 ? done.order?.length : undefined));
  }
  if (foretold.first !== undefined) {
    const taken = events.find((event): event is Update => event.name === 'vector_update');
    const { cpu, vector } = foretold.first;
    compare('the CPU', taken?.cpu, cpu);
    if (vector !== undefined) compare('the vector', taken?.vector, vector);
  }
  return wrong;
}

/** Refusals that leave nothing behind; a write without room marks the affinity as set all the same. */
function leavesNoTrace(step: Step, ret: number): boolean {
  if (step.op === 'writeMask' || step.op === 'writeList') return ret !== -ENOSPC;
  return step.op === 'down' || step.op === 'writeDefault';
}

/** 8.4 d: it runs on an isolated CPU, one that is not has come up, and nothing is done about it. */
function mayLeaveIsolation({ profile, housekeeping }: Kernel, desc: IrqDesc, cpu: number): boolean {
  if (!profile.isolatesManaged || housekeeping?.has(cpu) !== true || !desc.started) return false;
  return !desc.effective.isSubsetOf(housekeeping) && !desc.movePending;
}

/** 4.1: a slot whose vector is given back says so, in kernels that mark it. */
function slotViolations({ kernel, events }: WatchedKernel): string[] {
  const expected = kernel.profile.marksShutdownSlots ? 'shutdown' : 'unused';
  return events.flatMap((event) => {
    if (event.name !== 'vector_clear') return [];
    const slot = kernel.vectors.table.at(event.cpu, event.vector);
    return slot === expected ? [] : [`the slot of vector ${event.vector} is ${slot}, not ${expected}`];
  });
}

/** 4.1: one on an unused slot is complained of; a CPU that is offline says nothing, and 239 is nobody's. */
function lostArrivalViolations({ kernel, events }: WatchedKernel, irq: number): string[] {
  const data = kernel.desc(irq)?.data;
  if (data === undefined) return [];
  const isHeard = kernel.online.has(data.hwCpu) && data.hwVector !== 239;
  const text = `${data.hwCpu}.${data.hwVector}`;
  const said = events.filter((event) => event.name === 'printk' && event.level === 'emerg');
  const fits = said.every((event) => 'text' in event && event.text.includes(text));
  if (events.length === said.length && said.length === Number(isHeard) && fits) return [];
  return [`an arrival at ${text} that nobody receives: ${JSON.stringify(events)}`];
}

/** 8.4 b and 8.5: in kernels that leave suspended interrupts alone, none is started before all CPUs are back. */
function startsTooEarly({ kernel, events }: WatchedKernel): boolean {
  if (!kernel.profile.restoreSkipsSuspended) return false;
  const names = events.map(({ name }) => name);
  if (!names.includes('irq_matrix_online')) return false;
  const returning = names.slice(
    names.lastIndexOf('irq_matrix_offline') + 1,
    names.lastIndexOf('irq_matrix_online'),
  );
  return returning.includes('vector_alloc_managed');
}

/** What the step is for. */
function afterStep(watched: WatchedKernel, step: Step, { ret }: Done, before: Before): string[] {
  const { kernel, books } = watched;
  const wrong: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  if (step.op === 'freeze') {
    must(String(kernel.online) === before.online, `CPUs ${kernel.online} are online`);
    must(![...kernel.descs()].some(({ suspended }) => suspended), 'an interrupt is still suspended');
    must(!startsTooEarly(watched), 'a suspended interrupt is started while CPUs come back');
    const thawed = watched.events.flatMap((event) => (event.name === 'irq_matrix_online' ? [event.cpu] : []));
    must(
      thawed.every((cpu, at) => at === 0 || (thawed[at - 1] ?? 0) < cpu),
      `CPUs come back as ${thawed}`,
    );
  }
  if (ret < 0) {
    if (leavesNoTrace(step, ret)) must(digestOf(kernel) === before.digest, 'a refusal leaves a trace');
    return wrong;
  }
  const desc = 'irq' in step ? kernel.desc(step.irq) : undefined;
  const moved = watched.events.some(({ name }) => name === 'vector_update');
  switch (step.op) {
    case 'down':
      must(!kernel.online.has(step.cpu), 'the CPU is still online');
      break;
    case 'up':
      for (const desc of kernel.descs()) {
        const { irq, managed, actions, affinity, managedShutdown } = desc;
        if (!managed || actions === 0 || !affinity.has(step.cpu)) continue;
        const starves = managedMayStarve(kernel.profile, books);
        must(!managedShutdown || starves, `managed interrupt ${irq} stays down`);
        must(
          starves || !mayLeaveIsolation(kernel, desc, step.cpu),
          `managed interrupt ${irq} stays isolated`,
        );
      }
      for (const vector of kernel.vectors.table.used(step.cpu)) {
        const slot = kernel.vectors.table.at(step.cpu, vector);
        must(slot !== 'shutdown', `vector ${vector} of the new CPU is marked`);
      }
      break;
    case 'writeMask':
    case 'writeList':
      must(!moved || desc?.data?.moveInProgress === false, 'a remapped move waits for an interrupt');
      if (desc !== undefined && 'mask' in step.written) {
        const mask = cpusOf(step.written.mask);
        // What the core stores is not shown as long as an older move is pending.
        const stores = !desc.activated && kernel.profile.coreStoresInactiveAffinity;
        const now = stores ? desc.affinity : desc.shownAffinity;
        must(now.equals(mask), `the affinity is ${now} after ${mask}`);
      }
      break;
    case 'tick':
      for (const { irq, data } of kernel.descs()) {
        const waits = data?.cleanupPending === true && kernel.online.has(data.prevCpu);
        must(!waits, `interrupt ${irq} still waits for its clean-up`);
      }
      break;
    case 'interrupt':
      if (!before.received) {
        must(digestOf(kernel) === before.digest, 'an interrupt that nobody receives leaves a trace');
        wrong.push(...lostArrivalViolations(watched, step.irq));
        break;
      }
      must(
        desc?.data?.moveInProgress === (moved && !watched.world.remapped),
        'the wrong move is in progress',
      );
      if (desc?.movePending === true && !desc.disabled) {
        const busy = desc.data?.moveInProgress === true || desc.data?.cleanupPending === true;
        must(busy, 'its affinity is still pending');
      }
      break;
    case 'free':
      wrong.push(...slotViolations(watched));
      if (desc?.actions === 0 && desc.data !== undefined) {
        const { canReserve, isManaged, hasReserved, vector } = desc.data;
        must(!desc.started && !desc.activated, 'a freed interrupt is still active');
        must(canReserve === hasReserved, 'a freed interrupt has no reservation again');
        must(isManaged === (vector === 0 && !hasReserved), 'only a fixed interrupt keeps its vector');
      }
      break;
    case 'remove':
      wrong.push(...slotViolations(watched));
      break;
    case 'hint':
      if (step.sets || kernel.profile.splitsAffinityHint) {
        must(desc?.hint?.equals(cpusOf(step.mask)) === true, 'the hint is not published');
      }
      break;
  }
  return wrong;
}
