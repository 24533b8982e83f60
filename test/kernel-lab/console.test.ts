/** How a boot is watched: a shell stands in for QEMU. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../host/machine-fixture.ts';
import { retried, runGuest } from './console.ts';

interface Watched {
  readonly ended: string | undefined;
  readonly progress: readonly string[];
  readonly log: string;
}

async function watched(script: string): Promise<Watched> {
  const log = join(tempDir(), 'console.log');
  const progress: string[] = [];
  const onProgress = (line: string): void => void progress.push(line);
  const ended = await runGuest(['sh', '-c', script], { log, seconds: 1, secondsToInit: 1, onProgress });
  return { ended, progress, log: readFileSync(log, 'utf8') };
}

describe('the watch over a boot', () => {
  it('is content with a script that was done, and keeps the console', async () => {
    const { ended, progress, log } = await watched(
      'echo Linux; echo LAB init; echo LAB snap 1; echo LAB done',
    );
    expect(ended).toBeUndefined();
    expect(progress).toEqual(['init', 'snap 1', 'done']);
    expect(log).toMatch(/^ +\d+\.\d\d Linux\n/);
  });

  it('ends a boot that hangs before its init, or in its script, and says which', async () => {
    expect((await watched('exec sleep 60')).ended).toBe('no init after 1 s');
    expect((await watched('echo LAB init; exec sleep 60')).ended).toBe('the script is not done after 1 s');
  });

  it('takes a script that was done for whole, whatever the switching off does', async () => {
    expect((await watched('echo LAB init; echo LAB done; exec sleep 60')).ended).toBeUndefined();
  });

  it('tells a guest that went off early from a QEMU that failed', async () => {
    expect((await watched('echo LAB init')).ended).toBe('ended before the script was done');
    await expect(watched('echo "no such device" >&2; exit 1')).rejects.toThrow('QEMU: no such device');
  });
});

describe('a boot that hangs', () => {
  it('is made once more, and told', async () => {
    const outcomes = ['no init after 150 s', undefined];
    const told: string[] = [];
    const tries = await retried(
      async () => outcomes.shift(),
      (text) => void told.push(text),
    );
    expect(tries).toBe(2);
    expect(told).toEqual(['try 1: no init after 150 s']);
  });

  it('twice in a row is a failure; one that did not hang is not made again', async () => {
    let boots = 0;
    const hangs = async (): Promise<string | undefined> => `hung ${++boots}`;
    await expect(retried(hangs, () => undefined)).rejects.toThrow('hung 2 times');
    expect(boots).toBe(2);
    expect(
      await retried(
        async () => undefined,
        () => undefined,
      ),
    ).toBe(1);
  });
});
