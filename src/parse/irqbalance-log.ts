import { CpuSet } from '../base/cpu-set.ts';

/** `        Cache domain 0:  numa_node is 0 cpu mask is 00000002  (load 0)`, `Package 0: …`. */
const DOMAIN = /^( *)(?:Package|Cache domain) \d+: .*cpu mask is ([0-9a-f,]+)/;
/** `                CPU number 1  numa_node is 0 (load 0)`. */
const CPU = /^( *)CPU number (\d{1,5})\b/;
/** `                  Interrupt 39 node_num is -1 (ethernet/0:0)`: two deeper than what it is assigned to. */
const INTERRUPT = /^( *)Interrupt (\d{1,7}) node_num/;

/**
 * The debug log of irqbalance (`irqbalance --debug`): of each interrupt the CPUs that it was assigned to, one entry for
 * every change, in order. irqbalance writes the mask of the CPU, cache or package that stands above the interrupt.
 * Lines that say something else are skipped.
 */
export function parseIrqbalanceLog(text: string): ReadonlyMap<number, readonly CpuSet[]> {
  const assigned = new Map<number, CpuSet[]>();
  const above = new Map<number, CpuSet>();
  for (const line of text.split('\n')) {
    const domain = DOMAIN.exec(line);
    const cpu = domain === null ? CPU.exec(line) : null;
    if (domain !== null) above.set(domain[1]?.length ?? 0, maskOf(domain[2] ?? ''));
    else if (cpu !== null) above.set(cpu[1]?.length ?? 0, CpuSet.of(Number(cpu[2])));
    const interrupt = INTERRUPT.exec(line);
    if (interrupt === null) continue;
    const mask = above.get((interrupt[1]?.length ?? 0) - 2);
    if (mask === undefined) continue;
    const irq = Number(interrupt[2]);
    const list = assigned.get(irq) ?? [];
    assigned.set(irq, list);
    if (list.at(-1)?.equals(mask) !== true) list.push(mask);
  }
  return assigned;
}

/** As `cpumask_scnprintf()` prints it: groups of 32 bits, the last one lowest. */
function maskOf(text: string): CpuSet {
  const mask = new CpuSet();
  for (const [at, group] of text.split(',').reverse().entries()) {
    const word = Number.parseInt(group, 16);
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) mask.add(at * 32 + bit);
  }
  return mask;
}
