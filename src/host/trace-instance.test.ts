import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bufferKb, TraceInstance } from './trace-instance.ts';

/** A directory like tracefs, but that a new instance has no files there. */
function likeTracefs(...instances: readonly string[]): string {
  const place = mkdtempSync(join(tmpdir(), 'irqspace-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  for (const name of instances) mkdirSync(join(place, 'instances', name), { recursive: true });
  return place;
}

/** No process has this number: it is above the largest pid_max. */
const NOBODY = 4194304 + 1;

describe('a tracing instance', () => {
  it('is not made where there is no tracefs', () => {
    const place = likeTracefs();
    expect(TraceInstance.create([place])).toEqual({ why: expect.stringContaining('no tracefs') });
    expect(readdirSync(place)).toEqual([]);
  });

  it('that cannot be set up is removed again, with the reason', () => {
    const place = likeTracefs('somebody');
    const made = TraceInstance.create([join(place, 'nowhere'), place]);
    expect(made).toEqual({ why: `${place}/instances/irqspace-${process.pid}: no such file or directory` });
    expect(readdirSync(join(place, 'instances'))).toEqual(['somebody']);
  });

  it('of a process that is gone is removed, others are not', () => {
    const ours = `irqspace-${NOBODY}`;
    const others = ['irqspace-1', `irqspace-${NOBODY}x`, 'somebody'];
    const place = likeTracefs(ours, ...others);
    TraceInstance.create([place]);
    expect(existsSync('/proc/1')).toBe(true);
    expect(readdirSync(join(place, 'instances')).sort()).toEqual([...others].sort());
  });

  it('has room for hundreds of moves at once, and less on each of many CPUs', () => {
    expect([1, 4, 128, 256, 1024, 8192].map(bufferKb)).toEqual([512, 512, 512, 256, 64, 64]);
  });
});
