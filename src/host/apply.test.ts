import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/host/machine-fixture.ts';
import { parseCpuList } from '../base/cpu-list.ts';
import type { CpuSet } from '../base/cpu-set.ts';
import type { PlanWrite } from '../format/plan.ts';
import { type AffinityFiles, applyWrites, isRestored, type Patience, restore } from './apply.ts';
import { Journal, readJournal } from './journal.ts';
import { RootError } from './root-error.ts';

const HEADER = { journal: 'irqspace apply', version: 1, plan: '0123456789abcdef' } as const;

function cpus(list: string | undefined): CpuSet | undefined {
  const parsed = list === undefined ? undefined : parseCpuList(list);
  return parsed?.ok === true ? parsed.value : undefined;
}

/** Masks as a kernel would keep them: those in `refuses` answer so, and those in `slow` have not moved yet. */
class FakeMachine implements AffinityFiles {
  readonly masks = new Map<number, string>();
  readonly places = new Map<number, string>();
  readonly log: string[] = [];
  refuses = new Map<number, string>();
  slow = new Set<number>();
  /** Throws before or after the write that is that many away. */
  killAt: { write: number; moment: 'before' | 'after' } | undefined;
  #writes = 0;

  constructor(irqs: Readonly<Record<number, string>>) {
    for (const [irq, mask] of Object.entries(irqs)) {
      this.masks.set(Number(irq), mask);
      this.places.set(Number(irq), mask.slice(0, 1));
    }
  }

  affinity(irq: number): CpuSet | undefined {
    return cpus(this.masks.get(irq));
  }

  effective(irq: number): CpuSet | undefined {
    return cpus(this.places.get(irq));
  }

