import { describe, expect, it } from 'vitest';
import { parseIrqbalanceLog } from './irqbalance-log.ts';

const LOG = `Banned CPUs: 000000f9
Package 0:  numa_node 0 cpu mask is 00000006 (load 0)
        Cache domain 0:  numa_node is 0 cpu mask is 00000002  (load 0) 
                CPU number 1  numa_node is 0 (load 0)
                  Interrupt 39 node_num is -1 (ethernet/0:0) 
          Interrupt 7 node_num is -1 (other/0:0) 
  Interrupt 8 node_num is 0 (legacy/0:0) 
        Cache domain 1:  numa_node is 0 cpu mask is 00000004  (load 0) 
                CPU number 2  numa_node is 0 (load 0)
Adding IRQ 353 to database
-----------------------------------------------------------------------------
Package 0:  numa_node 0 cpu mask is 00000006 (load 0)
        Cache domain 1:  numa_node is 0 cpu mask is 00000004  (load 0) 
                CPU number 2  numa_node is 0 (load 0)
                  Interrupt 39 node_num is -1 (ethernet/9:1) 
          Interrupt 7 node_num is -1 (other/0:0) 
`;

describe("irqbalance's debug log", () => {
  const assigned = parseIrqbalanceLog(LOG);
  const masks = (irq: number): string[] => (assigned.get(irq) ?? []).map(String);

  it('gives an interrupt below a CPU that CPU, cycle by cycle', () => {
    expect(masks(39)).toEqual(['1', '2']);
  });

  it('gives one below a cache domain or a package the mask of that', () => {
    expect(masks(7)).toEqual(['1', '2']);
    expect(masks(8)).toEqual(['1-2']);
  });

  it('has one entry for each change, and none for an interrupt that it was told of only', () => {
    expect(
      parseIrqbalanceLog(LOG + LOG.split('-----')[0])
        .get(39)
        ?.map(String),
    ).toEqual(['1', '2', '1']);
    expect(assigned.has(353)).toBe(false);
  });

  it('reads masks of more than 32 CPUs', () => {
    const wide =
      'Package 0:  numa_node 0 cpu mask is 00000001,80000000 (load 0)\n  Interrupt 8 node_num is 0 (x/0:0)\n';
    expect(parseIrqbalanceLog(wide).get(8)?.map(String)).toEqual(['31-32']);
  });
});
