import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDebugfsIrq } from './debugfs-irq.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/parse/${name}`, import.meta.url), 'utf8');
const MANAGED = fixture('irq-managed');

describe('parseDebugfsIrq', () => {
  it('reads a managed interrupt and its chain of domains', () => {
    const irq = parseDebugfsIrq(MANAGED, 'irqs/30');
    expect(irq).toMatchObject({ device: '0000:03:00.0', node: 0, domains: ['PCI-MSI-3', 'VECTOR'] });
    expect(irq.chips).toEqual(['PCI-MSI', 'APIC']);
    expect([irq.affinity, irq.effective, irq.pending].map(String)).toEqual(['1', '1', '']);
    expect(irq.dstate.has('IRQD_AFFINITY_MANAGED')).toBe(true);
    expect(irq.dstate.has('IRQCHIP_ONESHOT_SAFE')).toBe(false);
    expect(irq.vector).toEqual({
      vector: 35,
      target: 1,
      legacyPic: false,
      previousVector: undefined,
      previousTarget: undefined,
      moveInProgress: false,
      isManaged: true,
      canReserve: false,
      hasReserved: false,
      cleanupPending: false,
    });
  });

  it('reads an interrupt of the legacy PIC: no domain, no vector, empty masks', () => {
    const irq = parseDebugfsIrq(fixture('irq-pic'), 'irqs/2');
    expect(irq).toMatchObject({ device: undefined, domains: [], chips: ['XT-PIC'], vector: undefined });
    expect(irq.effective?.isEmpty).toBe(true);
  });

  it('reads the other forms of the vector lines', () => {
    const vector = (lines: string) =>
      parseDebugfsIrq(MANAGED.replace(/ {5}Vector:[\s\S]*$/, lines), 'irqs/30').vector;
    expect(vector('     Vector: Not assigned\n')).toMatchObject({ vector: 0, target: undefined });
    expect(vector('     Vector:    50\n     Target: Legacy PIC all CPUs\n')).toMatchObject({
      vector: 50,
      target: undefined,
      legacyPic: true,
      isManaged: undefined,
    });
    const moving =
      '     Vector:    37\n     Target:     2\n     Previous vector:    34\n     Previous target:     1\n';
    expect(vector(moving)).toMatchObject({ previousVector: 34, previousTarget: 1 });
  });

  it('reads three levels, each indented deeper', () => {
    const text = MANAGED.replace(
      'domain:  VECTOR',
      'domain:  INTEL-IR-0\n     chip:    INTEL-IR\n     parent:\n        domain:  VECTOR',
    );
    expect(parseDebugfsIrq(text, 'irqs/30').domains).toEqual(['PCI-MSI-3', 'INTEL-IR-0', 'VECTOR']);
  });

  it.each([
    ['', 1, 1, 'lines like'],
    ['node:  x\n', 1, 1, 'a number'],
    ['status: 0x0\naffinity: 0-3,x\n', 2, 15, 'a CPU number'],
    ['domain: A\ndomain: B\n', 2, 1, 'indented by more than 0'],
    ['#!\n', 1, 1, 'a flag name'],
    ['domain: VECTOR\n Vector: 1\n is_managed: 2\n', 3, 2, '0 or 1'],
  ])('refuses %j at %i:%i: %s', (text, line, column, expected) => {
    expect(() => parseDebugfsIrq(text, 'irqs/9')).toThrow(`irqs/9:${line}:${column}: expected`);
    expect(() => parseDebugfsIrq(text, 'irqs/9')).toThrow(expected);
  });
});