  write(irq: number, list: string): string | undefined {
    this.#writes++;
    if (this.killAt?.write === this.#writes && this.killAt.moment === 'before') throw new Error('killed');
    this.log.push(`${irq}=${list}`);
    const errno = this.refuses.get(irq);
    if (errno !== undefined) return errno;
    this.masks.set(irq, list);
    if (!this.slow.has(irq)) this.places.set(irq, list.slice(0, 1));
    if (this.killAt?.write === this.#writes) throw new Error('killed');
    return undefined;
  }
}

const IRQS = { 30: '0-3', 31: '0-3', 32: '2-3', 33: '0' };

function writesOf(...wanted: readonly (readonly [irq: keyof typeof IRQS, to: string])[]): PlanWrite[] {
  return wanted.map(([irq, to]) => ({
    irq,
    name: `irq${irq}`,
    from: IRQS[irq],
    to,
    cpu: 0,
    moves: 'at-once',
    reason: 'a test',
  }));
}

const WRITES = writesOf([30, '1'], [31, '2'], [32, '3'], [33, '1-3']);

const AT_ONCE: Patience = { looks: 1, pause: () => undefined };

function newJournal(): { journal: Journal; path: string } {
  const path = join(tempDir(), 'deep', 'apply.journal');
  return { journal: Journal.create(path, HEADER), path };
}

describe('applyWrites', () => {
  it('writes in order, and each mask is in the journal before it is written', () => {
    const machine = new FakeMachine(IRQS);
    const { journal, path } = newJournal();
    const seen: number[] = [];
    const watched: AffinityFiles = {
      affinity: (irq) => machine.affinity(irq),
      effective: (irq) => machine.effective(irq),
      write: (irq, list) => {
        seen.push(readJournal(path)?.intents.length ?? 0);
        expect(readJournal(path)?.intents.at(-1)).toMatchObject({ irq, to: list });
        return machine.write(irq, list);
      },
    };
    const done = applyWrites(WRITES, watched, journal, AT_ONCE);
    expect(done.outcome).toBe('applied');
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(machine.log).toEqual(['30=1', '31=2', '32=3', '33=1-3']);
    expect(done.writes.map(({ irq, result, effective }) => [irq, result, effective])).toEqual([
      [30, 'done', '1'],
      [31, 'done', '2'],
      [32, 'done', '3'],
      [33, 'done', '1'],
    ]);
    expect(readJournal(path)).toMatchObject({ end: 'applied', header: HEADER });
  });

  it('tells a move that waits for its interrupt from one that is done, and waits no longer than asked', () => {
    const machine = new FakeMachine(IRQS);
    machine.slow = new Set([31, 32]);
    let pauses = 0;
    const pause = (): void => {
      pauses++;
      if (pauses === 2) machine.places.set(31, '2');
    };
    const done = applyWrites(WRITES, machine, newJournal().journal, { looks: 5, pause });
    expect(done.writes.map(({ irq, result }) => [irq, result])).toEqual([
      [30, 'done'],
      [31, 'done'],
      // It was on CPU 2, and may go to 3 alone.
      [32, 'pending'],
      [33, 'done'],
    ]);
    expect(pauses).toBe(4);
  });

  it.each(['ENOSPC', 'EIO', 'EPERM', 'EINVAL'])(
    'stops at the first %s and restores what it wrote, last first',
    (errno) => {
      const machine = new FakeMachine(IRQS);
      machine.refuses.set(32, errno);
      const { journal, path } = newJournal();
      const done = applyWrites(WRITES, machine, journal, AT_ONCE);
      expect(done.outcome).toBe('refused');
      expect(done.writes).toMatchObject([
        { irq: 32, result: 'refused', errno },
        { irq: 31, result: 'restored' },
        { irq: 30, result: 'restored' },
      ]);
      expect(machine.log).toEqual(['30=1', '31=2', '32=3', '31=0-3', '30=0-3']);
      expect(Object.fromEntries(machine.masks)).toEqual(IRQS);
      expect(readJournal(path)?.end).toBe('rolled-back');
    },
  );

  it('says so where a mask cannot be restored', () => {
    const machine = new FakeMachine(IRQS);
    const { journal, path } = newJournal();
    const stubborn: AffinityFiles = {
      affinity: (irq) => machine.affinity(irq),
      effective: (irq) => machine.effective(irq),
      write: (irq, list) => (irq === 31 || list === '0-3' ? 'ENOSPC' : machine.write(irq, list)),
    };
    const done = applyWrites(WRITES, stubborn, journal, AT_ONCE);
    expect(done.outcome).toBe('not-restored');
    expect(done.writes).toMatchObject([
      { irq: 31, result: 'refused' },
      { irq: 30, result: 'not-restored', errno: 'ENOSPC' },
    ]);
    expect(readJournal(path)?.end).toBe('not-restored');
  });

  it('stops where somebody else has changed a mask, or the interrupt is gone', () => {
    for (const change of ['3', undefined]) {
      const machine = new FakeMachine(IRQS);
      if (change === undefined) machine.masks.delete(31);
      else machine.masks.set(31, change);
      const done = applyWrites(WRITES, machine, newJournal().journal, AT_ONCE);
      expect(done.outcome).toBe('refused');
      expect(done.notes[0]).toMatch(change === undefined ? /IRQ 31 is gone/ : /IRQ 31 may go to CPU 3 now/);
      expect(machine.masks.get(30)).toBe('0-3');
      expect(machine.log).toEqual(['30=1', '30=0-3']);
    }
  });

  it('takes a mask that does not show what was written for a refusal', () => {
    const machine = new FakeMachine(IRQS);
    const deaf: AffinityFiles = {
      affinity: (irq) => machine.affinity(irq),
      effective: (irq) => machine.effective(irq),
      write: (irq, list) => (irq === 31 ? undefined : machine.write(irq, list)),
    };
    const done = applyWrites(WRITES, deaf, newJournal().journal, AT_ONCE);
    expect(done.outcome).toBe('refused');
    expect(done.notes).toEqual(['IRQ 31 was sent to CPU 2, and shows CPU 0-3']);
    expect(Object.fromEntries(machine.masks)).toEqual(IRQS);
  });
});

describe('a journal that cannot be written', () => {
  it('ends it: nothing is written that could not be restored', () => {
    const machine = new FakeMachine(IRQS);
    let room = 2;
    const full = {
      intend: (): void => {
        if (room-- === 0) throw new RootError('apply.journal', 'the journal cannot be used: no space');
      },
      end: (): void => {
        throw new RootError('apply.journal', 'the journal cannot be used: no space');
      },
    };
    const done = applyWrites(WRITES, machine, full, AT_ONCE);
    expect(done.outcome).toBe('refused');
    expect(done.notes).toEqual(['apply.journal: the journal cannot be used: no space']);
    expect(machine.log).toEqual(['30=1', '31=2', '31=0-3', '30=0-3']);
    expect(Object.fromEntries(machine.masks)).toEqual(IRQS);
  });
});

describe('a journal', () => {
  const kills = WRITES.flatMap((_write, at) =>
    (['before', 'after'] as const).map((moment) => [moment, at + 1] as const),
  );

  it.each(kills)('restores every mask after a kill %s write %d', (moment, write) => {
    const machine = new FakeMachine(IRQS);
    machine.killAt = { write, moment };
    const { journal, path } = newJournal();
    expect(() => applyWrites(WRITES, machine, journal, AT_ONCE)).toThrow('killed');
    const content = readJournal(path);
    expect(content?.end).toBeUndefined();
    expect(content?.intents).toHaveLength(write);
    machine.killAt = undefined;
    const restored = restore(content?.intents ?? [], machine, false);
    expect(isRestored(restored)).toBe(true);
    expect(Object.fromEntries(machine.masks)).toEqual(IRQS);
  });

  it('restores every mask wherever its file was cut off', () => {
    const { journal, path } = newJournal();
    const machine = new FakeMachine(IRQS);
    applyWrites(WRITES, machine, journal, AT_ONCE);
    const whole = readFileSync(path, 'utf8');
    const headerEnd = whole.indexOf('\n') + 1;
    for (let length = headerEnd; length <= whole.length; length++) {
      writeFileSync(path, whole.slice(0, length));
      const { intents = [], end } = readJournal(path) ?? {};
      // A line that is whole was on disk before its mask was written: as many masks as lines are written at most.
      const lines = whole.slice(headerEnd, length).split('\n').length - 1;
      expect(intents.length).toBeGreaterThanOrEqual(Math.min(lines, WRITES.length));
      const cut = new FakeMachine(IRQS);
      for (const { irq, to } of intents) cut.write(irq, to);
      expect(isRestored(restore(intents, cut, false))).toBe(true);
      expect(Object.fromEntries(cut.masks)).toEqual(IRQS);
      if (length === whole.length) expect(end).toBe('applied');
    }
  });

  it('goes on after a line that was cut off', () => {
    const { journal, path } = newJournal();
    journal.intend({ irq: 30, from: '0-3', to: '1' });
    journal.close();
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"write":31,"fr`);
    const again = Journal.reopen(path);
    again.end('rolled-back');
    again.close();
    expect(readJournal(path)).toMatchObject({ intents: [{ irq: 30 }], end: 'rolled-back' });
  });

  it('is absent, or refused where it is something else', () => {
    const folder = tempDir();
    expect(readJournal(join(folder, 'none'))).toBeUndefined();
    for (const [at, text] of [
      '',
      'hello\n',
      '{"journal":"irqspace apply","version":2,"plan":"x"}\n',
    ].entries()) {
      const path = join(folder, String(at));
      writeFileSync(path, text);
      expect(() => readJournal(path)).toThrow('is no journal of irqspace apply, or of another version');
    }
  });
});

describe('restore', () => {
  const intents = [
    { irq: 30, from: '0-3', to: '1' },
    { irq: 31, from: '0-3', to: '2' },
  ];

  it('leaves what somebody else has changed since, unless it is forced', () => {
    const machine = new FakeMachine({ 30: '1', 31: '3' });
    expect(restore(intents, machine, false)).toMatchObject([
      { irq: 31, result: 'foreign' },
      { irq: 30, result: 'restored' },
    ]);
    expect(machine.masks.get(31)).toBe('3');
    expect(restore(intents, machine, true)).toMatchObject([{ irq: 31, result: 'restored' }, { irq: 30 }]);
    expect(machine.masks.get(31)).toBe('0-3');
  });

  it('writes nothing where all is as it was, and tells of an interrupt that is gone', () => {
    const machine = new FakeMachine({ 30: '0-3' });
    expect(restore(intents, machine, false)).toMatchObject([
      { irq: 31, result: 'gone' },
      { irq: 30, result: 'restored' },
    ]);
    expect(machine.log).toEqual([]);
  });
});
