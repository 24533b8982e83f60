/** A section for each kind of step and of description; hence the length. */
import { describe, expect, it } from 'vitest';
import { inWords, messagesOf, placeOf, refusal, run } from './run-scenario.ts';

const NVME = { driver: 'nvme', parameters: { queues: 4 } };

describe('a probe', () => {
  it('binds every device in the order of the description, under names of its own', () => {
    const answer = run({ devices: [{ ...NVME, count: 2 }, { driver: 'e1000e' }], steps: [{ do: 'probe' }] });
    expect(inWords(answer)).toEqual([
      'nvme0 OK nvme: 5 interrupts (MSI-X)',
      'nvme1 OK nvme: 5 interrupts (MSI-X)',
      'eth0 OK e1000e: 3 interrupts (MSI-X)',
    ]);
    expect(answer.state.irqs.filter(({ driver }) => driver === 'nvme')).toHaveLength(10);
  });

  it('of one device binds that one, and a second time is refused', () => {
    const steps = [
      { do: 'probe', device: 'b' },
      { do: 'probe', device: 'b' },
    ];
    const answer = run({
      devices: [
        { ...NVME, name: 'a' },
        { ...NVME, name: 'b' },
      ],
      steps,
    });
    expect(inWords(answer)).toEqual(['b OK nvme: 5 interrupts (MSI-X)', 'b EBUSY is bound already']);
    expect(answer.refused).toBe(1);
  });

  it('that fails leaves nothing behind', () => {
    const device = { driver: 'nvme', msix: 0, msi: false };
    const answer = run({ devices: [device], steps: [{ do: 'probe' }] });
    expect(answer.refused).toBe(1);
    expect(answer.state.irqs.filter(({ irq }) => irq > 15)).toEqual([]);
  });
});

describe('probes at the same time', () => {
  const devices = [
    { ...NVME, name: 'nvme0' },
    { ...NVME, name: 'nvme1' },
  ];
  const irqsOf = (answer: ReturnType<typeof run>, name: string): number[] =>
    answer.state.irqs.filter((irq) => irq.name.startsWith(name)).map(({ irq }) => irq);

  it('go round where no turns are given, each up to where its driver waits for its device', () => {
    const answer = run({ devices, steps: [{ do: 'probe', together: ['nvme0', 'nvme1'] }] });
    // The message with which each talks to its controller; then all messages of one, then all of the other.
    expect(irqsOf(answer, 'nvme0')).toEqual([24, 26, 27, 28, 29]);
    expect(irqsOf(answer, 'nvme1')).toEqual([25, 30, 31, 32, 33]);
    const started = answer.operations.flatMap(({ events }) =>
      events.flatMap(({ name, fields }) => (name === 'vector_alloc_managed' ? [fields.irq] : [])),
    );
    // Both wait before they request the interrupt of a queue: queue by queue.
    expect(started).toEqual([26, 30, 27, 31, 28, 32, 29, 33]);
    expect(inWords(answer)).toEqual([
      'nvme0, nvme1 OK nvme0: nvme: 5 interrupts (MSI-X), nvme1: nvme: 5 interrupts (MSI-X)',
    ]);
  });

  it('take the turns that are given, then go round', () => {
    const turns = [
      ['nvme1', 5],
      ['nvme0', 99],
    ];
    const answer = run({ devices, steps: [{ do: 'probe', together: ['nvme0', 'nvme1'], turns }] });
    // nvme1 has given back its first message, and nvme0 takes all of its own in between.
    expect(irqsOf(answer, 'nvme0')).toEqual([24, 25, 26, 27, 28]);
    expect(irqsOf(answer, 'nvme1')).toEqual([29, 30, 31, 32, 33]);
  });

  it('want names that are there, once, and turns of those only', () => {
    const refused = (step: object): string => refusal({ devices, steps: [{ do: 'probe', ...step }] });
    expect(refused({ together: ['nvme0', 'nvme0'] })).toBe(
      'steps[0].together[1]: expected every device once, found "nvme0" twice',
    );
    expect(refused({ together: ['nvme0', 'nvme7'] })).toContain(
      'steps[0].together[1]: expected a device that is there',
    );
    expect(refused({ together: ['nvme0'], turns: [['nvme1', 1]] })).toBe(
      'steps[0].turns[0]: expected one of nvme0',
    );
    expect(refused({ turns: [['nvme1', 1]] })).toBe('steps[0].turns: expected "together" with it');
    expect(refused({ device: 'nvme0', together: ['nvme1'] })).toContain('not both');
  });
});

