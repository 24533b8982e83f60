/** A CPU that went down without an event, before the record at this index; undefined: which one is not known. */
export interface UnseenDown {
  readonly before: number;
  cpu: number | undefined;
}

/** In which order the kernel takes CPUs down for a suspend (8.5); `none` where nothing says that there was one. */
export type FreezeOrder = 'ascending' | 'descending' | 'none';

/** One of those that are away: between its last event before and the first that shows it offline it went. */
interface Away {
  readonly cpu: number;
  readonly last: number;
  readonly offlineBy: number;
}

/**
 * The CPUs that go down unseen, as the online maps of later events count them and the CPUs that come back name them.
 * Where several are away at once, their own events and those that show them offline tell which went when; else only a
 * suspend has an order. What neither tells is not known.
 */
export class UnseenDowns {
  readonly list: UnseenDown[] = [];
  readonly #online: Set<number>;
  readonly #order: FreezeOrder;
  /** Away and not named yet; of these so many have come back. */
  #open: UnseenDown[] = [];
  #returned: Away[] = [];
  /** Of each CPU, the last record that shows it online, and the first after that which shows it offline. */
  readonly #lastOnline = new Map<number, number>();
  readonly #firstOffline = new Map<number, number>();

  constructor(online: Iterable<number>, order: FreezeOrder) {
    this.#online = new Set(online);
    this.#order = order;
  }

  /** The trace begins with a kernel that boots. */
  boot(): void {
    this.#online.clear();
  }

  /** A record shows a CPU online, or offline. */
  sees(cpu: number, isOnline: boolean, index: number): void {
    if (isOnline) {
      this.#lastOnline.set(cpu, index);
      this.#firstOffline.delete(cpu);
    } else if (!this.#firstOffline.has(cpu)) this.#firstOffline.set(cpu, index);
  }

  /** An event shows so many maps online. */
  maps(count: number, index: number): void {
    while (this.#online.size - (this.#open.length - this.#returned.length) > count) {
      const down: UnseenDown = { before: index, cpu: undefined };
      this.list.push(down);
      this.#open.push(down);
    }
  }

  comesUp(cpu: number, index: number): void {
    if (!this.#online.has(cpu)) {
      this.#online.add(cpu);
    } else if (this.#open.length === this.#returned.length) {
      this.list.push({ before: index, cpu });
    } else {
      this.#returned.push(this.#away(cpu));
      if (this.#returned.length === this.#open.length) this.#name(this.#returned, this.#frozen());
    }
  }

  /** Seen going down. */
  goesDown(cpu: number): void {
    this.#online.delete(cpu);
  }

  /** A snapshot shows which are away by now; those that no event has counted yet are, too. */
  shown(online: Iterable<number> | undefined, index: number): void {
    if (online === undefined || this.#online.size === 0) return;
    const now = new Set(online);
    const gone = [...this.#online].filter((cpu) => !now.has(cpu));
    this.maps(this.#online.size - gone.length, index);
    // Nobody takes one during a suspend.
    this.#name([...this.#returned, ...gone.map((cpu) => this.#away(cpu))], undefined);
    for (const cpu of gone) this.#online.delete(cpu);
  }

  /** Those that never came back are offline in the last snapshot. */
  finish(onlineAfter: Iterable<number> | undefined): void {
    this.shown(onlineAfter, Number.POSITIVE_INFINITY);
  }

  #away(cpu: number): Away {
    return {
      cpu,
      last: this.#lastOnline.get(cpu) ?? -1,
      offlineBy: this.#firstOffline.get(cpu) ?? Number.POSITIVE_INFINITY,
    };
  }

  /** All are back: the order of a suspend, if it may have been one. Nothing else happens between its steps. */
  #frozen(): readonly number[] | undefined {
    const [first] = this.#open;
    if (this.#order === 'none' || this.#open.some(({ before }) => before !== first?.before)) return undefined;
    const back = this.#returned.map(({ cpu }) => cpu);
    const isAscending = back.every((cpu, at) => at === 0 || cpu > (back[at - 1] ?? cpu));
    // The boot CPU stays; the others go one after the other until one is refused.
    const secondary = [...this.#online].sort((a, b) => a - b).slice(1);
    const order = this.#order === 'descending' ? secondary.reverse() : secondary;
    const taken = order.slice(0, back.length);
    return isAscending && taken.every((cpu) => back.includes(cpu)) ? taken : undefined;
  }

  /** @param frozen the order, where it is known otherwise */
  #name(aways: readonly Away[], frozen: readonly number[] | undefined): void {
    const order = frozen ?? orderOf(this.#open, aways);
    for (const [at, down] of this.#open.entries()) down.cpu = order[at];
    this.#open = [];
    this.#returned = [];
  }
}

/** Which CPU each of the downs was, where what is known leaves it no other. */
function orderOf(downs: readonly UnseenDown[], aways: readonly Away[]): (number | undefined)[] {
  if (downs.length !== aways.length) return [];
  const fits = (away: Away | undefined, down: UnseenDown | undefined): boolean =>
    away !== undefined && down !== undefined && away.last < down.before && down.before <= away.offlineBy;
  // One order that is possible: of those that may have gone by then, the one that was offline first.
  const left = new Set(aways);
  const order = downs.map((down) => {
    const [next] = [...left].filter((away) => fits(away, down)).sort((a, b) => a.offlineBy - b.offlineBy);
    if (next !== undefined) left.delete(next);
    return next;
  });
  // Another is one where two have changed places.
  return order.map((away, at) =>
    order.some((other, there) => there !== at && fits(away, downs[there]) && fits(other, downs[at]))
      ? undefined
      : away?.cpu,
  );
}
