import type { Missing } from '../model/machine-state.ts';
import type { Observation } from './observation.ts';

/** What could not be read, and what the answers lose by it. */
export function missingSources(o: Observation, hasVectors: boolean): Missing[] {
  const missing: Missing[] = [];
  const denied = (path: string): boolean => o.denied.some((p) => p === path || p.startsWith(`${path}/`));
  const add = (absent: boolean, path: string, cost: string): void => {
    if (!absent) return;
    const why = denied(path) ? ' (not readable without root)' : '';
    missing.push({ path: `${path}${why}`, cost });
  };
  if (!hasVectors) return missing;
  if (isLone(o)) {
    add(
      true,
      'everything else',
      'this is one file: what it does not show (devices, masks, offline CPUs, the kernel) is not known',
    );
    return missing;
  }
  add(
    o.vectorDomain === undefined,
    'sys/kernel/debug/irq/domains/VECTOR',
    'vector numbers are not known, and counts are inferred (needs root and CONFIG_GENERIC_IRQ_DEBUGFS)',
  );
  add(
    o.vectorDomain?.torn === true,
    'sys/kernel/debug/irq/domains/VECTOR',
    'its figures are of different moments, and the counts are inferred',
  );
  add(
    o.vectorDomain?.excerpt === true,
    'sys/kernel/debug/irq/domains/VECTOR',
    'lines were left out of the dump',
  );
  add(
    !o.hasSysKernelIrq,
    'sys/kernel/irq',
    'interrupts that nobody requested are not listed: reservations are bounded',
  );
  add(!o.hasProcIrq, 'proc/irq', 'affinity masks and effective CPUs are not known');
  add(
    o.interrupts === undefined,
    'proc/interrupts',
    'names and counts are not known: old vectors cannot be ruled out',
  );
  add(!o.hasPci, 'sys/bus/pci/devices', 'drivers are guessed from the names of their interrupts');
  add(o.cpus.online === undefined, 'sys/devices/system/cpu/online', 'online CPUs are taken from other files');
  add(o.cpus.present === undefined, 'sys/devices/system/cpu/present', 'offline CPUs are not listed');
  add(o.version === undefined, 'proc/version', 'the kernel is assumed');
  add(o.stat === undefined, 'proc/stat', 'it cannot be told which CPUs may have been offline');
  return missing;
}

/** A VECTOR dump or a copy of /proc/interrupts by itself. */
function isLone(o: Observation): boolean {
  return (
    o.version === undefined && !o.hasProcIrq && !o.hasSysKernelIrq && !o.hasPci && o.cmdline === undefined
  );
}