describe('a link', () => {
  const devices = [{ driver: 'e1000e' }, NVME];

  it('brings the handlers when it comes up, and takes them along', () => {
    const steps = [{ do: 'probe' }, { do: 'link-up' }, { do: 'link-up', device: 'eth0' }];
    const up = run({ devices, steps });
    expect(inWords(up).slice(2)).toEqual(['eth0 OK e1000e: 3 interrupts (MSI-X)', 'eth0 OK is up already']);
    expect(placeOf(up, 'eth0-rx-0')).not.toContain('-:');
    const down = run({
      devices,
      steps: [...steps, { do: 'link-down' }, { do: 'link-down', device: 'eth0' }],
    });
    expect(inWords(down).slice(4)).toEqual(['eth0 OK', 'eth0 OK is down already']);
    expect(placeOf(down, 'eth0-rx-0')).toBe('not there');
  });

  it('is no matter of a disk, nor of a device without a driver', () => {
    expect(refusal({ devices, steps: [{ do: 'link-up', device: 'nvme0' }] })).toContain(
      'no link to bring up',
    );
    expect(inWords(run({ devices, steps: [{ do: 'link-up', device: 'eth0' }] }))).toEqual([
      'eth0 ENODEV has no driver',
    ]);
  });
});

describe('virtual functions', () => {
  const devices = [{ driver: 'igb', name: 'pf', address: '0000:01:00.0' }];

  it('come with their driver, under names and addresses of their own, and go', () => {
    const steps = [{ do: 'probe' }, { do: 'vfs', device: 'pf', count: 2 }];
    const answer = run({ devices, steps });
    expect(inWords(answer).at(-1)).toBe('pf OK 2 virtual functions');
    const of = answer.state.irqs.filter(({ driver }) => driver === 'igbvf');
    expect(new Set(of.map(({ device }) => device))).toEqual(new Set(['0000:01:10.0', '0000:01:10.1']));
    const gone = run({ devices, steps: [...steps, { do: 'vfs', device: 'pf', count: 0 }] });
    expect(gone.state.irqs.filter(({ driver }) => driver === 'igbvf')).toEqual([]);
    expect(gone.state.global.reserved).toEqual(
      run({ devices, steps: [{ do: 'probe' }] }).state.global.reserved,
    );
  });

  // As sriov-6.1 recorded it (sriov_del_vfs()).
  it('go in the order in which they came', () => {
    const vfs = (count: number): object => ({ do: 'vfs', device: 'pf', count });
    const { operations } = run({ devices, steps: [{ do: 'probe' }, vfs(3), vfs(0)] });
    const torn = operations.at(-1)?.events.filter(({ name }) => name === 'vector_teardown') ?? [];
    const numbers = torn.map(({ fields }) => fields.irq ?? -1).slice(0, 9);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers).toHaveLength(9);
  });

  it('go before the handlers of their physical function', () => {
    const steps = [{ do: 'probe' }, { do: 'vfs', device: 'pf', count: 1 }, { do: 'link-up' }];
    const up = run({ devices, steps });
    const { operations } = run({ devices, steps: [...steps, { do: 'remove', device: 'pf' }] });
    const stopped = operations.at(-1)?.events.find(({ name }) => name === 'vector_deactivate');
    const owner = up.state.irqs.find(({ irq }) => irq === stopped?.fields.irq);
    expect(owner?.driver).toBe('igbvf');
  });

  it('are devices for the steps that follow', () => {
    const steps = [{ do: 'probe' }, { do: 'vfs', device: 'pf', count: 1 }, { do: 'link-up', device: 'eth0' }];
    expect(inWords(run({ devices, steps })).at(-1)).toContain('eth0 OK igbvf: 3 interrupts');
  });

  it('are counted anew only from none, and not beyond what the device has', () => {
    const step = (count: number): object => ({ do: 'vfs', device: 'pf', count });
    const twice = run({ devices, steps: [{ do: 'probe' }, step(1), step(2)] });
    expect(inWords(twice).at(-1)).toBe('pf EBUSY has 1 virtual functions already');
    expect(refusal({ devices, steps: [{ do: 'probe' }, step(100)] })).toBe(
      'steps[1].count: expected 0 to 7, found 100',
    );
    expect(refusal({ devices: [NVME], steps: [{ do: 'vfs', device: 'nvme0', count: 1 }] })).toBe(
      'steps[0].device: nvme has no virtual functions',
    );
  });
});

