import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { bootKernel } from './boot.ts';
import { EBUSY, EINVAL } from './failures.ts';
import { IRQF_SHARED, IrqDesc } from './irq-desc.ts';
import type { Kernel } from './kernel.ts';
import { profileNamed } from './kernel-profile.ts';

const CHIP = { name: 'PCI-MSI', settable: true, remapped: false, affinityBeforeStartup: true };

function machine(kernelName: string, cpus = 4): { kernel: Kernel; log: string[] } {
  const profile = profileNamed(kernelName);
  if (profile === undefined) throw new Error(kernelName);
  const possible = CpuSet.span(0, cpus - 1);
  const kernel = bootKernel({
    profile,
    possible,
    nodes: [possible],
    pic: true,
    ia32Gate: true,
    remapping: false,
  });
  const log: string[] = [];
  kernel.listener = (event) => {
    if (event.name === 'printk') log.push(`${event.level}: ${event.text}`);
  };
  return { kernel, log };
}

function addMsix(kernel: Kernel, irq: number): void {
  kernel.addIrq(new IrqDesc(irq, CHIP, -1, kernel.defaultAffinity, false, false), { kind: 'by-policy' });
}

describe('request_irq', () => {
  it('refuses a second handler where one of the two does not share, and says so', () => {
    const { kernel, log } = machine('6.1');
    addMsix(kernel, 24);
    expect(kernel.requestIrq(24, true, { flags: 0, name: 'eth0' })).toBe(0);
    expect(kernel.requestIrq(24, true, { flags: IRQF_SHARED, name: 'ahci' })).toBe(-EBUSY);
    expect(log).toEqual(['err: Flags mismatch irq 24. 00000080 (ahci) vs. 00000000 (eth0)']);
  });

  it('takes a second handler where both share, without a second vector', () => {
    const { kernel } = machine('6.1');
    addMsix(kernel, 24);
    kernel.requestIrq(24, true, { flags: IRQF_SHARED, name: 'a' });
    const before = kernel.matrix.totalAllocated;
    expect(kernel.requestIrq(24, true, { flags: IRQF_SHARED, name: 'b' })).toBe(0);
    expect(kernel.matrix.totalAllocated).toBe(before);
  });
});

describe('an interrupt that arrives', () => {
  it('is lost where it is stuck on a CPU that is offline', () => {
    const { kernel } = machine('6.1', 2);
    addMsix(kernel, 24);
    kernel.requestIrq(24);
    const desc = kernel.desc(24);
    const cpu = desc?.data?.cpu ?? -1;
    kernel.online.delete(cpu);
    expect(kernel.writeSmpAffinityList(24, `${1 - cpu}`)).toBe(0);
    kernel.interruptArrives(24);
    expect(desc?.movePending).toBe(true);
  });

  it.each([
    ['5.4', 'do_IRQ: 1.33 No irq handler for vector'],
    ['5.10', 'common_interrupt: 1.33 No irq handler for vector'],
    ['6.1', '__common_interrupt: 1.33 No irq handler for vector'],
    ['7.2', 'No irq handler for 1.33'],
  ])('on %s makes the kernel complain where its CPU forgot the vector', (name, text) => {
    const { kernel, log } = machine(name, 2);
    addMsix(kernel, 24);
    kernel.requestIrq(24);
    const data = kernel.desc(24)?.data;
    if (data === undefined) throw new Error('no data');
    Object.assign(data, { hwCpu: 1, hwVector: 33 });
    kernel.vectors.table.clear(1, 33, 'unused');
    kernel.interruptArrives(24);
    expect(log).toEqual([`emerg: ${text}`]);
  });
});

describe('cpuDown', () => {
  it('does not take a CPU down twice, nor the last one', () => {
    const { kernel } = machine('6.1', 2);
    expect(kernel.cpuDown(1).ret).toBe(0);
    expect(kernel.cpuDown(1).ret).toBe(-EINVAL);
    expect(kernel.cpuDown(0).ret).toBe(-EBUSY);
    expect([...kernel.online]).toEqual([0]);
  });
});
