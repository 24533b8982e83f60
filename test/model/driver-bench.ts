/** A {@link BoundDevice} with a machine of its own, and its interrupts in words. */
import type { BootMachine } from '../../src/model/boot.ts';
import type { Driver } from '../../src/model/drivers/driver.ts';
import { BoundDevice, type BoundOptions } from './bound-device.ts';
import { type Shape, TestMachine } from './test-machine.ts';

export interface Bench extends BoundOptions {
  /** 4 CPUs where not given. */
  readonly shape?: Shape;
  readonly machine?: Partial<BootMachine>;
}

export class DriverBench extends BoundDevice {
  constructor(driver: Driver, bench: Bench = {}) {
    const machine = new TestMachine('6.1', bench.shape ?? 4, bench.machine);
    super(machine, driver, { ...bench, name: bench.name ?? `${driver.instance}0` });
  }

  /** Other devices take every vector of the CPUs that are online, but so many of the first one. */
  crowd(left: number): void {
    const { machine } = this;
    const hogs = [...this.device.online].map((cpu) => machine.fill(cpu));
    for (const desc of machine.irqs(hogs[0] ?? '').slice(0, left)) machine.free(desc);
  }

  /** The handlers' names, by message. */
  get actions(): string[] {
    return [...this.#actions.values()];
  }

  /** Messages in words: `megasas0-msix1: managed 0-1`, ` hint 0-3` where there is one, ` off` where disabled. */
  get messages(): string[] {
    const actions = this.#actions;
    const { address } = this.device.fn;
    return this.machine.irqs(address).map(({ managed, affinity, hint, disabled }, message) => {
      const action = actions.get(message);
      const notes = [
        ...(hint === undefined ? [] : [` hint ${hint}`]),
        ...(action !== undefined && disabled ? [' off'] : []),
      ];
      return `${action ?? '-'}: ${managed ? 'managed' : 'plain'} ${affinity}${notes.join('')}`;
    });
  }

  get #actions(): Map<number, string> {
    return new Map(
      this.handlers.map((line) => {
        const [message = '', ...action] = line.split(' ');
        return [Number(message), action.join(' ')];
      }),
    );
  }
}