describe('an affinity', () => {
  const devices = [{ driver: 'e1000e' }];
  const up = [{ do: 'probe' }, { do: 'link-up' }];

  it('waits for an interrupt without remapping, and moves when one arrives', () => {
    const write = { do: 'write-affinity', device: 'eth0', message: 0, cpus: '3' };
    const waits = run({ devices, steps: [...up, write] });
    expect(inWords(waits).at(-1)).toMatch(
      /^irq 24 OK "3", CPU \d, vector \d+, waits for its next interrupt$/,
    );
    const arrived = run({ devices, steps: [...up, write, { do: 'arrive', device: 'eth0' }] });
    expect(placeOf(arrived, 'eth0-rx-0')).toMatch(/^3:/);
  });

  it('moves at once with remapping', () => {
    const write = { do: 'write-affinity', irq: 24, mask: '8' };
    const answer = run({ machine: { remapping: true }, devices, steps: [...up, write] });
    expect(placeOf(answer, 'eth0-rx-0')).toMatch(/^3:/);
  });

  it('is refused as the kernel does', () => {
    const steps = [
      ...up,
      { do: 'write-affinity', irq: 24, cpus: '9' },
      { do: 'write-affinity', irq: 24, cpus: 'x' },
      { do: 'write-affinity', irq: 400, cpus: '1' },
      { do: 'write-affinity', device: 'eth0', message: 7, cpus: '1' },
    ];
    expect(inWords(run({ devices, steps })).slice(2)).toEqual([
      'irq 24 ERANGE "9"',
      'irq 24 EINVAL "x"',
      'irq 400 EIO "1"',
      'eth0 ENODEV has no such interrupt',
    ]);
  });

  it('names one form and one interrupt', () => {
    const refused = (step: object): string =>
      refusal({ devices, steps: [{ do: 'write-affinity', ...step }] });
    expect(refused({ irq: 24 })).toBe('steps[0]: expected "cpus" or "mask", one of them');
    expect(refused({ irq: 24, cpus: '1', mask: '1' })).toBe(
      'steps[0]: expected "cpus" or "mask", one of them',
    );
    expect(refused({ cpus: '1' })).toBe('steps[0]: expected "irq" or "device"');
    expect(refused({ irq: 1, device: 'eth0', cpus: '1' })).toBe(
      'steps[0].irq: expected an interrupt or a device, not both',
    );
    expect(refused({ irq: 1, message: 1, cpus: '1' })).toBe('steps[0].message: expected a device with it');
  });

  it('by default goes to what is set up after it', () => {
    const steps = [{ do: 'write-default-affinity', mask: '2' }, ...up];
    expect(placeOf(run({ devices, steps }), 'eth0-rx-0')).toMatch(/^1:/);
  });
});

describe('CPUs', () => {
  it('go and come one by one, and managed interrupts with them', () => {
    const steps = [
      { do: 'probe' },
      { do: 'cpu-offline', cpus: '3,2' },
      { do: 'cpu-offline', cpus: '3' },
      { do: 'cpu-online', cpus: '2-3' },
      { do: 'cpu-online', cpus: '2' },
    ];
    expect(inWords(run({ devices: [NVME], steps })).slice(1)).toEqual([
      'CPU 3 OK 1 shut down',
      'CPU 2 OK 1 shut down',
      'CPU 3 OK is offline already',
      'CPU 2 OK',
      'CPU 3 OK',
      'CPU 2 OK is online already',
    ]);
  });

  it('stay where their vectors find no room, as the kernel says it', () => {
    const devices = [{ driver: 'ahci', count: 250 }];
    const steps = [{ do: 'probe' }, { do: 'cpu-offline', cpus: '1' }];
    const answer = run({ machine: { cpus: 2 }, devices, steps });
    expect(answer.refused).toBe(1);
    expect(messagesOf(answer).filter((text) => text.includes('Cannot disable CPU'))).toHaveLength(1);
    expect(inWords(answer).at(-1)).toMatch(/^CPU 1 ENOSPC \d+ vectors, \d+ available$/);
  });

  it('are those of the machine, and not the first one', () => {
    expect(refusal({ steps: [{ do: 'cpu-offline', cpus: '0-1' }] })).toBe(
      'steps[0].cpus: CPU 0 cannot go offline on x86',
    );
    expect(refusal({ steps: [{ do: 'cpu-online', cpus: '4' }] })).toBe(
      'steps[0].cpus: expected CPUs of 0-3, found 4',
    );
  });

  it('that were never up are up later', () => {
    const steps = [{ do: 'probe' }, { do: 'cpu-online', cpus: '2' }];
    const answer = run({ machine: { online: '0-1' }, devices: [NVME], steps });
    expect(answer.state.cpus.filter(({ online }) => online).map(({ cpu }) => cpu)).toEqual([0, 1, 2]);
  });
});

