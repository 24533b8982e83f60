/** Small booted machines for model tests, and what drivers do to them: one step as data, made and named. */
import { CpuSet } from '../../src/base/cpu-set.ts';
import { bootKernel } from '../../src/model/boot.ts';
import { setAffinityAndHint, updateAffinityHint } from '../../src/model/irq-affinity.ts';
import { activateIrq, disableIrq, enableIrq, freeIrq, requestIrq } from '../../src/model/irq-core.ts';
import { type IrqChip, IrqDesc } from '../../src/model/irq-desc.ts';
import { Kernel, type Migrated } from '../../src/model/kernel.ts';
import type { KernelProfile } from '../../src/model/kernel-profile.ts';
import { Matrix } from '../../src/model/matrix.ts';
import { MATRIX } from '../../src/policy/matrix.ts';
import type { VectorPolicy } from '../../src/policy/vector-policy.ts';

export interface World {
  readonly profile: KernelProfile;
  readonly cpus: number;
  /** CPUs that are up after boot; CPU 0 always is. A mask, as all masks here: bit n is CPU n. */
  readonly online: number;
  /** CPUs of node 1; the others are on node 0. 0: nodes are not known. */
  readonly node1: number;
  /** 0: no isolation. */
  readonly housekeeping: number;
  readonly remapped: boolean;
  /** Vectors per CPU; 0: the whole window, with the ISA interrupts of a PC. */
  readonly window: number;
  /** Who gives out vectors; as the kernel does when not given. */
  readonly policy?: VectorPolicy;
}

/** First vector of a tiny window, and the one inside that is a system vector where there is room. */
const TINY_START = 40;

export function cpusOf(mask: number): CpuSet {
  const set = new CpuSet();
  for (let cpu = 0; cpu < 31; cpu++) if ((mask >>> cpu) & 1) set.add(cpu);
  return set;
}

/** The machine, booted; drivers have not probed yet. */
export function bootWorld(world: World): Kernel {
  const { cpus, window, policy = MATRIX } = world;
  const possible = CpuSet.span(0, cpus - 1);
  const node1 = cpusOf(world.node1).and(possible);
  const nodes = node1.isEmpty ? [] : [possible.andNot(node1), node1];
  const housekeeping = world.housekeeping === 0 ? undefined : cpusOf(world.housekeeping).and(possible);
  const online = cpusOf(world.online | 1).and(possible);
  const machine = policy.under({ profile: world.profile, possible, nodes, housekeeping });
  if (window === 0) {
    return bootKernel({ ...machine, online, pic: true, ia32Gate: true, remapping: world.remapped });
  }
  const shape = { cpuCount: cpus, matrixBits: 64, allocStart: TINY_START, allocEnd: TINY_START + window };
  const kernel = new Kernel(machine, new Matrix(machine.profile, shape));
  kernel.matrix.assignSystem(0, 3, false);
  if (window > 4) kernel.matrix.assignSystem(0, TINY_START + 1, false);
  for (const cpu of online) kernel.cpuUp(cpu);
  return kernel;
}

function chipOf(world: World): IrqChip {
  return {
    name: world.remapped ? 'IR-PCI-MSI' : 'PCI-MSI',
    settable: true,
    remapped: world.remapped,
    affinityBeforeStartup: true,
  };
}

/** What a text of user space says: the mask, or the errno that its parser answers. */
export type Written = { readonly text: string } & ({ readonly mask: number } | { readonly errno: number });

export type AddKind =
  /** A maskable message: a reservation until it is requested. */
  | 'maskable'
  /** A message without a mask bit: its vector at once, and for good. */
  | 'fixed'
  /** The vector at once, on a CPU of `mask`, without any message. */
  | 'immediate'
  /** Managed over `mask`, maskable or not. */
  | 'managed'
  | 'managed-fixed';

/** One step, of interrupt `irq` or CPU `cpu`. */
export type Step =
  | {
      readonly op: 'add';
      readonly kind: AddKind;
      readonly irq: number;
      readonly mask: number;
      readonly node: number;
    }
  | { readonly op: 'remove' | 'free' | 'disable' | 'enable' | 'interrupt'; readonly irq: number }
  | { readonly op: 'request'; readonly irq: number; readonly autoEnable: boolean }
  | { readonly op: 'writeMask' | 'writeList'; readonly irq: number; readonly written: Written }
  | { readonly op: 'writeDefault'; readonly written: Written }
  | { readonly op: 'hint'; readonly irq: number; readonly mask: number; readonly sets: boolean }
  | { readonly op: 'down' | 'up'; readonly cpu: number }
  | { readonly op: 'freeze' | 'tick' };

