import { describe, expect, it } from 'vitest';
import { parseCpuListText, parseCpuMaskText } from './cpu-text.ts';
import { parseIntegerText, parsePerCpuCount } from './integer-text.ts';
import { parseKernelConfig } from './kernel-config.ts';
import { parseProcCpuinfo } from './proc-cpuinfo.ts';
import { parseProcStat } from './proc-stat.ts';
import { parseProcUptime } from './proc-uptime.ts';
import { parseSysActions, parseSysChipName } from './sys-kernel-irq.ts';
import { parseMsiMode } from './sys-msi-irqs.ts';

describe('CPU list and mask files', () => {
  it('read what the kernel writes', () => {
    expect(String(parseCpuListText('0-3,8\n', 'f'))).toBe('0-3,8');
    expect(parseCpuListText('\n', 'f').isEmpty).toBe(true);
    expect(String(parseCpuMaskText('00000001,0000000f\n', 'f'))).toBe('0-3,32');
  });

  it.each([
    ['0-3,x', 5],
    ['2,0-1', 3],
    ['0-8191,0-8191', 8],
    ['3-1', 1],
  ])('refuse %j at column %i', (text, column) => {
    expect(() => parseCpuListText(text, 'f')).toThrow(`f:1:${column}: expected`);
  });

  it('refuse an empty and a wrong mask', () => {
    expect(() => parseCpuMaskText('', 'f')).toThrow('f:1:1: expected');
    expect(() => parseCpuMaskText('ff,xy', 'f')).toThrow('f:1:4: expected');
  });
});

describe('integer files', () => {
  it('read one number', () => {
    expect([parseIntegerText('-1\n', 'f'), parseIntegerText('4194304', 'f')]).toEqual([-1, 4194304]);
    expect(() => parseIntegerText('1e3', 'f')).toThrow('f:1:1: expected an integer, found "1e3"');
    expect(() => parseIntegerText('9'.repeat(20), 'f')).toThrow('an integer');
  });

  it('read counts per possible CPU', () => {
    expect(parsePerCpuCount('0,12,4294967295\n', 'f')).toEqual(Uint32Array.of(0, 12, 4294967295));
    expect(() => parsePerCpuCount('0,12,4294967296', 'f')).toThrow('f:1:6: expected a 32-bit count');
  });
});

describe('sysfs files of interrupts', () => {
  it('read actions, chips and kinds of message', () => {
    expect(parseSysActions('idma64.0,i2c\n')).toEqual(['idma64.0', 'i2c']);
    expect([parseSysActions('\n'), parseSysActions('')]).toEqual([[], []]);
    expect([parseSysChipName('IO-APIC\n'), parseSysChipName('\n'), parseSysChipName('(null)\n')]).toEqual([
      'IO-APIC',
      undefined,
      undefined,
    ]);
    expect([parseMsiMode('msi\n', 'f'), parseMsiMode('msix\n', 'f')]).toEqual(['msi', 'msix']);
    expect(() => parseMsiMode('MSI', 'f')).toThrow('"msi" or "msix"');
  });
});

describe('parseProcStat', () => {
  it('adds user to steal of each CPU, without guest', () => {
    const text = 'cpu  9 9 9 9\ncpu0 1 2 3 4 5 6 7 8 100 100\ncpu2 1 2 3 4\nintr 5 x y\ncpu9 bad\n';
    expect([...parseProcStat(text).cpuTicks]).toEqual([
      [0, 36],
      [2, 10],
    ]);
  });

  it('refuses other lines', () => {
    expect(() => parseProcStat('cpu 1 2 3 4\ncpu0 1 2 three 4\n')).toThrow('proc/stat:2:1: expected "cpuN"');
    expect(() => parseProcStat('hello')).toThrow('proc/stat:1:1');
  });
});

describe('parseProcUptime', () => {
  it('reads the seconds', () => {
    expect(parseProcUptime('1340.85 2374.68\n')).toBe(1340.85);
    expect(() => parseProcUptime('soon')).toThrow('proc/uptime:1:1: expected seconds');
  });
});

describe('parseProcCpuinfo', () => {
  it('tells FRED by the first flags line', () => {
    expect(parseProcCpuinfo('processor\t: 0\nflags\t\t: fpu fred lkgs\n').fred).toBe(true);
    expect(parseProcCpuinfo('processor\t: 0\nflags\t\t: fpu fredx\nvmx flags\t: fred\n').fred).toBe(false);
    expect(parseProcCpuinfo('processor : 0\nFeatures : fp asimd\n').fred).toBeUndefined();
    expect(() => parseProcCpuinfo('what')).toThrow('proc/cpuinfo:1:1');
  });
});

describe('parseKernelConfig', () => {
  it('reads set, module, unset and text options', () => {
    const config = parseKernelConfig(
      '#\n# Linux\n#\nCONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\n\nCONFIG_D="x y"\n',
      'f',
    );
    expect([...config]).toEqual([
      ['CONFIG_A', 'y'],
      ['CONFIG_B', 'm'],
      ['CONFIG_C', 'n'],
      ['CONFIG_D', '"x y"'],
    ]);
    expect(() => parseKernelConfig('CONFIG_A=y\nnot this\n', 'f')).toThrow(
      'f:2:1: expected CONFIG_NAME=value',
    );
  });
});
