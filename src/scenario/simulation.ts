/** A described machine while things happen to it: the kernel, the devices, who has a handler where. */
import { ensure } from '../base/assert.ts';
import type { JsonPath } from '../format/located-json.ts';
import type { Scenario, ScenarioStep } from '../format/scenario.ts';
import { bootKernel, handlersOfBoot, setUpFaultInterrupts } from '../model/boot.ts';
import { type ContractRule, violationOf, violationOfBug } from '../model/driver-contract.ts';
import { type DeviceObserver, KernelDevice } from '../model/drivers/kernel-device.ts';
import type { KernelEvent } from '../model/events.ts';
import { ENOSPC, KernelBug } from '../model/failures.ts';
import type { CpuDown, Kernel } from '../model/kernel.ts';
import type { KernelProfile } from '../model/kernel-profile.ts';
import type { MachineState } from '../model/machine-state.ts';
import { type IrqOwner, stateOfKernel } from '../model/state-of-kernel.ts';
import { MATRIX } from '../policy/matrix.ts';
import type { VectorPolicy } from '../policy/vector-policy.ts';
import { buildMachine } from './build-machine.ts';
import { type DescribedDevice, describeDevices, Naming } from './describe-devices.ts';
import { setVfs } from './device-steps.ts';
import { runStep } from './run-step.ts';
import { ScenarioFault } from './scenario-fault.ts';

/** One thing that was asked of the kernel or a driver. */
export interface Operation {
  /** Index of the scenario's step. */
  readonly step: number;
  readonly do: ScenarioStep['do'];
  /** What it was done to: `nvme0`, `CPU 3`, `irq 34`. */
  readonly target: string;
  /** What the kernel returned: a negative errno, or not negative; undefined where it stopped (`BUG_ON`). */
  readonly ret: number | undefined;
  /** What came of it, in a few words. */
  readonly outcome: string;
  readonly events: readonly KernelEvent[];
  /** Rules of the driver contract that were broken meanwhile, each as often as it was. */
  readonly violations: readonly ContractRule[];
  /** CPUs that were to go, in order, refused ones among them. */
  readonly downs: readonly CpuGone[];
  readonly noVector: NoVector;
}

export type CpuGone = CpuDown & { readonly cpu: number };

/** How often a driver heard that there is no vector, also where it found another way and the operation went well. */
export interface NoVector {
  /** Of interrupts that were to be set up; each attempt of a driver counts. */
  readonly enable: number;
  readonly request: number;
}

/** What doing it gave. */
export interface Done {
  readonly ret: number;
  readonly outcome: string;
  readonly violates?: ContractRule | undefined;
  readonly downs?: readonly CpuGone[];
}

/** A device of the scenario, or a virtual function that came later. */
export interface SimulatedDevice {
  readonly described: DescribedDevice;
  readonly device: KernelDevice;
  /** The driver's own; undefined while it is not bound. */
  state: unknown;
  isBound: boolean;
  isOpen: boolean;
  /** Its virtual functions, and what their driver's probe returned. */
  vfs: readonly { readonly simulated: SimulatedDevice; readonly ret: number }[];
}

/** By whose rules it runs. */
export interface SimulationRules {
  /** In place of the described kernel. */
  readonly kernel?: KernelProfile | undefined;
  /** Who gives out vectors; as that kernel does when not given. */
  readonly policy?: VectorPolicy | undefined;
  /** Nothing is recorded of what the kernel prints and traces; for who runs thousands. */
  readonly quiet?: boolean | undefined;
}

export class Simulation {
  readonly kernel: Kernel;
  readonly naming = new Naming();
  /** In the order of the description. */
  readonly devices = new Map<string, SimulatedDevice>();
  readonly operations: Operation[] = [];
  readonly snapshots: { name: string; step: number; state: MachineState }[] = [];
  /** Fault interrupts of remapping units that this kernel sets up when ACPI and its like have theirs. */
  #faultsToCome: number;
  /** The kernel stopped (`BUG_ON`): nothing happens after it. */
  stopped = false;

  readonly #name: string;
  readonly #handlers = new Map<number, string[]>();
  readonly #ownerOfIrq = new Map<number, SimulatedDevice>();
  #events: KernelEvent[] = [];
  #noVector = 0;
  #refusedRequests = 0;
  #step = 0;
  readonly #cleansUp: boolean;
  /** Calls of drivers in the present operation that may have moved an interrupt. */
  #calls = 0;
  /** After which of them clean-ups run, where the step says so. */
  #cleanUpsAfter: readonly number[] | undefined;

  /**
   * Boots the machine and plugs the devices in; no driver is bound.
   * @throws ScenarioFault where the description does not hold together
   */
  constructor(scenario: Scenario, name: string, { kernel, policy = MATRIX, quiet }: SimulationRules = {}) {
    const machine = buildMachine(scenario.machine, kernel);
    const refusal = policy.refuses(machine);
    if (refusal !== undefined) throw new ScenarioFault(['machine', 'cpus'], `${policy.name}: ${refusal}`);
    this.#name = name;
    this.kernel = bootKernel(policy.under(machine));
    this.#cleansUp = scenario.machine.cleanups === 'at-once';
    for (const { irq, action } of handlersOfBoot(this.kernel)) this.addHandler(irq, action);
    this.#faultsToCome = machine.profile.faultInterruptsByNode ? scenario.machine.faultInterrupts : 0;
    for (const described of describeDevices(scenario.devices, machine.nodes.length, this.naming)) {
      this.plug(described);
    }
    if (quiet !== true) this.kernel.listener = (event) => this.#events.push(event);
    this.kernel.onNoVector = () => this.#noVector++;
  }

