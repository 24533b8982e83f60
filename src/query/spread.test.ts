import { describe, expect, it } from 'vitest';
import { CpuSet } from '../base/cpu-set.ts';
import { spread } from '../format/spread.ts';
import { profileNamed } from '../model/kernel-profile.ts';
import { RequestError } from './request-error.ts';
import {
  parseSets,
  parseTopology,
  type SpreadRequest,
  spreadKernelNamed,
  spreadKernelOf,
  spreadOf,
} from './spread.ts';

function ask(topology: string, kernel: string, request: Omit<SpreadRequest, 'kernel' | 'topology'>) {
  return spreadOf({ kernel: spreadKernelNamed(kernel), topology: parseTopology(topology), ...request });
}

function refused(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
  return 'not refused';
}

describe('spreadOf', () => {
  it('answers with the masks, their nodes, and which are managed', () => {
    const answer = ask('2x2x2', '6.1', { nvecs: 3, preVectors: 1 });
    expect(answer).toEqual({
      kind: 'spread',
      version: 1,
      kernel: { profile: '6.1' },
      topology: {
        name: '2x2x2',
        possible: '0-7',
        present: '0-7',
        nodes: [
          { node: 0, cpus: '0-1,4-5' },
          { node: 1, cpus: '2-3,6-7' },
        ],
      },
      nvecs: 3,
      preVectors: 1,
      postVectors: 0,
      masks: [
        { index: 0, cpus: '0-7', node: 0, managed: false },
        { index: 1, cpus: '0-1,4-5', node: 0, managed: true },
        { index: 2, cpus: '2-3,6-7', node: 1, managed: true },
      ],
      warnings: [],
    });
    expect(spread.parse(answer)).toEqual(answer);
  });

  it('speaks of the kernel of a machine, and takes its default affinity', () => {
    const profile = profileNamed('6.12');
    if (profile === undefined) throw new Error('no 6.12');
    const facts = { release: '6.12.38+deb13-amd64', profile, assumption: undefined };
    const answer = spreadOf({
      kernel: spreadKernelOf(facts),
      topology: parseTopology('1x4'),
      nvecs: 2,
      postVectors: 1,
      defaultAffinity: CpuSet.of(0, 2),
    });
    expect(answer.kernel).toEqual({ release: '6.12.38+deb13-amd64', profile: '6.12' });
    expect(answer.masks.map(({ cpus }) => cpus)).toEqual(['0-3', '0,2']);
  });

  it('reduces the number to the CPUs where a smallest number is given', () => {
    const answer = ask('1x4', '6.1', { nvecs: 64, minVectors: 2, preVectors: 1 });
    expect(answer).toMatchObject({ asked: { min: 2, max: 64 }, nvecs: 5 });
    expect(answer.masks).toHaveLength(5);
    expect(ask('1x4', '6.1', { nvecs: 64, minVectors: 4 })).toMatchObject({ nvecs: 4, masks: { length: 4 } });
    expect(ask('1x4', '6.1', { nvecs: 3 }).asked).toBeUndefined();
  });

  it('says when the kernel refuses or crashes', () => {
    const tooFew = ask('1x4', '6.1', { nvecs: 8, minVectors: 1, preVectors: 2 });
    expect(tooFew).toMatchObject({
      nvecs: 0,
      masks: [],
      failure: {
        kind: 'refused',
        text: 'ENOSPC: 2 messages are not spread, more than the 1 asked for at least',
      },
    });
    const tooMany = ask('1x4', '6.1', { nvecs: 8, minVectors: 6 });
    expect(tooMany.failure?.text).toBe(
      'ENOSPC: 4 messages are all that the CPUs can use, 6 are asked for at least',
    );
    const crash = ask('1x4', '6.1', { nvecs: 4, sets: [4, 0] });
    expect(crash).toMatchObject({ masks: [], failure: { kind: 'crash' } });
    for (const answer of [tooFew, tooMany, crash]) expect(spread.parse(answer)).toEqual(answer);
  });

  it('says what is surprising about the masks', () => {
    expect(ask('1x4', '6.1', { nvecs: 6 }).warnings).toEqual([
      'messages 4-5: no CPU is left, the kernel warns and then refuses the empty mask with EINVAL',
    ]);
    expect(ask('2x4', '4.15', { nvecs: 1 }).warnings).toEqual([
      'CPUs 4-7: in the mask of no message that is spread',
    ]);
    const unspread = ask('1x4', '6.1', { nvecs: 2, preVectors: 2 });
    expect(unspread.warnings).toEqual([
      'no message is left to spread: no message is managed, all have the default affinity',
    ]);
    expect(unspread.masks).toEqual([
      { index: 0, cpus: '0-3', managed: false },
      { index: 1, cpus: '0-3', managed: false },
    ]);
    expect(ask('1x8', '6.1', { nvecs: 5, sets: [1, 1, 1, 1, 1] }).warnings[0]).toMatch(
      /^the kernel warns about 5 sets, 4 is the most/,
    );
    expect(ask('1x8', '7.1', { nvecs: 5, sets: [5, 0] }).warnings[0]).toMatch(
      /^the kernel gives up on a set of size 0/,
    );
  });

  it('refuses what no driver could ask, in one line', () => {
    expect(refused(() => ask('1x4', '6.1', { nvecs: 0 }))).toBe(
      '--vectors: 0 is not a number of messages from 1 to 2048',
    );
    expect(refused(() => ask('1x4', '6.1', { nvecs: 2049 }))).toMatch(/^--vectors: 2049/);
    expect(refused(() => ask('1x4', '6.1', { nvecs: Number.NaN }))).toMatch(/^--vectors: NaN/);
    expect(refused(() => ask('1x4', '6.1', { nvecs: 4, minVectors: 5 }))).toBe(
      '--min: 5 is more than the 4 of --vectors',
    );
    expect(refused(() => ask('1x4', '6.1', { nvecs: 4, preVectors: 3, postVectors: 2 }))).toBe(
      '--pre and --post: 5 messages do not fit in the 4 of --vectors',
    );
    expect(refused(() => ask('1x4', '6.1', { nvecs: 4, preVectors: -1 }))).toMatch(/^--pre: -1/);
    expect(refused(() => ask('1x4', '6.1', { nvecs: 4, preVectors: 1, sets: [2, 2] }))).toBe(
      '--sets: they hold 4 messages, and there are 3 to spread (--vectors less --pre and --post)',
    );
    expect(refused(() => ask('1x4', '4.20', { nvecs: 4, sets: [2, 2] }))).toBe(
      '--sets: kernel 4.20 spreads all messages as one set',
    );
    expect(refused(() => ask('1x4', '6.1', { nvecs: 4, sets: [] }))).toBe('--sets: name at least one size');
  });
});

