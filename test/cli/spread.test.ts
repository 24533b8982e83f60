import { describe, expect, it } from 'vitest';
import { spread } from '../../src/format/spread.ts';
import { complaintOf, irqspace, jsonOf } from './run.ts';

describe('irqspace spread', () => {
  it('prints a row for each message, the leading ones not managed', () => {
    const { code, stdout } = irqspace(
      'spread',
      '--topology',
      '1x4',
      '--vectors',
      '5',
      '--pre',
      '1',
      '--kernel',
      '6.1',
    );
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(2, 7)
        .map((line) => line.trim().split(/\s+/)),
    ).toEqual([
      ['0', '0', 'default', '0-3'],
      ['1', '0', 'managed', '0'],
      ['2', '0', 'managed', '1'],
      ['3', '0', 'managed', '2'],
      ['4', '0', 'managed', '3'],
    ]);
  });

  it('answers in JSON, by the kernel that was named', () => {
    const masksOf = (kernel: string): string[] => {
      const args = ['spread', '--topology', '4x32', '--vectors', '16', '--json', '--kernel', kernel];
      return spread.parse(jsonOf(irqspace(...args))).masks.map(({ cpus }) => cpus);
    };
    // The mail of 2019-11-19 on linux-block: node order 1, 2, 3, 0 since b1a5a73e64e9.
    expect(masksOf('5.4')[0]).toBe('32-39');
    expect(masksOf('4.20')[0]).toBe('0-7');
    expect(masksOf('6.12').slice(4, 5)).toEqual(['96-103']);
  });

  it('takes this machine where no topology is given', () => {
    const answer = spread.parse(jsonOf(irqspace('spread', '--vectors', '1', '--json')));
    expect(answer.topology.name).toBe('this machine');
    expect(answer.masks).toHaveLength(1);
  });

  it('exits with 1 where the kernel would refuse or crash', () => {
    const tooMany = ['--vectors', '8', '--min', '4', '--pre', '6'];
    const refused = irqspace('spread', '--topology', '1x4', ...tooMany, '--kernel', '6.1');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('ENOSPC');
  });

  it('wants numbers and shapes that make sense', () => {
    const complaint = (...args: string[]): string => complaintOf(irqspace('spread', ...args));
    expect(complaint()).toContain('--vectors N is needed');
    expect(complaint('--vectors', 'x')).toContain('expected a number of messages, found "x"');
    expect(complaint('--vectors', '0', '--topology', '1x4')).toContain('--vectors: 0');
    expect(complaint('--vectors', '4', '--topology', '4')).toContain('sockets x cores x threads');
    expect(complaint('--vectors', '4', '--topology', '99x999x9')).toContain('at most 8192');
    expect(complaint('--vectors', '4', '--kernel', '3.10', '--topology', '1x4')).toContain('--kernel');
  });
});
