import { describe, expect, it } from 'vitest';
import { tracePoints } from './kernel-trace.ts';

const OFFLINE = '/sys/devices/system/cpu/cpu1/online';

/** Lines of a 6.1 kernel. */
const TRACE = `# tracer: nop
 swapper/0-1  [000] d..1.  43: irq_matrix_assign: bit=48 cpu=0 online=1 avl=200 alloc=1 managed=0 online_maps=1 global_avl=200, global_rsvd=0, total_alloc=1
    insmod-90 [001] d..2. 436: irq_matrix_alloc_managed: bit=37 cpu=1 online=1 avl=194 alloc=7 managed=1 online_maps=4 global_avl=780, global_rsvd=12, total_alloc=20
      node-116 [002] .....  500: tracing_mark_write: LAB mark asked report
migration/1-21 [001] d..4. 600: k_alloc: (assign_vector_locked+0x85/0x160 <- irq_matrix_alloc) ret=41
migration/1-21 [001] d..4. 601: k_update: (apic_update_vector+0x0/0x150) irq=4 vector=41 cpu=2
migration/1-21 [001] d..4. 602: k_free: (irq_matrix_free+0x0/0xd0) cpu=1 bit=35 managed=0
kworker/1:0-7  [000] d..4. 603: k_update: (apic_update_vector+0x0/0x150) irq=9 vector=42 cpu=0
irqbalance-150 [000] ....1  604: sys_write -> 0xffffffffffffffe4
     other-151 [000] ....1  604: sys_write -> 0xffffffffffffffe4
      node-116 [002] .....  604: tracing_mark_write: LAB res write ${OFFLINE} 0 -> OK
`;

describe('what a trace says by itself', () => {
  const [asked, gone] = tracePoints(TRACE);

  it('has the counters that each CPU last had', () => {
    expect(asked?.text).toBe('mark asked report');
    expect([...(asked?.counters ?? [])]).toEqual([
      [0, { available: 200, allocated: 1, managed: 0 }],
      [1, { available: 194, allocated: 7, managed: 1 }],
    ]);
    expect(asked?.given).toEqual([]);
  });

  it('has what a dying CPU gave away, and no counters after it went: they changed unseen', () => {
    expect(gone?.text).toBe(`res write ${OFFLINE} 0 -> OK`);
    expect(gone?.given).toEqual([{ irq: 4, to: 2 }]);
    expect(gone?.counters.size).toBe(0);
  });

  it('has the errnos of irqbalance, and of nobody else', () => {
    expect(gone?.refusals).toEqual([28]);
    expect(asked?.refusals).toEqual([]);
  });
});
