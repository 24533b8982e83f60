/** Steps about single interrupts: requests that no driver of the catalogue makes, affinities, arrivals. */
import type { JsonPath } from '../format/located-json.ts';
import { EINVAL, ENODEV } from '../model/failures.ts';
import { raiseInterrupt } from '../model/raised-interrupt.ts';
import type { Step } from './run-step.ts';
import { ScenarioFault } from './scenario-fault.ts';
import type { Simulation } from './simulation.ts';

export function requestIrq(machine: Simulation, step: Step<'request'>): void {
  const { irq, name = 'request_irq' } = step;
  machine.operate(step, `irq ${irq}`, () => {
    const ret = machine.kernel.requestIrq(irq, true, { flags: 0, name });
    if (ret === 0) machine.addHandler(irq, name);
    return { ret, outcome: ret === -EINVAL ? 'there is no such interrupt' : placeOf(machine, irq) };
  });
}

export function freeIrq(machine: Simulation, step: Step<'free'>): void {
  machine.operate(step, `irq ${step.irq}`, () => {
    machine.kernel.freeIrq(step.irq);
    machine.removeHandler(step.irq);
    return { ret: 0, outcome: '' };
  });
}

export function writeAffinity(machine: Simulation, step: Step<'write-affinity'>, path: JsonPath): void {
  const { cpus, mask } = step;
  if ((cpus === undefined) === (mask === undefined)) {
    throw new ScenarioFault(path, 'expected "cpus" or "mask", one of them');
  }
  const irqs = irqsOf(machine, step, path);
  if (irqs === undefined) throw new ScenarioFault(path, 'expected "irq" or "device"');
  const { kernel } = machine;
  for (const irq of irqs) {
    machine.operate(step, `irq ${irq}`, () => {
      const ret =
        cpus === undefined
          ? kernel.writeSmpAffinity(irq, mask ?? '')
          : kernel.writeSmpAffinityList(irq, cpus);
      const waits = ret === 0 && kernel.desc(irq)?.movePending === true ? 'waits for its next interrupt' : '';
      const place = ret === 0 ? placeOf(machine, irq) : '';
      return { ret, outcome: [`"${cpus ?? mask}"`, place, waits].filter((part) => part !== '').join(', ') };
    });
  }
  if (irqs.length === 0) {
    machine.operate(step, step.device ?? '', () => ({ ret: -ENODEV, outcome: 'has no such interrupt' }));
  }
}

/** Interrupts arrive at the CPUs to which the hardware sends them; without a name, of all that run. */
export function arrive(machine: Simulation, step: Step<'arrive'>, path: JsonPath): void {
  const { kernel } = machine;
  const irqs = irqsOf(machine, step, path);
  const target = step.device ?? (step.irq === undefined ? 'all' : `irq ${step.irq}`);
  machine.operate(step, target, () => {
    const running = kernel.descs().filter(({ started, data }) => started && data !== undefined);
    for (const irq of irqs ?? running.map((desc) => desc.irq)) kernel.interruptArrives(irq);
    return { ret: 0, outcome: '' };
  });
}

/** The device does not ask whether its driver is ready. */
export function raise(machine: Simulation, step: Step<'raise'>, path: JsonPath): void {
  const { device, message = 0 } = step;
  const { fn } = machine.deviceNamed(device, [...path, 'device']).described;
  machine.operate(step, `${device} message ${message}`, () => {
    const raised = raiseInterrupt(machine.kernel, fn.address, message);
    if (raised === undefined) return { ret: -ENODEV, outcome: 'has no such interrupt' };
    return { ret: 0, ...raised };
  });
}

/** The interrupts that a step names: one, or a device's; undefined where it names none. */
function irqsOf(
  machine: Simulation,
  { irq, device, message }: Pick<Step<'arrive'>, 'irq' | 'device' | 'message'>,
  path: JsonPath,
): number[] | undefined {
  if (device === undefined) {
    if (message !== undefined) throw new ScenarioFault([...path, 'message'], 'expected a device with it');
    return irq === undefined ? undefined : [irq];
  }
  if (irq !== undefined) {
    throw new ScenarioFault([...path, 'irq'], 'expected an interrupt or a device, not both');
  }
  const { fn } = machine.deviceNamed(device, [...path, 'device']).described;
  const messages = machine.kernel.pci.get(fn.address).irqs();
  const irqs = messages.length > 0 || fn.line === undefined ? messages : [fn.line];
  if (message === undefined) return irqs;
  const one = irqs[message];
  return one === undefined ? [] : [one];
}

/** `CPU 3, vector 33`; empty where it has none. */
function placeOf({ kernel }: Simulation, irq: number): string {
  const data = kernel.desc(irq)?.data;
  return data === undefined || data.vector === 0 ? '' : `CPU ${data.cpu}, vector ${data.vector}`;
}
