import { describe, expect, it } from 'vitest';
import { ensure } from '../base/assert.ts';
import { type KernelProfile, profileNamed } from './kernel-profile.ts';
import { capacityFromSystemMap, capacityOf } from './system-vectors.ts';

const named = (name: string): KernelProfile => ensure(profileNamed(name), name);

/** Specification, table 3.5: free vectors per CPU with a PIC and with IA32 emulation. */
const FREE: readonly (readonly [string, number])[] = [
  ['4.15', 203],
  ['4.16', 202],
  ['4.20', 201],
  ['5.4', 201],
  ['6.1', 201],
  ['6.5', 201],
  ['6.6', 202],
  ['6.8', 202],
  ['6.12', 201],
  ['6.18', 201],
  ['7.2', 201],
];

describe('capacityOf', () => {
  it.each(FREE)('%s has %i vectors per CPU with a PIC and vector 0x80 taken', (name, free) => {
    expect(capacityOf(named(name), { pic: true, ia32Gate: true })).toEqual({ min: free, max: free });
  });

  it('one more without the cascade of a PIC, and one more without the gate 0x80', () => {
    const capacity = (pic: boolean, ia32Gate: boolean) => capacityOf(named('6.1'), { pic, ia32Gate }).min;
    expect([capacity(false, true), capacity(true, false), capacity(false, false)]).toEqual([202, 202, 203]);
  });

  it('is a range where it is not known: the ends are the two possible answers', () => {
    const profile = named('6.1');
    expect(capacityOf(profile, { pic: undefined, ia32Gate: true })).toEqual({ min: 201, max: 202 });
    expect(capacityOf(profile, { pic: true, ia32Gate: undefined })).toEqual({ min: 201, max: 202 });
    expect(capacityOf(profile, { pic: undefined, ia32Gate: undefined })).toEqual({ min: 201, max: 203 });
  });
});

describe('capacityFromSystemMap', () => {
  it('takes off the system vectors inside the window, and only those', () => {
    // 31 is an exception; 32, 50, 128 lie inside; 236 is the end of the window of 6.1 and outside of it.
    expect(capacityFromSystemMap(named('6.1'), [0, 31, 32, 50, 128, 235, 236, 255])).toBe(204 - 4);
    expect(capacityFromSystemMap(named('6.12'), [50, 128, 235, 236])).toBe(203 - 2);
    expect(capacityFromSystemMap(named('6.1'), [])).toBe(204);
  });

  it('agrees with the derived capacity on the system map of a PC', () => {
    const pc = [...Array.from({ length: 20 }, (_, v) => v), 29, 32, 50, 128, 236, 240, 241, 242, 244];
    expect(capacityFromSystemMap(named('6.1'), pc)).toBe(201);
  });
});
