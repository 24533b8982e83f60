import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { asNodeId } from '../model/ids.ts';
import type { MachineState } from '../model/machine-state.ts';
import { planOf } from '../query/plan.ts';
import { readPolicy } from './read-policy.ts';

const MACHINE: MachineState = {
  ...drawMachine(`
    cpu capacity other
      0       10     0
      1       10     9
      2       10     0
      3       10     0
      4       10   off
    16 on 0 mask 0-3
    20 on 3 mask 0-3
    21 on 3 mask 3
    30 on 3 mask 2-3
  `),
  nodes: [CpuSet.of(0, 1), CpuSet.of(2, 3)].map((cpus, node) => ({ node: asNodeId(node), cpus })),
};

function follow(text: string) {
  const policy = readPolicy(text, 'a policy', MACHINE);
  const plan = planOf(MACHINE, { goal: { kind: 'policy', policy }, hints: 'ignore', wide: false });
  const writes = plan.writes.map(({ irq, from, to }) => `${irq} ${from}>${to}`);
  return { ...plan, writes };
}

describe('a tuned profile', () => {
  it('moves what its sections name, and the rest by the one that names nothing', () => {
    const { writes, goal } = follow(
      '[main]\nsummary=x\n\n[irq]\naffinity=0\n[special]\ntype=irq\ndevices=irq2*\naffinity=2-3\n',
    );
    expect(writes).toEqual(['16 0-3>0', '20 0-3>2-3', '21 3>2-3', '30 2-3>0']);
    expect(goal).toEqual({ kind: 'policy', policy: 'tuned profile' });
  });

  it('intersects with the mask that is there, or takes its own where nothing is common', () => {
    expect(follow('[irq]\nmode=intersect\naffinity=0-1,3\n').writes).toEqual([
      '16 0-3>0-1,3',
      '20 0-3>0-1,3',
      '30 2-3>3',
    ]);
    expect(follow('[irq]\nmode=intersect\naffinity=0\ndevices=irq30\n').writes).toEqual(['30 2-3>0']);
  });

  it('is checked: what does not fit, is offline, or not here', () => {
    const tight = follow('[irq]\naffinity=1\n');
    expect([tight.feasible, tight.shortage?.text]).toEqual([
      false,
      '4 interrupts are to go to CPU 1, which has 1 vector left: 3 too many',
    ]);
    const offline = follow('[irq]\ndevices=irq20,irq77\naffinity=4\n');
    expect(offline.left).toMatchObject([{ why: 'no-cpu', irqs: '20' }]);
    expect(offline.notes).toEqual(['[irq] names IRQ 77, which is not here']);
    expect(follow('[sysctl]\nx=1\n').notes).toEqual(['the profile has no [irq] section']);
    expect(follow('[irq]\naffinity=\n').notes).toEqual(['[irq] has no affinity, and so does nothing']);
  });

  it.each([
    ['[irq]\naffinity=$isolated\n', 'a policy:2:1: expected affinity= with a CPU list like 0-3,8'],
    ['[irq]\naffinity=0\nmode=maybe\n', 'a policy:3:1: expected mode=set or mode=intersect'],
    ['[irq]\naffinity=0\ndevices=eth0\n', 'a policy:3:1: expected devices like irq16,irq2*'],
    ['[irq]\naffinity\n', 'a policy:2:1: expected option=value'],
  ])('says where %j makes no sense', (text, message) => {
    expect(() => follow(text)).toThrow(message);
  });
});

describe('a configuration of irqbalance', () => {
  it('bans CPUs, by list or by mask, and interrupts', () => {
    const text =
      '# comment\nIRQBALANCE_BANNED_CPULIST="3"\nIRQBALANCE_ARGS="--banirq=30 -i 21 --deepestcache=2"\n';
    const { writes, left, notes } = follow(text);
    expect(writes).toEqual(['16 0-3>0-2', '20 0-3>2']);
    expect(left).toMatchObject([{ why: 'banned', irqs: '21,30' }]);
    expect(notes).toEqual(['not followed: --deepestcache=2']);
    expect(follow('IRQBALANCE_BANNED_CPUS=00000008\n').writes).toHaveLength(4);
    expect(follow('IRQBALANCE_ONESHOT=\n').notes).toEqual(['it bans no CPU']);
  });

  it.each([
    ['hello\n', 'a policy:1:1: expected VARIABLE=value'],
    ['IRQBALANCE_BANNED_CPULIST=4-3\n', 'expected a CPU list like 0-3,8'],
    ['IRQBALANCE_BANNED_CPUS=xyz\n', 'expected a CPU mask like ff'],
    ['IRQBALANCE_ARGS="--banirq=eth0"\n', 'expected --banirq with the number of an interrupt'],
  ])('says where %j makes no sense', (text, message) => {
    expect(() => follow(text)).toThrow(message);
  });
});

describe('a policy script of irqbalance', () => {
  const script = (body: string): string => `#!/bin/sh\ncase "$2" in\n${body}\nesac\nexit 0\n`;

  it('is read, as far as it answers by number: bans and nodes', () => {
    const { writes, left, notes } = follow(
      script('  16|30) echo ban=true ;;\n  20) echo "numa_node=0"; echo hintpolicy=exact ;;'),
    );
    expect(writes).toEqual(['20 0-3>0-1']);
    expect(left).toMatchObject([{ why: 'banned', irqs: '16,30' }]);
    expect(notes).toEqual(['not followed: hintpolicy=exact']);
    expect(follow(script('*) echo numa_node=7 ;;')).notes).toEqual(['there is no node 7 with CPUs here']);
  });

  it('is never run: what is more than that is refused', () => {
    expect(() => follow('#!/bin/sh\nrm -r /\n')).toThrow(
      'a policy:2:1: expected case "$2" in (a script is read, never run)',
    );
    expect(() => follow(script('eth*) echo ban=true ;;'))).toThrow('expected N|M) echo key=value ;;');
    expect(() => follow(script('16) reboot ;;'))).toThrow('expected echo key=value');
  });
});
