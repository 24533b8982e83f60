/** A CPU that went down without an event, before the record at this index; undefined: which one is not known. */
export interface UnseenDown {
  readonly before: number;
  cpu: number | undefined;
}

/**
 * The CPUs that go down unseen, as the online maps of later events count them and the CPUs that come back name them.
 * Several that are away at once are taken for a suspend: they went in the order of the kernel's freeze (8.5).
 */
export class UnseenDowns {
  readonly list: UnseenDown[] = [];
  readonly #online: Set<number>;
  readonly #descending: boolean;
  /** Away and not named yet; of these so many have come back. */
  #open: UnseenDown[] = [];
  #returned: number[] = [];

  constructor(online: Iterable<number>, descending: boolean) {
    this.#online = new Set(online);
    this.#descending = descending;
  }

  /** The trace begins with a kernel that boots. */
  boot(): void {
    this.#online.clear();
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
      this.#returned.push(cpu);
      if (this.#returned.length === this.#open.length) this.#name(this.#returned);
    }
  }

  /** Seen going down. */
  goesDown(cpu: number): void {
    this.#online.delete(cpu);
  }

  /** Those that never came back are offline in the last snapshot. */
  finish(onlineAfter: Iterable<number> | undefined): void {
    if (onlineAfter === undefined) return;
    const after = new Set(onlineAfter);
    this.#name([...this.#returned, ...[...this.#online].filter((cpu) => !after.has(cpu))]);
  }

  #name(cpus: readonly number[]): void {
    const order = [...new Set(cpus)].sort((a, b) => (this.#descending ? b - a : a - b));
    for (const [at, down] of this.#open.entries()) down.cpu = order[at];
    this.#open = [];
    this.#returned = [];
  }
}
