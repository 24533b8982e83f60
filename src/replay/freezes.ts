import type { Kernel } from '../model/kernel.ts';
import { freezeBegins, freezeCpu, secondaryCpus, thawBegins, thawed } from '../model/suspend.ts';

/**
 * A suspend or hibernation: all CPUs but one go, unseen, in the order of the kernel's freeze, and come back (8.5). The
 * write to /sys/power/state asks for it; whether it got as far as the CPUs, the first one that comes back shows.
 */
export class Freezes {
  readonly #kernel: Kernel;
  /** Asked for; CPUs that went since, and what it came to so far. */
  #asked = false;
  #order: number[] | undefined;
  #frozen = new Set<number>();
  #ret = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  ask(): void {
    this.#asked = true;
    this.#order = undefined;
    this.#ret = 0;
  }

  get isAsked(): boolean {
    return this.#asked;
  }

  /** The next CPU to go, which begins the freeze; undefined where none is left or it has been refused. */
  next(): number | undefined {
    if (!this.#asked) return undefined;
    if (this.#order === undefined) {
      freezeBegins(this.#kernel);
      this.#order = secondaryCpus(this.#kernel.profile, this.#kernel.online);
    }
    return this.#order.shift();
  }

  /** Takes it down; the errno. */
  take(cpu: number): number {
    this.#ret = freezeCpu(this.#kernel, cpu).ret;
    if (this.#ret === 0) this.#frozen.add(cpu);
    else this.#order = [];
    return this.#ret;
  }

  /** A CPU is about to come back: the freeze is over. True where it is one that was frozen. */
  comesBack(cpu: number): boolean {
    if (this.#asked && this.#frozen.has(cpu)) {
      this.#asked = false;
      thawBegins(this.#kernel);
    }
    return this.#frozen.has(cpu);
  }

  /** A CPU has come back and been offered its interrupts. */
  isBack(cpu: number): void {
    if (!this.#frozen.delete(cpu)) return;
    thawed(this.#kernel, cpu);
    if (this.#frozen.size === 0) for (const desc of this.#kernel.descs()) desc.suspended = false;
  }

  /** The write has returned: what the freeze came to; undefined where there was none. */
  answer(): number | undefined {
    const begun = this.#order !== undefined;
    this.#asked = false;
    this.#order = undefined;
    return begun ? this.#ret : undefined;
  }
}
