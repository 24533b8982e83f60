/**
 * The masks that were asked for lately. A mask is known again by its object while that has not changed, else by its
 * CPUs: callers narrow masks to the online CPUs and get a new object each time. CPUs that are offline make no
 * difference, so a mask is still the same one after some of its CPUs went.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import type { Choice, CpuRanking } from './cpu-ranking.ts';
import { lowestBit } from './matrix-layout.ts';

/** A mask of at most so many CPUs is scanned: that is as fast. */
export const FEW_IN_MASK = 16;
/** Masks that differ by at most so many CPUs follow each other: CPUs go and come one by one. */
const NEAR = 2;
/** Masks that are remembered, besides that of all CPUs. */
const MASKS = 16;
/** Objects that are remembered. */
const OBJECTS = 8;
/** Their rankings have at most so many places for each CPU of the machine: three masks over all of it, or more small ones. */
const PLACES_PER_CPU = 3;

export class KnownMask {
  /** Its CPUs, 32 a word; undefined: all. */
  readonly members: Int32Array | undefined;
  readonly first: number;
  readonly last: number;
  /** Asked for before: a mask that never comes again is not worth a ranking. */
  repeated: boolean;
  /** When it was asked for last. */
  used = 0;
  /** By {@link Choice}. */
  readonly rankings: (CpuRanking | undefined)[] = [undefined, undefined, undefined];

  constructor(first: number, last: number, members: Int32Array | undefined) {
    this.first = first;
    this.last = last;
    this.members = members;
    this.repeated = members === undefined;
  }

  get places(): number {
    let places = 0;
    for (const ranking of this.rankings) places += ranking?.places ?? 0;
    return places;
  }

  get byteLength(): number {
    let bytes = this.members?.byteLength ?? 0;
    for (const ranking of this.rankings) bytes += ranking?.byteLength ?? 0;
    return bytes;
  }
}

/** An object that was asked for, and the mask that it was then. */
class Sighting {
  mask: CpuSet | undefined;
  version = 0;
  arrivals = 0;
  known: KnownMask | undefined;
}

export class MaskCache {
  readonly #cpus: number;
  readonly #few: number;
  /** Online CPUs, 32 a word; live. */
  readonly #online: Int32Array;
  readonly #changed: (cpu: number) => void;
  readonly #all: KnownMask;
  readonly #known: KnownMask[] = [];
  readonly #sightings: Sighting[] = Array.from({ length: OBJECTS }, () => new Sighting());
  #latest: Sighting = this.#sightings[0] ?? new Sighting();
  #oldest = 0;
  /** How often a CPU came up: masks that were the same without it may differ now. */
  #arrivals = 0;
  #clock = 0;

  /**
   * @param few masks of at most so many CPUs are not kept
   * @param changed is told of CPUs that are in one of the masks now, or no more
   */
  constructor(cpus: number, online: Int32Array, few: number, changed: (cpu: number) => void) {
    this.#few = few;
    this.#cpus = cpus;
    this.#online = online;
    this.#changed = changed;
    this.#all = new KnownMask(0, cpus - 1, undefined);
  }

  get byteLength(): number {
    return this.#known.reduce((bytes, known) => bytes + known.byteLength, this.#all.byteLength);
  }

  cpuArrived(): void {
    this.#arrivals++;
  }