/** Whether a driver, the hardware or an administrator who behaves would do that now. */
export function maySay(kernel: Kernel, step: Step): boolean {
  if (step.op === 'down') return kernel.possible.has(step.cpu);
  if (step.op === 'up') return kernel.possible.has(step.cpu) && !kernel.online.has(step.cpu);
  if (!('irq' in step)) return true;
  const desc = kernel.desc(step.irq);
  switch (step.op) {
    case 'add':
      return desc === undefined && step.mask !== 0;
    case 'remove':
      return desc !== undefined && desc.actions === 0 && step.irq >= FIRST_MESSAGE;
    case 'request':
      return desc?.data !== undefined && !desc.noBalancing && desc.actions < 2;
    case 'free':
    case 'disable':
    case 'enable':
      return desc !== undefined && desc.actions > 0 && !desc.noBalancing;
    case 'interrupt':
      return desc?.data !== undefined;
    case 'hint':
      // A driver that sets the affinity of a managed interrupt destroys its mask.
      return (
        desc?.data !== undefined && desc.actions > 0 && !desc.noBalancing && !(desc.managed && step.sets)
      );
    default:
      return true;
  }
}

/** Interrupt numbers of messages begin here; below are the ISA interrupts. */
export const FIRST_MESSAGE = 24;

/** What a step answered: 0 or a negative errno, of a CPU that went down what it had, of a freeze which CPUs went. */
export interface Done {
  readonly ret: number;
  readonly migrated?: readonly Migrated[];
  readonly order?: readonly number[];
}

/** Makes the step. */
export function perform(world: World, kernel: Kernel, step: Step): Done {
  switch (step.op) {
    case 'add':
      return { ret: add(world, kernel, step) };
    case 'writeMask':
      return { ret: kernel.writeSmpAffinity(step.irq, step.written.text) };
    case 'writeList':
      return { ret: kernel.writeSmpAffinityList(step.irq, step.written.text) };
    case 'writeDefault':
      return { ret: kernel.writeDefaultSmpAffinity(step.written.text) };
    case 'tick':
      kernel.tick();
      return { ret: 0 };
    case 'up':
      kernel.cpuUp(step.cpu);
      return { ret: 0 };
    case 'down': {
      const { ret, migrated } = kernel.cpuDown(step.cpu);
      return { ret, migrated };
    }
    case 'freeze': {
      const { ret, steps } = kernel.freezeSecondaryCpus();
      const order = steps.map(({ cpu }) => cpu);
      if (ret === 0) kernel.thaw(order);
      return { ret, order };
    }
    default:
      return { ret: performOn(kernel, step) };
  }
}

type IrqStep = Exclude<
  Extract<Step, { readonly irq: number }>,
  { readonly op: 'add' | 'writeMask' | 'writeList' }
>;

function performOn(kernel: Kernel, step: IrqStep): number {
  const desc = kernel.desc(step.irq);
  if (desc === undefined) throw new Error(`no interrupt ${step.irq}`);
  switch (step.op) {
    case 'remove':
      kernel.removeIrq(step.irq);
      return 0;
    case 'request':
      return requestIrq(kernel, desc, step.autoEnable);
    case 'free':
      if (desc.actions === 1) setAffinityAndHint(kernel, desc, undefined);
      freeIrq(kernel, desc);
      return 0;
    case 'disable':
      disableIrq(desc);
      return 0;
    case 'enable':
      enableIrq(kernel, desc);
      return 0;
    case 'interrupt':
      kernel.interruptArrives(step.irq);
      return 0;
    case 'hint':
      if (step.sets) setAffinityAndHint(kernel, desc, cpusOf(step.mask));
      else updateAffinityHint(kernel, desc, cpusOf(step.mask));
      return 0;
  }
}

/** Specification 6.5, for one message. */
function add(world: World, kernel: Kernel, step: Extract<Step, { readonly op: 'add' }>): number {
  const { irq, kind } = step;
  const mask = cpusOf(step.mask).and(kernel.possible);
  const spread = kind === 'managed' || kind === 'managed-fixed';
  const managed = spread && kernel.vectors.knowsManaged;
  const affinity = spread ? mask : kernel.defaultAffinity;
  const node = spread ? kernel.nodes.findIndex((cpus) => cpus.has(mask.first ?? 0)) : step.node;
  const desc = new IrqDesc(irq, chipOf(world), node, affinity, managed, spread);
  const ret = kernel.addIrq(desc, kind === 'immediate' ? { kind, mask } : { kind: 'by-policy' });
  if (ret < 0 || kind === 'immediate') return ret;
  const maskable = kind === 'maskable' || kind === 'managed' || !kernel.vectors.activatesUnmaskable;
  if (!maskable) desc.canReserve = false;
  if (kernel.profile.managedShutdownAtAlloc && managed && !mask.intersects(kernel.online)) {
    desc.managedShutdown = true;
    return 0;
  }
  const activated = activateIrq(kernel, desc, maskable);
  if (activated < 0) kernel.removeIrq(irq);
  else if (maskable) desc.activated = false;
  return activated;
}