describe('sleep', () => {
  it.each(['suspend', 'hibernate'])(
    '%s takes all CPUs but one down and up, and leaves things as they were',
    (kind) => {
      const devices = [NVME, { driver: 'virtio_blk', parameters: { queues: 4 } }];
      const steps = [{ do: 'probe' }, { do: 'snapshot', name: 'before' }, { do: kind }];
      const answer = run({ devices, steps });
      expect(inWords(answer).at(-1)).toMatch(/^OK 3 CPUs went and came/);
      expect(messagesOf(answer).map((text) => text.replace(/\d/, 'N'))).toEqual([
        'info: Disabling non-boot CPUs ...',
        'info: Enabling non-boot CPUs ...',
        'info: CPUN is up',
        'info: CPUN is up',
        'info: CPUN is up',
      ]);
      const managed = ({ irqs }: typeof answer.state): string[] =>
        irqs.flatMap(({ name, managed: is, cpu }) => (is === true ? [`${name} ${cpu}`] : []));
      expect(managed(answer.state)).toEqual(managed(answer.snapshots[0]?.state ?? answer.state));
      expect(managed(answer.state)).toHaveLength(8);
    },
  );

  it('is refused where a CPU is, and the devices wake up all the same', () => {
    const devices = [{ driver: 'ahci', count: 250 }, { driver: 'e1000e' }];
    const steps = [{ do: 'probe' }, { do: 'link-up' }, { do: 'suspend' }];
    const answer = run({ machine: { cpus: 2 }, devices, steps });
    expect(inWords(answer).at(-1)).toMatch(/^ENOSPC CPU 1 has \d+ vectors, \d+ available$/);
    expect(messagesOf(answer).slice(1, 4)).toEqual([
      expect.stringMatching(/^warn: CPU 1 has \d+ vectors, \d+ available. Cannot disable CPU$/),
      'err: Error taking CPU1 down: -28',
      'err: Non-boot CPUs are not disabled',
    ]);
    expect(placeOf(answer, 'eth0-rx-0')).toMatch(/^\d:\d+$/);
  });
});

describe('time', () => {
  const devices = [{ driver: 'e1000e' }];
  const moved = [{ do: 'probe' }, { do: 'link-up' }, { do: 'write-affinity', irq: 24, cpus: '3' }];

  it('lets old vectors go between two steps, or at ticks where the machine says so', () => {
    const allocated = (machine: object, ...more: object[]): number | undefined =>
      run({ machine: { remapping: true, ...machine }, devices, steps: [...moved, ...more] }).state.global
        .totalAllocated.min;
    const settled = allocated({});
    expect(allocated({ cleanups: 'by-tick' })).toBe((settled ?? 0) + 1);
    expect(allocated({ cleanups: 'by-tick' }, { do: 'tick' })).toBe(settled);
  });
});

describe('a kernel that stops', () => {
  it('ends the scenario, and what comes after it is not done', () => {
    // 4.15 frees a message whose handler is left with BUG_ON(): a driver of the catalogue never does.
    const steps = [
      { do: 'probe' },
      { do: 'request', irq: 24, name: 'mine' },
      { do: 'remove', device: 'eth0' },
      { do: 'tick' },
    ];
    const answer = run({ machine: { kernel: '4.15' }, devices: [{ driver: 'e1000e' }], steps });
    expect(answer.stopped).toBe(true);
    expect(inWords(answer).at(-1)).toMatch(
      /^eth0 BUG kernel BUG in free_msi_irqs: interrupt 24 still has a handler/,
    );
    expect(answer.operations).toHaveLength(3);
  });
});

