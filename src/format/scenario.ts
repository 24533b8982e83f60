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
/** What is written to a file of /proc/irq in one go. */
const MOST_TEXT = 65_536;

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
  kernel: z.string().max(MOST_NAME).default('newest').describe('A kernel profile: 6.1, 6.1.20, newest'),
  cpus: z
    .union([count(MAX_CPUS), shape])
    .describe('Possible CPUs: how many, each a core of its own, or 2x16x2 (numbered first threads first)'),
  online: cpuList.optional().describe('Up when devices are probed; all by default. CPU 0 is among them'),
  nodes: z
    .array(cpuList)
    .max(1024)
    .optional()
    .describe('CPUs of each NUMA node, by node id; by default one node, or one per socket'),
  siblings: z
    .array(cpuList)
    .max(MAX_CPUS)
    .optional()
    .describe('SMT siblings, a list per core, where the shape does not say it'),
  clusters: z
    .array(cpuList)
    .max(MAX_CPUS)
    .optional()
    .describe('CPUs that share an L2 cache; by default the siblings'),
  remapping: z.boolean().default(false).describe('Interrupt remapping'),
  faultInterrupts: z
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe(
      'Fault interrupts of remapping units (VT-d): set up by the first CPU, since 6.10 before the first step that ' +
        'is not a request, after ACPI',
    ),
  pic: z.boolean().default(true).describe('A PIC: 16 ISA interrupts'),
  ia32Emulation: z.boolean().default(true).describe('IA32 emulation takes vector 0x80'),
  ioApicInputs: z
    .int()
    .min(16)
    .max(1024)
    .default(24)
    .describe('Inputs of the IO-APICs; interrupt numbers of messages begin above'),
  cleanups: z
    .enum(['at-once', 'by-tick'])
    .default('at-once')
    .describe(
      'Old vectors are given back after every operation, as in the time between two, or by tick steps only',
    ),
  isolcpus: cpuList.optional().describe('CPUs of isolcpus=managed_irq,...'),
  irqaffinity: cpuList.optional().describe('CPUs of irqaffinity='),
});

const msi = z.strictObject({
  messages: z.union([1, 2, 4, 8, 16, 32].map((n) => z.literal(n))).describe('A power of two'),
  maskable: z.boolean().describe('Each message can be masked: it may wait for its vector'),
});

export const scenarioDevice = z.strictObject({
  name: name.optional().describe("nvme0; by default the driver's name for the next one"),
  driver: z.string().max(MOST_NAME).describe('A driver of the catalogue'),
  address: z
    .string()
    .regex(/^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/, 'expected a PCI address like 0000:01:00.0')
    .optional()
    .describe('PCI address; by default a bus of its own'),
  node: z.int().min(-1).max(1023).default(-1).describe('NUMA node; -1 for none'),
  line: irq.optional().describe('Interrupt number of the INTx line'),
  msix: z
    .int()
    .min(0)
    .max(2048)
    .optional()
    .describe("Entries of the MSI-X table, 0 for none; by default what the driver's devices have"),
  msi: z
    .union([msi, z.literal(false)])
    .optional()
    .describe("The MSI capability, or false; by default what the driver's devices have"),
  remappingUnit: z.int().min(0).max(63).optional().describe('Remapping unit behind which the device is'),
  parameters: z
    .record(z.string().max(MOST_NAME), z.int())
    .default({})
    .describe("Properties of the device and options of the module, as the driver's entry names them"),
  count: count(MOST_DEVICES).optional().describe('So many of these, one after the other'),
});

/** One interrupt: by number, or as a device's n-th message. */
const oneIrq = {
  irq: irq.optional(),
  device: name.optional(),
  message: z.int().min(0).max(2047).optional(),
};

const step = <D extends string, S extends z.ZodRawShape>(what: D, meaning: string, fields: S) =>
  z.strictObject({ do: z.literal(what), ...fields }).describe(meaning);

export const scenarioStep = z.discriminatedUnion('do', [
  step(
    'probe',
    "Drivers bind: the device's, or every device's that is not bound yet, in the order described",
    {
      device: name.optional(),
      together: z
        .array(name)
        .min(1)
        .max(MOST_DEVICES)
        .optional()
        .describe(
          'These devices at the same time, as drivers that probe in work queues do: without turns they go round in ' +
            'this order, each up to where its driver waits for its device',
        ),
      cleanUpsAfter: z
        .array(count(MOST_STEPS))
        .max(MOST_STEPS)
        .optional()
        .describe(
          'Old vectors are given back after these of the calls that request or steer an interrupt, and at the end; ' +
            'without it after each call that IPIs clean up, otherwise at the end',
        ),
      turns: z
        .array(z.tuple([name, count(MOST_STEPS)]))
        .max(MOST_STEPS)
        .optional()
        .describe(
          'Who works when: a device and how many of its turns, each up to the next message that is set up or ' +
            'requested; what is left goes round',
        ),
    },
  ),
  step('remove', 'The driver lets go of the device', { device: name }),
  step('link-up', 'A network device is opened (ip link set ... up); without a name all of them', {
    device: name.optional(),
  }),
  step('link-down', 'A network device is closed; without a name all of them', { device: name.optional() }),
  step('vfs', 'A number of virtual functions is written to sriov_numvfs', {
    device: name,
    count: z.int().min(0).max(65_535),
  }),
  step('request', 'request_irq() by what no driver of the catalogue is, e.g. for an ISA interrupt', {
    irq,
    name: name.optional(),
  }),
  step('free', 'free_irq()', { irq }),
  step(
    'write-affinity',
    '/proc/irq/N/smp_affinity_list (cpus) or smp_affinity (mask): any text, as in a shell',
    {
      ...oneIrq,
      cpus: z.string().max(MOST_TEXT).optional(),
      mask: z.string().max(MOST_TEXT).optional(),
    },
  ),
  step('write-default-affinity', '/proc/irq/default_smp_affinity', { mask: z.string().max(MOST_TEXT) }),
  step('cpu-offline', 'CPUs go offline in the order written', { cpus: cpuList }),
  step('cpu-online', 'CPUs come online in the order written', { cpus: cpuList }),
  step('suspend', 'Drivers suspend, all CPUs but one go and come back, drivers resume', {}),
  step('hibernate', 'As suspend, for the image that hibernation makes', {}),
  step('arrive', "Interrupts arrive: this one, a device's, or without a name all that run", oneIrq),
  step(
    'raise',
    'The device raises an interrupt for its n-th message, whether its driver has requested it or not',
    {
      device: name,
      message: oneIrq.message,
    },
  ),
  step('tick', 'Clean-ups that wait run: for machines with "cleanups": "by-tick"', {}),
  step('snapshot', 'The state of this moment goes into the answer', { name }),
]);

export const scenario = z.strictObject({
  $schema: z.string().optional().describe('Where an editor finds this schema'),
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

/** The published schema (JSON Schema 2020-12) of what may be written: fields with a default may be left out. */
export function scenarioJsonSchema(): object {
  return { title: 'irqspace scenario', ...z.toJSONSchema(scenario, { io: 'input' }) };
}
