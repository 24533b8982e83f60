import { describe, expect, it } from 'vitest';
import { drawMachine } from '../../test/draw-machine.ts';
import { tinyState } from '../../test/tiny-machine.ts';
import { CpuSet } from '../base/cpu-set.ts';
import { type ExportAnswer, exportAnswer as schema } from '../format/export.ts';
import type { MachineState } from '../model/machine-state.ts';
import { EXPORT_FORMATS } from './export/formats.ts';
import { exportOf, exportOfPlan } from './export.ts';
import { planOf } from './plan.ts';

function ask(format: string, machine: MachineState): ExportAnswer {
  const answer = exportOf(machine, format);
  expect(schema.parse(answer)).toEqual(answer);
  return answer;
}

const TINY = tinyState({
  irqs: [
    { irq: 30, name: 'nvme0q0', on: 0, mask: '0-3', device: '0000:01:00.0', driver: 'nvme' },
    { irq: 31, name: 'nvme0q1', on: 1, mask: '1', device: '0000:01:00.0', driver: 'nvme' },
    { irq: 32, name: "it's", on: 2, mask: '2-3', device: '0000:02:00.0', driver: 'igb' },
    { irq: 33, name: '', mask: '0-3', device: '0000:02:00.0', driver: 'igb' },
  ],
});