  /** Undefined for a mask of few CPUs, or of none that there are. */
  find(mask: CpuSet): KnownMask | undefined {
    if (this.#isOf(this.#latest, mask)) return this.#latest.known;
    for (const sighting of this.#sightings) {
      if (!this.#isOf(sighting, mask)) continue;
      this.#latest = sighting;
      return this.#use(sighting.known ?? this.#all);
    }
    if (hasAtMost(mask, this.#few) || (mask.first ?? 0) >= this.#cpus) return undefined;
    return this.#sight(mask, this.#use(this.#sameCpus(mask) ?? this.#turned(mask) ?? this.#remember(mask)));
  }

  /** Room for one more: those of masks that were not asked for lately go. */
  addRanking(known: KnownMask, choice: Choice, ranking: CpuRanking): void {
    known.rankings[choice] = ranking;
    if (known === this.#all) return;
    let places = this.#known.reduce((sum, each) => sum + each.places, 0);
    while (places > PLACES_PER_CPU * this.#cpus) {
      const victim = this.#leastUsed(known);
      if (victim === undefined) return;
      places -= victim.places;
      victim.rankings.fill(undefined);
    }
  }

  dropRankings(): void {
    for (const known of this.#known) known.rankings.fill(undefined);
    this.#all.rankings.fill(undefined);
  }

  #isOf(sighting: Sighting, mask: CpuSet): boolean {
    return (
      sighting.mask === mask && sighting.version === mask.version && sighting.arrivals === this.#arrivals
    );
  }

  #use(known: KnownMask): KnownMask {
    known.used = ++this.#clock;
    return known;
  }

  #sight(mask: CpuSet, known: KnownMask): KnownMask {
    this.#oldest = (this.#oldest + 1) % OBJECTS;
    const sighting = this.#sightings[this.#oldest] ?? this.#latest;
    sighting.mask = mask;
    sighting.version = mask.version;
    sighting.arrivals = this.#arrivals;
    sighting.known = known;
    this.#latest = sighting;
    return known;
  }

  #sameCpus(mask: CpuSet): KnownMask | undefined {
    if (this.#matches(this.#all, mask)) return this.#all;
    for (const known of this.#known) if (this.#matches(known, mask)) return known;
    return undefined;
  }

  /** The same CPUs, as far as they are online. */
  #matches({ members }: KnownMask, mask: CpuSet): boolean {
    const online = this.#online;
    for (let at = 0; at < online.length; at++) {
      const all = members === undefined ? -1 : (members[at] ?? 0);
      if (((mask.wordAt(at) ^ all) & (online[at] ?? 0)) !== 0) return false;
    }
    return true;
  }

  /** One that is nearly the same, turned into this one: its rankings have to follow a few CPUs only. */
  #turned(mask: CpuSet): KnownMask | undefined {
    for (const known of this.#known) {
      const { members, first, last } = known;
      // CPUs that are offline have a place too: they may come.
      if ((mask.first ?? 0) < first || this.#lastOf(mask) > last) continue;
      const differing = this.#difference(known, mask);
      if (members === undefined || differing === undefined) continue;
      for (let at = 0; at < members.length; at++) members[at] = mask.wordAt(at);
      for (const cpu of differing) this.#changed(cpu);
      this.#unsight(known);
      return known;
    }
    return undefined;
  }

  /** Online CPUs that are in one of the two only; undefined where these are many. */
  #difference({ members }: KnownMask, mask: CpuSet): number[] | undefined {
    const differing: number[] = [];
    for (let at = 0; at < this.#online.length; at++) {
      let word = (mask.wordAt(at) ^ (members?.[at] ?? 0)) & (this.#online[at] ?? 0);
      for (; word !== 0; word &= word - 1) {
        if (differing.length === NEAR) return undefined;
        differing.push(at * 32 + lowestBit(word));
      }
    }
    return differing;
  }

  #lastOf(mask: CpuSet): number {
    return Math.min(this.#cpus - 1, mask.last ?? 0);
  }

  #unsight(known: KnownMask): void {
    for (const sighting of this.#sightings) if (sighting.known === known) sighting.mask = undefined;
  }

  /** A mask that is new here takes the place of the one that was not asked for longest. */
  #remember(mask: CpuSet): KnownMask {
    const members = new Int32Array(this.#online.length);
    for (let at = 0; at < members.length; at++) members[at] = mask.wordAt(at);
    const known = new KnownMask(mask.first ?? 0, this.#lastOf(mask), members);
    const victim = this.#known.length < MASKS ? undefined : this.#leastUsed();
    if (victim === undefined) this.#known.push(known);
    else {
      this.#known[this.#known.indexOf(victim)] = known;
      this.#unsight(victim);
    }
    return known;
  }

  #leastUsed(except?: KnownMask): KnownMask | undefined {
    let least: KnownMask | undefined;
    for (const known of this.#known) {
      if (known === except || (except !== undefined && known.places === 0)) continue;
      if (least === undefined || known.used < least.used) least = known;
    }
    return least;
  }
}

function hasAtMost(mask: CpuSet, limit: number): boolean {
  let count = 0;
  for (let at = 0; at < mask.wordCount; at++) {
    for (let word = mask.wordAt(at); word !== 0; word &= word - 1) if (++count > limit) return false;
  }
  return true;
}