  /**
   * @param afterStep false: that was enough
   * @throws ScenarioFault: a step for what is not there
   */
  run(steps: readonly ScenarioStep[], afterStep?: (at: number) => boolean): void {
    for (const [at, step] of steps.entries()) {
      if (this.stopped) return;
      this.#step = at;
      if (step.do !== 'request') this.#startRemapping();
      runStep(this, step, ['steps', at]);
      if (afterStep?.(at) === false) return;
    }
    this.#startRemapping();
  }

  /** `init_dmars()`, between the subsystems, ACPI's interrupt among them, and the first driver of a device. */
  #startRemapping(): void {
    if (this.#faultsToCome === 0) return;
    const handlers = setUpFaultInterrupts(this.kernel, this.#faultsToCome);
    for (const { irq, action } of handlers) this.addHandler(irq, action);
    this.#faultsToCome = 0;
  }

  /** The state of this moment. */
  state(): MachineState {
    this.#findOwners();
    return stateOfKernel(this.kernel, {
      source: this.#name,
      kernel: { release: undefined, profile: this.kernel.profile, assumption: undefined },
      ownerOf: (irq) => this.#ownerOf(irq),
    });
  }

  snapshot(name: string): void {
    this.snapshots.push({ name, step: this.#step, state: this.state() });
  }

  /** Does it, and keeps what happened as one operation; a kernel that stops is one too. */
  operate(step: ScenarioStep, target: string, act: () => Done): void {
    this.#events = [];
    this.#noVector = 0;
    this.#refusedRequests = 0;
    this.#calls = 0;
    this.#cleanUpsAfter = 'cleanUpsAfter' in step ? step.cleanUpsAfter : undefined;
    let result: Omit<Done, 'ret'> & { ret: number | undefined };
    try {
      result = act();
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      this.stopped = true;
      result = { ret: undefined, outcome: error.message, violates: violationOfBug(error) };
    }
    const { ret, outcome, violates, downs = [] } = result;
    if (this.#cleansUp) this.kernel.tick();
    const events = this.#events;
    const violations = [violates, ...events.map(violationOf)].filter((rule) => rule !== undefined);
    const request = this.#refusedRequests;
    const noVector = { enable: this.#noVector - request, request };
    const what = { step: this.#step, do: step.do, target };
    this.operations.push({ ...what, ret, outcome, events, violations, downs, noVector });
    this.#events = [];
  }

  /** An IPI is usually handled before the driver's next call; a timer takes until the next jiffy. */
  #settle(): void {
    this.#calls++;
    const due = this.#cleanUpsAfter?.includes(this.#calls) ?? this.kernel.profile.cleanupByVector;
    if (this.#cleansUp && due) this.kernel.tick();
  }

  plug(described: DescribedDevice): SimulatedDevice {
    this.kernel.pci.add(described.fn);
    const { fn, name, parameters } = described;
    const observer: DeviceObserver = {
      requested: (irq, action, ret) => {
        if (ret >= 0) this.addHandler(irq, action);
        if (ret === -ENOSPC) this.#refusedRequests++;
      },
      freed: (irq) => this.removeHandler(irq),
      settled: () => this.#settle(),
    };
    const device = new KernelDevice(this.kernel, fn, name, parameters, observer, (count) =>
      setVfs(this, simulated, count),
    );
    const simulated: SimulatedDevice = {
      described,
      device,
      state: undefined,
      isBound: false,
      isOpen: false,
      vfs: [],
    };
    this.devices.set(described.name, simulated);
    return simulated;
  }

  unplug(name: string): void {
    const { described } = ensure(this.devices.get(name), name);
    this.kernel.pci.remove(described.fn.address);
    this.devices.delete(name);
    this.naming.release(described);
  }

  addHandler(irq: number, action: string): void {
    this.#handlers.set(irq, [...(this.#handlers.get(irq) ?? []), action]);
  }

  removeHandler(irq: number): void {
    const left = (this.#handlers.get(irq) ?? []).slice(0, -1);
    if (left.length === 0) this.#handlers.delete(irq);
    else this.#handlers.set(irq, left);
  }

  /** @throws ScenarioFault where there is no such device */
  deviceNamed(name: string, path: JsonPath): SimulatedDevice {
    const found = this.devices.get(name);
    if (found !== undefined) return found;
    const names = [...this.devices.keys()];
    const known = names.length === 0 ? 'there are none' : `they are ${shortened(names)}`;
    throw new ScenarioFault(path, `expected a device that is there (${known}), found "${name}"`);
  }

  #findOwners(): void {
    this.#ownerOfIrq.clear();
    for (const simulated of this.devices.values()) {
      const { fn } = simulated.described;
      const messages = this.kernel.pci.get(fn.address).irqs();
      for (const irq of messages) this.#ownerOfIrq.set(irq, simulated);
      if (fn.line !== undefined && simulated.isBound && messages.length === 0) {
        this.#ownerOfIrq.set(fn.line, simulated);
      }
    }
  }

  #ownerOf(irq: number): IrqOwner {
    const { described } = this.#ownerOfIrq.get(irq) ?? {};
    return {
      name: (this.#handlers.get(irq) ?? []).join(', '),
      device: described?.fn.address,
      driver: described?.driver.name,
    };
  }
}

const MOST_SHOWN = 8;

function shortened(names: readonly string[]): string {
  const more = names.length - MOST_SHOWN;
  return `${names.slice(0, MOST_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
