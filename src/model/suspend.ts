/**
 * Suspend and hibernation: all CPUs but one go and come back (kernel/cpu.c; specification 8.5). The steps are functions
 * of their own because a replay meets them one by one.
 */
import type { CpuSet } from '../base/cpu-set.ts';
import { CPUS_NOT_DISABLED, cpuIsUp, DISABLING_CPUS, ENABLING_CPUS, errorTakingDown } from './failures.ts';
import type { CpuDown, Kernel } from './kernel.ts';
import type { KernelProfile } from './kernel-profile.ts';
import { ManagedIrqs } from './managed-irqs.ts';

export interface Freeze {
  readonly ret: number;
  /** The CPU that could not be taken down. */
  readonly failedCpu: number | undefined;
  /** One per CPU that was tried, in the kernel's order. */
  readonly steps: readonly (CpuDown & { readonly cpu: number })[];
}

/** CPU 0, or the lowest online one where it is off (specification 16 on 8.5). */
export function primaryCpu(online: CpuSet): number {
  return online.has(0) ? 0 : (online.first ?? 0);
}

/** All others, in the order in which suspend and hibernation take them down. */
export function secondaryCpus(profile: KernelProfile, online: CpuSet): number[] {
  const primary = primaryCpu(online);
  const others = [...online].filter((cpu) => cpu !== primary);
  return profile.freezesDescending ? others.reverse() : others;
}

/**
 * `freeze_secondary_cpus()`: all but one, in the kernel's order. Where one refuses, those already down come back
 * (`thaw_secondary_cpus()`), as they do when the machine wakes up.
 */
export function freezeSecondaryCpus(kernel: Kernel): Freeze {
  freezeBegins(kernel);
  const steps: (CpuDown & { cpu: number })[] = [];
  for (const cpu of secondaryCpus(kernel.profile, kernel.online)) {
    const down = freezeCpu(kernel, cpu);
    steps.push({ cpu, ...down });
    if (down.ret === 0) continue;
    const gone = steps.filter((step) => step.ret === 0).map((step) => step.cpu);
    thaw(kernel, gone);
    return { ret: down.ret, failedCpu: cpu, steps };
  }
  return { ret: 0, failedCpu: undefined, steps };
}

/** The first step: device interrupts are suspended by then (`suspend_device_irqs()`). */
export function freezeBegins(kernel: Kernel): void {
  for (const desc of kernel.descs()) {
    desc.suspended = desc.actions > 0 && !desc.noBalancing;
    desc.resumes = desc.suspended && desc.started;
  }
  kernel.print('info', DISABLING_CPUS);
}

/** The next CPU of {@link secondaryCpus}; the first one that is refused ends it. */
export function freezeCpu(kernel: Kernel, cpu: number): CpuDown {
  const down = kernel.cpuDown(cpu);
  if (down.ret === 0) return down;
  kernel.print('err', errorTakingDown(cpu, down.ret));
  kernel.print('err', CPUS_NOT_DISABLED);
  return down;
}

/** The frozen CPUs come back, ascending; interrupts are resumed after them. */
export function thaw(kernel: Kernel, cpus: readonly number[]): void {
  thawBegins(kernel);
  const managed = new ManagedIrqs(kernel.descs());
  for (const cpu of [...cpus].sort((a, b) => a - b)) {
    kernel.cpuUp(cpu, managed.of(cpu));
    thawed(kernel, cpu);
  }
  resumeIrqs(kernel);
}

export function thawBegins(kernel: Kernel): void {
  kernel.print('info', ENABLING_CPUS);
}

/** A CPU has come back. */
export function thawed(kernel: Kernel, cpu: number): void {
  kernel.print('info', cpuIsUp(cpu));
}

/** `resume_device_irqs()`: what a returning CPU left alone because it was suspended is started now (8.4 b). */
function resumeIrqs(kernel: Kernel): void {
  for (const desc of kernel.descs()) {
    const { resumes } = desc;
    desc.suspended = false;
    desc.resumes = false;
    if (!resumes || !desc.managedShutdown) continue;
    for (const cpu of desc.affinity) if (kernel.online.has(cpu) && kernel.restoreAffinity(desc, cpu)) break;
  }
}