describe('devices of a description', () => {
  const refused = (...devices: object[]): string => refusal({ devices, steps: [] });

  it.each([
    [[{ driver: 'nvmee' }], 'devices[0].driver: expected a driver of the catalogue ('],
    [
      [{ driver: 'nvme', parameters: { queue: 1 } }],
      'devices[0].parameters.queue: expected a parameter of nvme (queues',
    ],
    [
      [{ driver: 'nvme', parameters: { queues: 0 } }],
      'devices[0].parameters.queues: expected 1 to 65535, found 0',
    ],
    [[{ driver: 'nvme', node: 3 }], 'devices[0].node: expected -1 to 0, found 3'],
    [
      [
        { driver: 'nvme', name: 'a' },
        { driver: 'nvme', name: 'a' },
      ],
      'devices[1].name: expected a name of its own',
    ],
    [
      [{ driver: 'nvme', name: 'a', count: 2 }],
      'devices[0].count: expected no name and no address with a count',
    ],
    [
      [
        { driver: 'nvme', address: '0000:01:00.0' },
        { driver: 'nvme', address: '0000:01:00.0' },
      ],
      'devices[1].address: expected an address of its own, 0000:01:00.0 is taken',
    ],
  ])('%j is refused', (devices, expected) => {
    expect(refused(...devices)).toContain(expected);
  });

  it('get names and addresses around those that are given', () => {
    const devices = [NVME, { ...NVME, name: 'nvme0', address: '0000:01:00.0' }];
    const { state } = run({ devices, steps: [{ do: 'probe' }] });
    const addressOf = (name: string): string | undefined =>
      state.irqs.find((irq) => irq.name === name)?.device;
    expect([addressOf('nvme0q0'), addressOf('nvme1q0')]).toEqual(['0000:01:00.0', '0000:02:00.0']);
  });
});

describe('a machine of a description', () => {
  const refused = (machine: object): string => refusal({ machine, steps: [] });

  it.each([
    [{ kernel: '2.6' }, 'machine.kernel: expected a kernel from 4.15 to 7.2, or newest, found "2.6"'],
    [{ online: '1-2' }, 'machine.online: expected CPU 0, which boots'],
    [{ online: '0-4' }, 'machine.online: expected CPUs of 0-3, found 4'],
    [{ nodes: ['0-1', '1-3'] }, 'machine.nodes[1]: expected every CPU in one list, CPU 1 is in two'],
    [{ nodes: ['0-1'] }, 'machine.nodes: expected a node for every CPU, none has CPU 2-3'],
    [{ isolcpus: '0-3' }, 'machine.isolcpus: expected at least one CPU that is not isolated'],
    [{ faultInterrupts: 1 }, 'machine.faultInterrupts: expected "remapping": true with it'],
    [{ cpus: '0x4' }, 'machine.cpus: expected 1 to 8192 CPUs on at most 1024 sockets, found 0x4'],
  ])('%j is refused', (machine, expected) => {
    expect(refused(machine)).toBe(expected);
  });

  it.each([
    ['6.9', 'dmar0', '0:32', 'acpi', '1:32'],
    ['6.10', 'acpi', '1:32', 'dmar0', '2:32'],
  ])('of %s sets up %s (%s) before %s (%s)', (kernel, first, firstPlace, second, secondPlace) => {
    const machine = { kernel, remapping: true, faultInterrupts: 1 };
    const steps = [{ do: 'request', irq: 9, name: 'acpi' }];
    for (const more of [[], [{ do: 'probe' }], [{ do: 'snapshot', name: 'booted' }]]) {
      const answer = run({ machine, devices: [NVME], steps: [...steps, ...more] });
      const { state } = answer.snapshots[0] ?? answer;
      expect([placeOf({ ...answer, state }, first), placeOf({ ...answer, state }, second)]).toEqual([
        firstPlace,
        secondPlace,
      ]);
      // Its message has the first number either way.
      expect(state.irqs.find(({ name }) => name === 'dmar0')?.irq).toBe(24);
    }
  });

  it('has the nodes, siblings and isolated CPUs that it names', () => {
    const { state } = run({
      machine: { cpus: '2x2x2', isolcpus: '4-7' },
      devices: [NVME],
      steps: [{ do: 'probe' }],
    });
    expect(state.nodes.map(({ cpus }) => cpus)).toEqual(['0-1,4-5', '2-3,6-7']);
    const plain = run({
      machine: { cpus: 4, nodes: ['0,2', '1,3'] },
      devices: [{ ...NVME, node: 1 }],
      steps: [],
    });
    expect(plain.state.nodes.map(({ cpus }) => cpus)).toEqual(['0,2', '1,3']);
  });
});
