import { describe, expect, it } from 'vitest';
import { CpuSet } from '../../src/base/cpu-set.ts';
import { bootKernel } from '../../src/model/boot.ts';
import type { Kernel } from '../../src/model/kernel.ts';
import { profileNamed } from '../../src/model/kernel-profile.ts';
import { kernelAfter, recordedEvents, recordedTrace } from './recorded-events.ts';

/** Everything but the system vectors above the window, which depend on what is built into a kernel. */
function stateOf({ matrix }: Kernel): unknown {
  const { systemMap, ...rest } = matrix.snapshot();
  const { allocStart, allocEnd } = rest.shape;
  return { ...rest, systemMap: systemMap.filter((bit) => allocStart <= bit && bit < allocEnd) };
}

describe.each([
  { capture: 'small-5.10', kernel: '5.10', cpus: 4, remapping: false },
  { capture: 'small-6.1', kernel: '6.1', cpus: 4, remapping: false },
  { capture: 'small-6.12', kernel: '6.12', cpus: 4, remapping: false },
  { capture: 'small-7.2', kernel: '7.2', cpus: 4, remapping: false },
  // With the fault interrupt of its remapping unit.
  { capture: 'sriov-6.1', kernel: '6.1', cpus: 8, remapping: true },
])('a boot of $capture', ({ capture, kernel, cpus, remapping }) => {
  const path = recordedTrace(capture);

  it.skipIf(path === undefined)(
    'ends in the state that the kernel recorded when its last CPU came up',
    () => {
      const profile = profileNamed(kernel);
      if (profile === undefined) throw new Error(`no kernel ${kernel}`);
      const possible = CpuSet.span(0, cpus - 1);
      const events = recordedEvents(path ?? '');
      const last = events.findIndex(
        ({ record, fields }) => record.event === 'irq_matrix_online' && fields.get('online_maps') === cpus,
      );
      const machine = { profile, possible, nodes: [possible] };
      const recorded = kernelAfter(machine, events.slice(0, last + 1));
      const units = remapping ? 1 : 0;
      const booted = bootKernel({ ...machine, pic: true, ia32Gate: true, remapping, faultInterrupts: units });
      expect(booted.online.equals(possible)).toBe(true);
      expect(stateOf(booted)).toEqual(stateOf(recorded));
    },
  );
});

describe('the interrupts that a boot makes', () => {
  const possible = CpuSet.span(0, 7);
  const nodes = [CpuSet.span(0, 3), CpuSet.span(4, 7)];
  const profile = profileNamed('6.1');
  if (profile === undefined) throw new Error('no kernel 6.1');
  const booted = bootKernel({ profile, possible, nodes, pic: true, ia32Gate: true, remapping: true });

  it('belong to the first node, as the captures with four nodes show', () => {
    expect([...booted.descs()].map((desc) => [desc.irq, desc.node])).toEqual(
      Array.from({ length: 16 }, (_, irq) => [irq, 0]),
    );
  });

  it('take an entry each where interrupts are remapped, all but the cascade', () => {
    expect(booted.remapping?.used(0)).toBe(15);
  });
});
