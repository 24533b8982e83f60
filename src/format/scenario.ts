import { z } from 'zod';
import { MAX_CPUS, parseCpuSequence } from '../base/cpu-list.ts';

/**
 * A machine that need not exist, and what happens to it: the input of `irqspace simulate`. Masks are CPU lists.
 * What one field says about another is checked where the machine is built (scenario/).
 */

/** The most that one scenario may have of anything; a machine of this size still runs in seconds. */
const MOST_DEVICES = 4096;
const MOST_STEPS = 100_000;
const MOST_IRQ = 2 ** 20;
const MOST_NAME = 64;

/** A list in which no CPU stands twice, in the order in which it was written. */
const cpuList = z.string().superRefine((text, context) => {
  const parsed = parseCpuSequence(text);
  if (!parsed.ok) {
    context.addIssue({ code: 'custom', message: `expected ${parsed.error.expected}`, input: text });
    return;
  }
  if (parsed.value.length === 0) {
    context.addIssue({ code: 'custom', message: 'expected a CPU list like 0-3,8', input: text });
  }
  const seen = new Set<number>();
  for (const cpu of parsed.value) {
    if (seen.has(cpu)) {
      context.addIssue({
        code: 'custom',
        message: `expected every CPU once, CPU ${cpu} is there twice`,
        input: text,
      });
      return;
    }
    seen.add(cpu);
  }
});

const name = z.string().min(1).max(MOST_NAME);
const irq = z.int().min(0).max(MOST_IRQ);
const count = (most: number): z.ZodInt => z.int().min(1).max(most);

const shape = z
  .string()
  .regex(/^\d{1,4}x\d{1,4}(x\d{1,2})?$/, 'expected sockets x cores x threads, such as 2x16x2');

export const scenarioMachine = z.strictObject({
  /** A kernel profile: `6.1`, `6.1.20`, `newest`. */
  kernel: z.string().max(MOST_NAME).default('newest'),
  /** Possible CPUs: how many, each a core of its own, or `2x16x2` (numbered first threads first). */
  cpus: z.union([count(MAX_CPUS), shape]),
  /** Up when devices are probed; all by default. CPU 0 is among them. */
  online: cpuList.optional(),
  /** CPUs of each NUMA node, by node id; by default one node, or one per socket. */
  nodes: z.array(cpuList).max(1024).optional(),
  /** SMT siblings, a list per core, where the shape does not say it. */
  siblings: z.array(cpuList).max(MAX_CPUS).optional(),
  /** CPUs that share an L2 cache; by default the siblings. */
  clusters: z.array(cpuList).max(MAX_CPUS).optional(),
  /** Interrupt remapping. */
  remapping: z.boolean().default(false),
  /** Fault interrupts of remapping units (VT-d) that are set up at boot. */
  faultInterrupts: z.int().min(0).max(64).default(0),
  /** A PIC: 16 ISA interrupts. */
  pic: z.boolean().default(true),
  /** IA32 emulation takes vector 0x80. */
  ia32Emulation: z.boolean().default(true),
  /** Inputs of the IO-APICs; interrupt numbers of messages begin above. */
  ioApicInputs: z.int().min(16).max(1024).default(24),
  /** `isolcpus=managed_irq,...`. */
  isolcpus: cpuList.optional(),
  /** `irqaffinity=`. */
  irqaffinity: cpuList.optional(),
});

const msi = z.strictObject({
  /** A power of two. */
  messages: z.union([1, 2, 4, 8, 16, 32].map((n) => z.literal(n))),
  /** Each message can be masked: it may wait for its vector. */
  maskable: z.boolean(),
});

export const scenarioDevice = z.strictObject({
  /** `nvme0`; by default the driver's name for the next one. */
  name: name.optional(),
  driver: z.string().max(MOST_NAME),
  /** PCI address; by default a bus of its own. */
  address: z
    .string()
    .regex(/^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/, 'expected a PCI address like 0000:01:00.0')
    .optional(),
  /** NUMA node; -1 for none. */
  node: z.int().min(-1).max(1023).default(-1),
  /** Interrupt number of the INTx line. */
  line: irq.optional(),
  /** Entries of the MSI-X table, 0 for none; by default what the driver's devices have. */
  msix: z.int().min(0).max(2048).optional(),
  msi: z.union([msi, z.literal(false)]).optional(),
  remappingUnit: z.int().min(0).max(63).optional(),
  /** Properties of the device and options of the module, as the driver's entry names them. */
  parameters: z.record(z.string().max(MOST_NAME), z.int()).default({}),
  /** So many of these, one after the other. */
  count: count(MOST_DEVICES).optional(),
});

/** One interrupt: by number, or as a device's n-th message. */
const oneIrq = {
  irq: irq.optional(),
  device: name.optional(),
  message: z.int().min(0).max(2047).optional(),
};

const step = <D extends string, S extends z.ZodRawShape>(what: D, fields: S) =>
  z.strictObject({ do: z.literal(what), ...fields });

export const scenarioStep = z.discriminatedUnion('do', [
  /** Drivers bind: the device's, or every device's that is not bound yet, in the order of the description. */
  step('probe', { device: name.optional() }),
  step('remove', { device: name }),
  /** A network device is opened: `ip link set … up`; all of them by default. */
  step('link-up', { device: name.optional() }),
  step('link-down', { device: name.optional() }),
  /** /sys/…/sriov_numvfs. */
  step('vfs', { device: name, count: z.int().min(0).max(65_535) }),
  /** What no driver of the catalogue asks for, e.g. an ISA interrupt. */
  step('request', { irq, name: name.optional() }),
  step('free', { irq }),
  /** /proc/irq/N/smp_affinity_list (`cpus`) or smp_affinity (`mask`): any text, as in a shell. */
  step('write-affinity', { ...oneIrq, cpus: z.string().optional(), mask: z.string().optional() }),
  /** /proc/irq/default_smp_affinity. */
  step('write-default-affinity', { mask: z.string() }),
  step('cpu-offline', { cpus: cpuList }),
  step('cpu-online', { cpus: cpuList }),
  /** Drivers suspend, all CPUs but one go and come back, drivers resume. */
  step('suspend', {}),
  step('hibernate', {}),
  /** Interrupts arrive: this one, a device's, or all that are running. */
  step('arrive', oneIrq),
  /** Waiting clean-ups run. */
  step('tick', {}),
  /** The state of this moment goes into the answer. */
  step('snapshot', { name }),
]);

export const scenario = z.strictObject({
  /** Where an editor finds this schema. */
  $schema: z.string().optional(),
  kind: z.literal('scenario'),
  version: z.literal(1),
  name: z.string().max(200).optional(),
  machine: scenarioMachine,
  devices: z.array(scenarioDevice).max(MOST_DEVICES).default([]),
  steps: z.array(scenarioStep).max(MOST_STEPS),
});

export type Scenario = z.infer<typeof scenario>;
export type ScenarioMachine = z.infer<typeof scenarioMachine>;
export type ScenarioDevice = z.infer<typeof scenarioDevice>;
export type ScenarioStep = z.infer<typeof scenarioStep>;
