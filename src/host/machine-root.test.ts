import { describe, expect, test } from 'vitest';
import { rootsAmong, theOneRoot } from './machine-root.ts';

describe('rootsAmong', () => {
  test('finds the shallowest folder with a marker, whole path parts only', () => {
    expect(rootsAmong(['proc/interrupts'])).toEqual(['']);
    expect(rootsAmong(['sos-x/proc/irq/9/node', 'sos-x/a/proc/interrupts', 'xproc/irq'])).toEqual(['sos-x']);
    expect(rootsAmong(['a/xproc/interrupts', 'proc/interruptsx', 'proc/version'])).toEqual([]);
    expect(rootsAmong(['h/sys/kernel/debug/irq/domains/VECTOR'])).toEqual(['h']);
  });

  test('does not look deeper than four folders', () => {
    expect(rootsAmong(['1/2/3/4/proc/interrupts'])).toEqual(['1/2/3/4']);
    expect(rootsAmong(['1/2/3/4/5/proc/interrupts'])).toEqual([]);
  });

  test('two machines side by side are named, none is chosen', () => {
    const roots = rootsAmong(['b/proc/irq/1/node', 'a/proc/interrupts', 'c/proc/interrupts']);
    expect(() => theOneRoot('x', roots, '')).toThrow(
      'x: holds several machines ("a", "b" and 1 more); name one of them',
    );
  });
});
