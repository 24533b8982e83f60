/**
 * A replay that cannot fail proves nothing: recordings of real kernels with one lie in each, told by seeded chance. The
 * replay must find it, but for the lies listed here, each with the reason why nobody could.
 */
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../src/host/open-recording.ts';
import { type ReplayInput, replay } from '../../src/replay/replay.ts';
import { CAPTURES, capturePath, replayInputOf } from './recording.ts';
import { seeded, TraceMutations } from './trace-mutations.ts';

/** Lies that may go unnoticed. */
const CANNOT_BE_NOTICED: Readonly<Record<string, readonly string[]>> = {
  'which gates a kernel installs is a matter of its build: how many lie among the vectors that can be given is compared with what the first CPU has free, and debugfs shows them':
    ['irq_matrix_assign_system.bit', 'delete irq_matrix_assign_system', 'swap irq_matrix_assign_system'],
  'a kprobe at the entry of a function: what it leads to is compared, by other kprobes or by the counters': [
    'delete k_assign',
    'delete k_can_unplug',
    'delete k_force',
    'delete k_managed_shutdown',
    'delete k_migrate_all',
    'delete k_offline',
    'delete k_shutdown',
    'k_assign.irq',
    'k_force.irq',
    'k_managed_shutdown.irq',
  ],
  'an argument that only picks a counter': ['k_free.managed'],
};
/** Where such a kprobe fires once while a CPU dies none is left: a kernel may have inlined the function. */
const THE_ONLY_ONE: readonly string[] = [
  'delete k_alloc_managed',
  'delete k_can_unplug_ret',
  'delete k_deactivate',
  'delete k_free_moved',
];
/** Of the lies about tracepoints, in percent. */
const NOTICED = 98;

/** Kprobes are set before the CPU goes; what they see of other threads the tracepoints show too. */
const isOfMigration = (line: string): boolean => !/: k_\w+: /.test(line) || /^migration\//.test(line);

describe.skipIf(CAPTURES === undefined)('a replay of a trace with one lie in it (needs ../shared)', () => {
  const unnoticed = new Map<string, string[]>();
  /** About tracepoints. */
  let told = 0;

  it.each([
    { name: 'small-6.1', each: 1, seed: 1 },
    { name: 'small-debugfs', each: 1, seed: 2 },
    { name: 'isolcpus12-6.1', each: 1, seed: 3 },
    { name: 'afferrir-7.2', each: 1, seed: 4 },
  ])('finds it in $name, or it is one that nobody could', ({ name, each, seed }) => {
    const input = replayInputOf(openRecording(capturePath(name)));
    const below = seeded(seed);
    expect(verdict(input)).toBe('agrees');
    for (const [kind, all] of new TraceMutations(input.trace).byKind()) {
      const fair = all.filter(({ what }) => isOfMigration(what));
      for (let n = 0; n < Math.min(each, fair.length); n++) {
        const mutation = fair[below(fair.length)];
        if (mutation === undefined) continue;
        if (!kind.includes('k_')) told++;
        if (verdict({ ...input, trace: mutation.trace() }) !== 'agrees') continue;
        unnoticed.set(kind, [...(unnoticed.get(kind) ?? []), `${name}: ${mutation.what}`]);
      }
    }
    const allowed = new Set([...Object.values(CANNOT_BE_NOTICED).flat(), ...THE_ONLY_ONE]);
    expect([...unnoticed].filter(([kind]) => !allowed.has(kind))).toEqual([]);
  });

  it('finds nearly all lies about tracepoints, and could not do with a shorter list', () => {
    const missed = [...unnoticed].flatMap(([kind, all]) => (kind.includes('k_') ? [] : all));
    expect(told).toBeGreaterThan(500);
    expect(100 * (1 - missed.length / told)).toBeGreaterThanOrEqual(NOTICED);
    expect([...unnoticed.keys()]).toEqual(expect.arrayContaining(Object.values(CANNOT_BE_NOTICED).flat()));
  });
});

function verdict(input: ReplayInput): 'agrees' | 'differs' | 'refused' {
  try {
    return replay(input).tally.divergenceCount === 0 ? 'agrees' : 'differs';
  } catch (error) {
    if (error instanceof Error && /^(?:ParseError|ReplayInputError)$/.test(error.name)) return 'refused';
    throw error;
  }
}