describe('parseTopology', () => {
  it('takes sockets x cores x threads, one thread when it is left out', () => {
    expect(parseTopology('2x16x2').topology.possible.toString()).toBe('0-63');
    expect(parseTopology('2x16').topology.siblings).toHaveLength(32);
    expect(parseTopology('8x512x2').topology.present.size).toBe(8192);
  });

  it.each(['', '2', '2x', 'x2', '2x0x2', '0x1', '-2x4', '2x2x2x2', '2 x 2', '999999x1', '2x1.5', '2X4'])(
    'refuses "%s"',
    (text) => {
      expect(refused(() => parseTopology(text))).toBe(
        `--topology: "${text}" is not sockets x cores x threads, such as 2x16x2`,
      );
    },
  );

  it('refuses more than Linux has', () => {
    expect(refused(() => parseTopology('2x4097'))).toBe(
      '--topology: 2x4097 is 8194 CPUs, Linux has at most 8192',
    );
    expect(refused(() => parseTopology('2000x2x2'))).toMatch(/2000 nodes|8000 CPUs/);
    expect(refused(() => parseTopology('99999x99999x99999'))).toMatch(/Linux has at most 8192$/);
  });
});

describe('spreadKernelNamed', () => {
  it('knows 4.14 beside the profiles', () => {
    expect(spreadKernelNamed('4.14').rules.spreadBase).toBe('possible');
    expect(spreadKernelNamed('newest').profile).toBe('7.2');
    expect(refused(() => spreadKernelNamed('4.13'))).toBe(
      '--kernel: "4.13" is not 4.14, 4.15 to 7.2, or newest',
    );
  });
});

describe('parseSets', () => {
  it('takes sizes with commas between', () => {
    expect(parseSets('8,8,0')).toEqual([8, 8, 0]);
    expect(refused(() => parseSets('8,,4'))).toBe(
      '--sets: "" is not a number of messages; expected a list such as 8,8,4',
    );
  });
});
