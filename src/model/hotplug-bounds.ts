/**
 * How far a machine may be from the kernel that was built of its state (kernel-of-state.ts), and what that does to the
 * figures of a CPU going down. That kernel decides who goes where; here is only what may be otherwise.
 *
 * What fits hardly depends on where earlier interrupts landed: the *room* of a CPU, what it can give to regular
 * (non-managed) vectors in all (capacity − managed + drift), is fixed, so the room of the CPUs that stay against all
 * regular vectors in use decides. Only the two figures of the kernel's message depend on the placement; they *blur*
 * when a choice of CPU along the way was not certain.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { addRanges, clampToZero, exactly, isExact, type Range, range } from '../base/range.ts';
import type { FloatingVectors } from './floating-vectors.ts';
import type { IrqDesc } from './irq-desc.ts';
import type { MigrationOutcome } from './irq-hotplug.ts';
import type { Kernel, Migrated } from './kernel.ts';
import type { KernelProfile } from './kernel-profile.ts';
import type { UnplugCheck } from './vector-management.ts';

/** The answer of the capacity check, as far as it is known. */
export interface CapacityCheck {
  /** Undefined: the bounds straddle. */
  readonly fits: boolean | undefined;
  /** What `irq_matrix_allocated()` says has to move. */
  readonly needed: Range;
  /** `irq_matrix_available(cpudown)`: what the other online CPUs have. */
  readonly available: Range;
  /** `available` less `needed`; tighter than their bounds where both share a doubt. */
  readonly spare: Range;
  /** The kernel's line, where its figures are known. */
  readonly message: string | undefined;
}

/** All regular vectors in use, against what one CPU can give to them. */
export interface FitOnOne {
  readonly needed: Range;
  readonly room: Range;
}

const ZERO: Range = exactly(0);

/** What is not known of a machine, and does not change when CPUs go. */
export interface Unknowns {
  readonly reservedKnown: boolean;
  /** Every fact that places a regular vector is known. */
  readonly placementKnown: boolean;
  /** It is known of every interrupt whether it is managed, and of every managed vector where it is. */
  readonly managedKnown: boolean;
  /** Per CPU: its room beyond the kernel's. */
  readonly room: readonly Range[];
  /** Interrupts that the kernel takes as regular. */
  readonly perhapsManaged: ReadonlySet<number>;
}

/** What follows from it, and changes with every step. */
export interface Course {
  /** Per CPU: of its interrupts from the start, those that are perhaps managed. */
  readonly open: Int32Array;
  /** Per CPU: managed vectors in use beyond the kernel's, perhaps; those of `open` not counted. */
  readonly managedDoubt: Int32Array;
  readonly floating: FloatingVectors;
  /** Interrupts among these that the kernel has placed, likely but not for certain. */
  readonly afloat: Set<number>;
  /** Masks of regular interrupts before the next CPU goes: one that breaks is lost in the kernel. */
  readonly masks: Map<number, CpuSet>;
  /** How far `available` of all CPUs together may be off, apart from interrupts that are perhaps managed. */
  disturbance: number;
  /** Regular vectors placed so far where there was a choice. */
  moved: number;
  /** Of these, the ones that are perhaps managed. */
  movedPerhapsManaged: number;
  /** Managed vectors placed so far. */
  movedManaged: number;
  /** Managed interrupts that were shut down since the last suspend: they start again with their CPUs. */
  shutDown: number;
  /** Every one of these could go anywhere: which of them is where makes no difference. */
  interchangeable: boolean;
}

export class HotplugBounds {
  #unknowns: Unknowns;
  readonly #course: Course;

  constructor(unknowns: Unknowns, course: Course) {
    this.#unknowns = unknowns;
    this.#course = course;
  }

