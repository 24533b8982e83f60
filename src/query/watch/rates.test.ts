import { describe, expect, it } from 'vitest';
import { parseProcInterrupts } from '../../parse/proc-interrupts.ts';
import { type Counted, RateWindow, ratesBetweenReadings } from './rates.ts';

/** `CPU0 CPU1` and rows below, with a chip where the row is an interrupt's. */
function reading(atMs: number, header: string, ...rows: readonly string[]): Counted {
  return { atMs, interrupts: parseProcInterrupts([header, ...rows, ''].join('\n')) };
}

const TWO = 'CPU0 CPU1';

describe('rates between two readings', () => {
  it('are for each second, per interrupt and per CPU, the busiest CPU first', () => {
    const rates = ratesBetweenReadings(
      reading(1000, TWO, '24: 10 20 PCI-MSI 1-edge nvme0q1', '25: 0 5 PCI-MSI 2-edge eth0'),
      reading(1500, TWO, '24: 11 23 PCI-MSI 1-edge nvme0q1', '25: 0 5 PCI-MSI 2-edge eth0'),
    );
    expect(rates?.seconds).toBe(0.5);
    expect(rates?.irqs.get(24)).toEqual({
      total: 8,
      on: [
        { cpu: 1, rate: 6 },
        { cpu: 0, rate: 2 },
      ],
    });
    expect(rates?.irqs.get(25)).toEqual({ total: 0, on: [] });
    expect([...(rates?.cpus ?? [])].map(([cpu, { devices }]) => [cpu, devices])).toEqual([
      [0, 2],
      [1, 6],
    ]);
  });

  it('go on where a counter of 32 bits has passed its end', () => {
    const rates = ratesBetweenReadings(
      reading(0, 'CPU0', '24: 4294967290 PCI-MSI 1-edge a'),
      reading(1000, 'CPU0', '24: 5 PCI-MSI 1-edge a'),
    );
    expect(rates?.irqs.get(24)?.total).toBe(11);
  });

  it('begin anew where a counter went back: the descriptor is another one', () => {
    const rates = ratesBetweenReadings(
      reading(0, 'CPU0', '24: 1000000 PCI-MSI 1-edge a'),
      reading(1000, 'CPU0', '24: 7 PCI-MSI 1-edge a'),
    );
    expect(rates?.irqs.get(24)?.total).toBe(7);
  });

  it('follow the CPU, not the column, and count nothing for one that was offline', () => {
    const rates = ratesBetweenReadings(
      reading(0, 'CPU0 CPU2', '24: 1 50 PCI-MSI 1-edge a'),
      reading(1000, 'CPU1 CPU2', '24: 900 53 PCI-MSI 1-edge a'),
    );
    expect(rates?.irqs.get(24)).toEqual({ total: 3, on: [{ cpu: 2, rate: 3 }] });
  });

  it('are not known of an interrupt that is new, or has another name', () => {
    const rates = ratesBetweenReadings(
      reading(0, 'CPU0', '24: 1 PCI-MSI 1-edge a'),
      reading(1000, 'CPU0', '24: 9 PCI-MSI 1-edge b', '25: 9 PCI-MSI 2-edge c'),
    );
    expect(rates?.irqs.size).toBe(0);
  });

  it('keep the timer apart, and what CPUs send each other together', () => {
    const rows = (n: number): string[] => [
      `LOC: ${n} ${n} Local timer interrupts`,
      `RES: ${2 * n} 0 Rescheduling interrupts`,
      `CAL: ${3 * n} 0 Function call interrupts`,
      `NMI: ${n} ${n} Non-maskable interrupts`,
      `ERR: ${n}`,
    ];
    const rates = ratesBetweenReadings(reading(0, TWO, ...rows(0)), reading(1000, TWO, ...rows(10)));
    expect(rates?.cpus.get(0)).toEqual({ devices: 0, timer: 10, between: 50 });
    expect(rates?.cpus.get(1)).toEqual({ devices: 0, timer: 10, between: 0 });
  });

  it('are none where no time has passed', () => {
    const once = reading(5, 'CPU0', '24: 1 PCI-MSI 1-edge a');
    expect(ratesBetweenReadings(once, once)).toBeUndefined();
  });
});

describe('a window of rates', () => {
  const at = (ms: number, count: number): Counted => reading(ms, 'CPU0', `24: ${count} PCI-MSI 1-edge a`);

  it('looks back as far as it is long', () => {
    const window = new RateWindow(1000);
    expect(window.add(at(0, 0))).toBeUndefined();
    expect(window.add(at(500, 10))?.seconds).toBe(0.5);
    expect(window.add(at(1000, 20))?.seconds).toBe(1);
    const rates = window.add(at(1500, 70));
    expect(rates?.seconds).toBe(1);
    expect(rates?.irqs.get(24)?.total).toBe(60);
  });

  it('looks back to the reading before where that is older', () => {
    const window = new RateWindow(100);
    window.add(at(0, 0));
    window.add(at(5000, 50));
    expect(window.add(at(10_000, 150))?.irqs.get(24)?.total).toBe(20);
  });

  it('keeps two readings of a machine whose counters are millions', () => {
    const counts = new Uint32Array(1024);
    const row = { counts, chip: undefined, hwirq: undefined, flow: undefined, actions: [] };
    const rows = Array.from({ length: 3000 }, (_, irq) => ({ ...row, irq }));
    const interrupts = { cpus: [...counts.keys()], rows, arch: [] };
    const window = new RateWindow(1000);
    window.add({ atMs: 0, interrupts });
    window.add({ atMs: 100, interrupts });
    expect(window.add({ atMs: 200, interrupts })?.seconds).toBe(0.1);
  });
});