describe('a machine for Prometheus', () => {
  /** `name{labels}` to value, of a text that its parser would take. */
  function samples(machine: MachineState): Map<string, number> {
    const { text } = ask('prometheus', machine);
    const found = new Map<string, number>();
    const typed = new Set<string>();
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n')) {
      const type = /^# TYPE ([a-z_]+) gauge$/.exec(line);
      if (type !== null) typed.add(type[1] ?? '');
      if (line.startsWith('#')) continue;
      const match = /^(([a-z_]+)(?:\{[a-z]+="[^"\\\n]*"\})?) (\d+|NaN)$/.exec(line);
      expect(match, line).not.toBeNull();
      expect(typed).toContain(match?.[2]);
      expect(found.has(match?.[1] ?? '')).toBe(false);
      found.set(match?.[1] ?? '', Number(match?.[3]));
    }
    return found;
  }

  it('has the counters of each online CPU, and whether hibernation fits', () => {
    const found = samples(
      drawMachine('cpu capacity other managed\n0 10 8 1\n1 10 3 0\n2 10 off 0\n30 on 0 mask 0-1'),
    );
    expect(found.get('irqspace_cpu_vectors_available{cpu="0"}')).toBe(0);
    expect(found.get('irqspace_cpu_vectors_allocated{cpu="0"}')).toBe(9);
    expect(found.get('irqspace_cpu_vectors_managed{cpu="0"}')).toBe(1);
    expect(found.has('irqspace_cpu_vectors_available{cpu="2"}')).toBe(false);
    expect(found.get('irqspace_fits{change="hibernate"}')).toBe(0);
    expect(found.get('irqspace_exact')).toBe(1);
  });

  it('where figures have bounds has the end that is safe to alarm on', () => {
    const found = samples(drawMachine('cpu capacity other\n0 10..11 8\n1 10..11 3'));
    expect(found.get('irqspace_exact')).toBe(0);
    expect(found.get('irqspace_cpu_vectors_available{cpu="0"}')).toBe(2);
    expect(found.get('irqspace_fits{change="hibernate"}')).toBeNaN();
  });

  it('has series per CPU, not per interrupt', () => {
    const cpus = 'cpu other\n0 0\n1 0\n';
    const irqs = Array.from({ length: 50 }, (_, n) => `${30 + n} on ${n % 2}`).join('\n');
    expect(samples(drawMachine(cpus + irqs)).size).toBe(samples(drawMachine(cpus)).size);
  });

  it('of a machine without x86 vectors has no figures of vectors', () => {
    const found = samples({ ...drawMachine('cpu other\n0 0'), hasVectorDomain: false });
    expect([...found.keys()].some((name) => name.includes('vectors'))).toBe(false);
  });
});

describe('affinities for other programs', () => {
  it('are of what can be moved: managed interrupts, the timer, and what nobody requested are not among them', () => {
    const { text, leftAlone, placed } = ask('script', TINY);
    expect(text.match(/^affinity .*$/gm)).toEqual([
      "affinity 30 'nvme0q0' 0-3",
      "affinity 32 'it'\\''s' 2-3",
    ]);
    expect(leftAlone).toEqual([
      { irq: 0, why: 'the timer' },
      { irq: 31, why: 'managed' },
    ]);
    expect(placed).toBe(2);
  });

  it('say what they leave out, and why', () => {
    const drawn = drawMachine('cpu other\n0 0\n30 on 0 mask 0 managed?\n31 on 0 mask 0');
    const machine = {
      ...drawn,
      irqs: drawn.irqs.map((irq) => (irq.irq === 31 ? { ...irq, name: 'a\nrm -rf' } : irq)),
    };
    const { notes, text } = ask('script', machine);
    expect(notes).toEqual([
      'IRQ 30 is left out: it cannot be told whether it is managed',
      'IRQ 31 is left out: its name holds control characters',
    ]);
    expect(text).not.toMatch(/^(affinity 3|rm)/m);
  });

  it('are instances of the plugin irq of tuned, one for each mask', () => {
    const { text } = ask('tuned', TINY);
    expect(text).toContain('[scheduler]\nirq_process=false\n');
    expect(text).toContain('[irq_0]\ntype=irq\ndevices=irq30\naffinity=0-3\n');
    expect(text).toContain('[irq_1]\ntype=irq\ndevices=irq32\naffinity=2-3\n');
    expect(text).not.toContain('irq31');
  });

  it('tell irqbalance to leave alone what it would be refused, and the isolated CPUs', () => {
    const { text } = ask('irqbalance', { ...TINY, housekeeping: TINY.nodes[0]?.cpus });
    expect(text).toContain('\nIRQBALANCE_ARGS="--banirq=0 --banirq=31"\n');
    const isolated = drawMachine('housekeeping 0\ncpu other\n0 0\n1 0');
    expect(ask('irqbalance', isolated).text).toContain('\nIRQBALANCE_BANNED_CPULIST=1\n');
    expect(ask('irqbalance-policy', TINY).text).toContain("\nban 'nvme0q1'\nban 'timer'\nexit 0\n");
  });

  it('start at boot by a unit that runs the script', () => {
    expect(ask('systemd', TINY).text).toMatch(
      /\n\[Service\]\nType=oneshot\nRemainAfterExit=yes\nExecStart=\/usr\/local\/sbin\/irqspace-affinity\n/,
    );
  });

  it('come in these formats and no others', () => {
    expect(EXPORT_FORMATS).toEqual([
      'prometheus',
      'script',
      'tuned',
      'irqbalance',
      'irqbalance-policy',
      'systemd',
    ]);
    expect(() => ask('xml', TINY)).toThrow(
      'export: expected one of prometheus, script, tuned, irqbalance, irqbalance-policy, systemd, found "xml"',
    );
  });
});

describe('a plan for other programs', () => {
  const plan = planOf(TINY, {
    goal: { kind: 'isolate', cpus: CpuSet.from([2]) },
    hints: 'ignore',
    wide: false,
  });
  const asked = (format: string): ExportAnswer => {
    const answer = exportOfPlan(plan, format);
    expect(schema.parse(answer)).toEqual(answer);
    return answer;
  };

  it('of tuned takes the numbers from the script, one section for each mask', () => {
    const { text } = asked('tuned');
    const masks = [...new Set(plan.writes.map(({ to }) => to))];
    expect(masks.length).toBeGreaterThan(0);
    for (const [at, mask] of masks.entries()) {
      expect(text).toContain(`irqs_${at}=\${f:exec:/usr/local/sbin/irqspace-plan:tuned:${mask}}\n`);
      expect(text).toContain(`[irq_${at}]\ntype=irq\ndevices=\${irqs_${at}}\naffinity=${mask}\n`);
    }
    expect(text).toContain('[scheduler]\nirq_process=false\n');
  });

  it('tells irqbalance by its policy script, and numbers only in a comment', () => {
    const { text, leftAlone } = asked('irqbalance');
    expect(text).toContain('\nIRQBALANCE_ARGS="--policyscript=/usr/local/sbin/irqspace-policy"\n');
    expect(text).toContain('\nIRQBALANCE_BANNED_CPULIST=2\n');
    expect(text.match(/^(?!#).*banirq/gm)).toBeNull();
    expect(text).toMatch(/^# .*--banirq=31/m);
    expect(leftAlone.map(({ irq }) => irq)).toEqual([0, 2, 31]);
  });

  it('starts at boot by a unit that runs the script as after a boot', () => {
    expect(asked('systemd').text).toContain('\nExecStart=/usr/local/sbin/irqspace-plan boot\n');
    expect(asked('systemd').text).toContain('found by device and name, not by number');
  });

  it('for Prometheus has two series for each CPU and a few more, none for an interrupt', () => {
    const { text } = asked('prometheus');
    expect(text).toContain('irqspace_plan_feasible{goal="isolate"} 1\n');
    expect(text).toContain(`irqspace_plan_writes ${plan.writes.length}\n`);
    expect(text.match(/^irqspace_plan_cpu_vectors_available\{/gm)).toHaveLength(2 * plan.cpus.length);
    expect(text).not.toContain('irq=');
  });

  it('says which interrupts cannot be told apart, or written down', () => {
    const [first] = plan.writes;
    if (first === undefined) throw new Error('the plan writes nothing');
    const { device: _, ...nowhere } = first;
    const irqs = [...plan.state.irqs, { irq: 99, name: first.name, state: 'active' as const }];
    const writes = [nowhere, { ...first, irq: 98, name: 'a\nrm -rf' }];
    const { notes, text } = exportOfPlan({ ...plan, writes, state: { ...plan.state, irqs } }, 'script');
    expect(notes).toEqual([
      'IRQ 98 is left out: its name cannot be written down',
      expect.stringMatching(/cannot be found at boot: others have its name$/),
    ]);
    expect(text).not.toContain('rm -rf');
  });

  it('that is not feasible is for nobody but Prometheus', () => {
    const none = { ...plan, feasible: null, writes: [] };
    expect(exportOfPlan(none, 'prometheus').text).toContain('irqspace_plan_feasible{goal="isolate"} NaN\n');
    expect(() => exportOfPlan(none, 'script')).toThrow('the plan is not feasible');
    expect(() => exportOfPlan(plan, 'xml')).toThrow('export: expected one of');
  });
});