  clone(): HotplugBounds {
    const { open, managedDoubt, floating, afloat, masks } = this.#course;
    return new HotplugBounds(this.#unknowns, {
      ...this.#course,
      open: open.slice(),
      managedDoubt: managedDoubt.slice(),
      floating: floating.clone(),
      afloat: new Set(afloat),
      masks: new Map(masks),
    });
  }

  /** What the check of the real machine says, `check` being the kernel's. */
  widen(kernel: Kernel, cpu: number, check: UnplugCheck): CapacityCheck {
    const { room: rooms } = this.#unknowns;
    const { movedPerhapsManaged } = this.#course;
    const left = this.#leftByTheCertain(kernel);
    const managed = this.#managedToMove(kernel.profile, cpu, check.needed - regularOn(kernel, cpu));
    // The kernel's figures, without what it has placed and is not certain.
    let here = 0;
    let elsewhere = 0;
    let others = 0;
    let room = ZERO;
    for (const online of kernel.online) {
      const leftHere = left[online] ?? 0;
      const regular = regularOn(kernel, online) + (kernel.matrix.maps.available[online] ?? 0) - leftHere;
      if (online === cpu) {
        here = regular;
        continue;
      }
      elsewhere += regular;
      others += leftHere;
      room = addRanges(room, rooms[online] ?? ZERO);
    }
    const blur = this.#blur();
    const fewer = Math.min(blur, here);
    const more = Math.min(blur, elsewhere);
    const floating = this.#course.floating.weigh(kernel.online, cpu);
    // Counted with the managed vectors, it makes no difference which of the two an interrupt is.
    const open = kernel.profile.allocatedExcludesManaged ? (this.#course.open[cpu] ?? 0) : 0;
    // No CPU holds more regular vectors than it has room for.
    const roomHere = Math.max(0, (left[cpu] ?? 0) + (rooms[cpu]?.max ?? 0));
    const needed = clampToZero(
      range(
        Math.max(0, here - fewer - open) + floating.here.min + managed.min,
        here + Math.min(more + floating.here.max, roomHere) + managed.max,
      ),
    );
    const available = clampToZero(
      range(
        others + room.min - fewer - floating.elsewhere.max,
        others + room.max + more + movedPerhapsManaged - floating.elsewhere.min,
      ),
    );
    const beyond = others - here;
    const spare = range(
      Math.max(beyond + room.min - floating.all.max - managed.max, available.min - needed.max),
      Math.min(
        beyond + room.max + open + movedPerhapsManaged - floating.all.min - managed.min,
        available.max - needed.min,
      ),
    );
    const fits = spare.min >= 0 ? true : spare.max < 0 ? false : undefined;
    return { fits, needed, available, spare, message: this.#message(check, fits, needed, available) };
  }

  /** Per CPU: what the kernel has available, and where something is that is not certain. */
  #leftByTheCertain(kernel: Kernel): Int32Array {
    const left = Int32Array.from(kernel.matrix.maps.available);
    for (const irq of this.#course.afloat) {
      const cpu = kernel.desc(irq)?.data?.cpu ?? -1;
      if (kernel.online.has(cpu)) left[cpu] = (left[cpu] ?? 0) + 1;
    }
    return left;
  }

  /** The kernel's line, where the figures in it are the machine's. */
  #message(
    check: UnplugCheck,
    fits: boolean | undefined,
    needed: Range,
    available: Range,
  ): string | undefined {
    if (fits !== (check.ret === 0) || !isExact(available)) return undefined;
    return (fits ? this.#unknowns.reservedKnown : isExact(needed)) ? check.message : undefined;
  }

  /**
   * Before a0b0bad10587 the kernel counts managed vectors as having to move, which they do not: `nominal` where it
   * counts them apart. Older ones count them with the regular vectors, so there it is what may be added.
   */
  #managedToMove(profile: KernelProfile, cpu: number, nominal: number): Range {
    if (profile.allocatedExcludesManaged) return ZERO;
    const blur = this.#managedBlur(profile);
    return range(
      profile.countsManagedAllocated ? Math.max(0, nominal - blur) : -blur,
      nominal + (this.#course.managedDoubt[cpu] ?? 0) + blur,
    );
  }

  /**
   * How far the number of regular vectors on any CPU may be off the kernel's. A vector that never moved is where it
   * was, and one that had a single CPU to go to is there, so no further than those that had a choice. Where each of
   * them could go anywhere they are all alike, and one vector too many or too few on a CPU shifts one choice at most.
   */
  #blur(): number {
    const { placementKnown, managedKnown } = this.#unknowns;
    if (placementKnown) return 0;
    const { interchangeable, moved, disturbance } = this.#course;
    return interchangeable && managedKnown ? Math.min(moved, disturbance) : moved;
  }

  /** The same for the managed vectors in use. */
  #managedBlur(profile: KernelProfile): number {
    const { placementKnown, managedKnown } = this.#unknowns;
    switch (profile.managedCpuChoice) {
      case 'lowest':
        return 0;
      case 'most-available':
        return placementKnown ? 0 : this.#course.movedManaged;
      case 'fewest-managed':
        return managedKnown ? 0 : this.#course.movedManaged;
    }
  }

  /** Takes `cpu` down in the kernel, and follows what it did there. What is not too uncertain to tell. */
  takeDown(kernel: Kernel, cpu: number, among: readonly IrqDesc[]): Migrated[] {
    const course = this.#course;
    const left = this.#leftByTheCertain(kernel);
    const likely = kernel.takeDown(cpu, among).filter((step) => this.#follow(kernel, step, left));
    course.open[cpu] = 0;
    course.managedDoubt[cpu] = 0;
    const { retriesOnlineMask, completesMovesFirst } = kernel.profile;
    const mayStick = !retriesOnlineMask && this.#someMayBeFull(kernel, left);
    course.floating.sink(cpu, mayStick, completesMovesFirst);
    return likely;
  }

  /** One interrupt that the kernel moved. False: stuck there, which it may not be. */
  #follow(kernel: Kernel, { irq, outcome, from, to }: Migrated, left: Int32Array): boolean {
    const course = this.#course;
    course.floating.forgetOld(irq);
    if (course.afloat.has(irq)) return outcome !== 'stuck';
    const desc = kernel.desc(irq);
    const mask = course.masks.get(irq);
    if (desc === undefined || mask === undefined) {
      if (outcome === 'shutdown') course.shutDown++;
      else course.movedManaged++;
      return true;
    }
    const choice = mask.and(kernel.online);
    const anywhere = choice.isEmpty || choice.equals(kernel.online);
    const perhapsManaged = this.#unknowns.perhapsManaged.has(irq);
    if (perhapsManaged) course.movedPerhapsManaged++;
    if (perhapsManaged || anywhere || choice.size > 1) {
      course.moved++;
      if (!anywhere) course.interchangeable = false;
    }
    if (this.#mayMissRoom(anywhere ? undefined : choice, outcome, left)) {
      this.#setAfloat(kernel, irq, from, anywhere ? undefined : choice);
      return outcome !== 'stuck';
    }
    if (outcome !== 'stuck') left[to] = (left[to] ?? 0) - 1;
    course.masks.set(irq, desc.affinity);
    return true;
  }

  /**
   * Whether the choice may come out otherwise than by the kernel's counts: room where they see none, or none where
   * they see some. Over all online CPUs there is room, or the check would have refused. `left` is what was available
   * when the interrupt had to move.
   */
  #mayMissRoom(choice: CpuSet | undefined, outcome: MigrationOutcome, left: Int32Array): boolean {
    if (this.#unknowns.placementKnown) return false;
    if (outcome === 'stuck') return true;
    if (choice === undefined) return false;
    const blur = this.#blur();
    const { floating } = this.#course;
    for (const cpu of choice) {
      const least = (left[cpu] ?? 0) + (this.#unknowns.room[cpu]?.min ?? 0);
      if (least - floating.perhapsOn(cpu) > blur) return false;
    }
    return true;
  }

  /** It is somewhere in `choice`, perhaps stuck; where a full mask is retried, and without a choice, anywhere. */
  #setAfloat(kernel: Kernel, irq: number, from: number, choice: CpuSet | undefined): void {
    const { afloat, floating } = this.#course;
    afloat.add(irq);
    if (choice !== undefined && !kernel.profile.retriesOnlineMask) floating.addWithin(irq, choice, from);
    else floating.addAnywhere(range(this.#unknowns.perhapsManaged.has(irq) ? 0 : 1, 1));
    // The kernel may have taken it from one CPU, and the machine from another.
    this.#course.disturbance += 2;
  }

  /** Per CPU: how many vectors fewer than in the kernel may be left for regular interrupts, at most. */
  shortfall(kernel: Kernel): Map<number, number> {
    const left = this.#leftByTheCertain(kernel);
    const blur = this.#blur();
    const { floating } = this.#course;
    return new Map(
      [...kernel.online].map((cpu) => {
        const least =
          (left[cpu] ?? 0) + (this.#unknowns.room[cpu]?.min ?? 0) - floating.perhapsOn(cpu) - blur;
        return [cpu, Math.max(0, (kernel.matrix.maps.available[cpu] ?? 0) - Math.max(0, least))];
      }),
    );
  }

  /** Whether a mask could turn out to be full: on some CPU there may be no room left. */
  #someMayBeFull({ online }: Kernel, left: Int32Array): boolean {
    const blur = this.#blur() + this.#course.floating.count;
    return [...online].some((cpu) => (left[cpu] ?? 0) + (this.#unknowns.room[cpu]?.min ?? 0) <= blur);
  }

  /** The CPUs that a suspend took down are back. */
  thaw(kernel: Kernel): void {
    this.#course.floating.surface(kernel.online);
    this.#course.movedManaged += this.#course.shutDown;
    this.#course.shutDown = 0;
  }

  /** Another change than a CPU that goes: `placed` vectors got their place where the machine may choose another. */
  adopt(kernel: Kernel, placed: number): void {
    const course = this.#course;
    course.masks.clear();
    for (const { irq, managed, affinity } of kernel.descs()) if (!managed) course.masks.set(irq, affinity);
    for (const irq of course.afloat) if (kernel.desc(irq) === undefined) course.afloat.delete(irq);
    if (placed === 0) return;
    course.moved += placed;
    course.movedManaged += placed;
    course.interchangeable = false;
  }

  /** A driver has sent interrupts to other CPUs. One that has a single CPU to go to is there, if that certainly had room. */
  redealt(kernel: Kernel, sent: readonly { readonly irq: number; readonly mask: CpuSet }[]): void {
    const course = this.#course;
    const shortfall = this.shortfall(kernel);
    for (const { irq, mask } of sent) {
      const cpu = kernel.desc(irq)?.data?.cpu ?? -1;
      const room = (kernel.matrix.maps.available[cpu] ?? 0) - (shortfall.get(cpu) ?? 0);
      if (course.masks.has(irq)) course.masks.set(irq, mask);
      if (mask.isOnly(cpu) && room >= 0) continue;
      course.moved++;
      course.interchangeable = false;
    }
  }

  /** A CPU is there that was offline at the start; `room`: what it has for regular vectors in all. */
  cpuCame(kernel: Kernel, cpu: number, room: Range): void {
    const rooms = this.#unknowns.room.slice();
    const there = regularOn(kernel, cpu) + (kernel.matrix.maps.available[cpu] ?? 0);
    rooms[cpu] = range(room.min - there, room.max - there);
    this.#unknowns = { ...this.#unknowns, room: rooms };
  }

  /** What must fit in the end when only `cpu` stays. */
  widenOne(kernel: Kernel, cpu: number, { needed, room }: FitOnOne): FitOnOne {
    const { open, movedPerhapsManaged, floating } = this.#course;
    const { all } = floating.weigh(kernel.online, cpu);
    const left = this.#leftByTheCertain(kernel);
    let perhapsManaged = movedPerhapsManaged;
    let afloat = 0;
    for (const online of kernel.online) {
      perhapsManaged += open[online] ?? 0;
      afloat += (left[online] ?? 0) - (kernel.matrix.maps.available[online] ?? 0);
    }
    return {
      needed: range(needed.min - afloat - perhapsManaged + all.min, needed.max - afloat + all.max),
      room: addRanges(room, this.#unknowns.room[cpu] ?? ZERO),
    };
  }
}

/** Vectors in use that are not managed; all of them in kernels that do not count those apart. */
function regularOn({ matrix }: Kernel, cpu: number): number {
  const { allocated, managedAllocated } = matrix.maps;
  return (allocated[cpu] ?? 0) - (managedAllocated[cpu] ?? 0);
}
