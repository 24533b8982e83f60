import { describe, expect, it } from 'vitest';
import { parseBootCpuList } from './boot-cpu-list.ts';
import { parseProcCmdline } from './proc-cmdline.ts';

describe('parseProcCmdline', () => {
  it('keeps every parameter, the last of a name; quotes join; what follows -- is for init', () => {
    const { params } = parseProcCmdline('ro quiet a=1 a=2 dyndbg="file x.c +p" "b=c d" e= -- -x=1\n');
    expect([...params]).toEqual([
      ['ro', ''],
      ['quiet', ''],
      ['a', '2'],
      ['dyndbg', 'file x.c +p'],
      ['b', 'c d'],
      ['e', ''],
    ]);
  });

  it.each([
    ['isolcpus=1-2', [], '1-2'],
    ['isolcpus=managed_irq,domain,1-2,5', ['managed_irq', 'domain'], '1-2,5'],
    ['isolcpus=nohz,io_queue,4-N', ['nohz', 'io_queue'], '4-7'],
    ['isolcpus=domain,N', ['domain'], '7'],
    ['isolcpus=0-7:1/2', [], '0,2,4,6'],
  ])('%s', (text, flags, cpus) => {
    const { isolcpus } = parseProcCmdline(text, 8);
    expect(isolcpus?.flags).toEqual(flags);
    expect(String(isolcpus?.cpus)).toBe(cpus);
  });

  it('leaves out what the kernel would not understand either, and what is not known', () => {
    expect(parseProcCmdline('isolcpus=what irqaffinity=9-3')).toMatchObject({
      isolcpus: undefined,
      irqaffinity: undefined,
    });
    expect(parseProcCmdline('irqaffinity=2-N').irqaffinity).toBeUndefined();
    expect(String(parseProcCmdline('irqaffinity=0,4-5').irqaffinity)).toBe('0,4-5');
    expect(parseProcCmdline('').params.size).toBe(0);
  });
});

describe('parseBootCpuList', () => {
  it.each([
    ['0-3,8', '0-3,8'],
    ['3,0-1', '0-1,3'],
    ['0-31:2/8', '0-1,8-9,16-17,24-25'],
    ['all', '0-15'],
    ['N', '15'],
    ['all:1/4', '0,4,8,12'],
  ])('%s', (text, cpus) => {
    expect(String(parseBootCpuList(text, 16))).toBe(cpus);
  });

  it.each(['', 'x', '1-', '3-1', '0-9999', '0-3:1/0', '0-3:3/2', '1,,2', '0-8191,'.repeat(10_000)])(
    'not %j',
    (text) => {
      expect(parseBootCpuList(text, 16)).toBeUndefined();
    },
  );
});
