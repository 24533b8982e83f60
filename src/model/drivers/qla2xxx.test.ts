import { describe, expect, it } from 'vitest';
import { DriverBench } from '../../../test/model/driver-bench.ts';
import { EINVAL, ENOSPC } from '../failures.ts';
import { qla2xxx } from './qla2xxx.ts';

/** Expected by hand from qla2x00_request_irqs() and qla24xx_enable_msix(), qla_isr.c of 6.1. */
const masks = ({ messages }: DriverBench): string[] => messages.map((line) => line.split(': ')[1] ?? '');

describe('qla2xxx', () => {
  it('has two vectors, and a managed one with a queue pair per online CPU', () => {
    const bench = new DriverBench(qla2xxx, { shape: 2, name: 'qla2xxx7' });
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual([
      'qla2xxx7_default: plain 0-1',
      'qla2xxx7_rsp_q: plain 0-1',
      'qla2xxx7_qpair0: managed 0',
      'qla2xxx7_qpair1: managed 1',
    ]);
  });

  it('spreads what its table has over the CPUs', () => {
    const bench = new DriverBench(qla2xxx, { shape: 8, parameters: { msixTable: 5 } });
    bench.probe();
    expect(masks(bench)).toEqual(['plain 0-7', 'plain 0-7', 'managed 0-2', 'managed 3-5', 'managed 6-7']);
    expect(bench.actions.at(-1)).toBe('qla2xxx0_qpair2');
  });

  it('has a third one as a target, and manages none but by option', () => {
    const target = { qlini_mode: 1 };
    const bench = new DriverBench(qla2xxx, { shape: 2, parameters: target });
    bench.probe();
    expect(bench.messages.map((line) => line.replace('qla2xxx0_', ''))).toEqual([
      'default: plain 0-1',
      'rsp_q: plain 0-1',
      'atio_q: plain 0-1',
      'qpair0: plain 0-1',
      'qpair1: plain 0-1',
    ]);
    const managed = new DriverBench(qla2xxx, { shape: 2, parameters: { ...target, ql2xuctrlirq: 0 } });
    managed.probe();
    expect(masks(managed).slice(2)).toEqual(['plain 0-1', 'managed 0', 'managed 1']);
  });

  it('keeps messages that it has no queue pairs for', () => {
    const parameters = { ql2xmqsupport: 0, ql2xnvmeenable: 0 };
    const bench = new DriverBench(qla2xxx, { shape: 2, parameters });
    bench.probe();
    expect(bench.messages.slice(2)).toEqual(['-: managed 0', '-: managed 1']);
    const nvme = new DriverBench(qla2xxx, { shape: 2, parameters: { ql2xmqsupport: 0 } });
    nvme.probe();
    expect(nvme.actions).toHaveLength(4);
  });

  it('has the two alone before ISP83xx, a target too', () => {
    const bench = new DriverBench(qla2xxx, { shape: 8, parameters: { series: 2, qlini_mode: 1 } });
    bench.probe();
    expect(bench.messages).toEqual(['qla2xxx0_default: plain 0-7', 'qla2xxx0_rsp_q: plain 0-7']);
  });

  it.each([
    ['ISP23xx', { series: 1 }, 'intx'],
    ['ql2xenablemsix=0', { ql2xenablemsix: 0 }, 'intx'],
    ['ql2xenablemsix=2', { ql2xenablemsix: 2 }, 'msi'],
    ['ql2xenablemsix=2 on ISP83xx', { series: 3, ql2xenablemsix: 2 }, 'intx'],
    ['one entry', { msixTable: 1 }, 'msi'],
    ['no MSI-X', { msixTable: 0 }, 'msi'],
    ['no MSI-X on ISP83xx', { series: 3, msixTable: 0 }, 'intx'],
  ])('has one interrupt with %s', (_, parameters, mode) => {
    const bench = new DriverBench(qla2xxx, { parameters, fn: { line: 20 } });
    expect(bench.probe()).toBe(0);
    expect([bench.device.mode, bench.actions]).toEqual([mode, ['qla2xxx']]);
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.warnings]).toEqual([0, [], []]);
  });

  it('fails without any interrupt', () => {
    const bench = new DriverBench(qla2xxx, { parameters: { msixTable: 0 }, fn: { msi: undefined } });
    expect(bench.probe()).toBe(-EINVAL);
  });

  it('goes without queue pairs where no managed vector is left', () => {
    const bench = new DriverBench(qla2xxx, { shape: 2 });
    bench.crowd(2);
    expect(bench.probe()).toBe(0);
    expect(bench.messages).toEqual(['qla2xxx0_default: plain 0-1', 'qla2xxx0_rsp_q: plain 0-1']);
  });

  it('takes MSI where the second handler is refused', () => {
    const bench = new DriverBench(qla2xxx, { shape: 2, fn: { line: 20 } });
    bench.crowd(1);
    expect(bench.probe()).toBe(0);
    expect([bench.device.mode, bench.messages]).toEqual(['msi', ['qla2xxx: plain 0-1']]);
  });

  it('has as many queue pairs as there are vectors for their handlers', () => {
    const parameters = { qlini_mode: 1 };
    const bench = new DriverBench(qla2xxx, { shape: 2, parameters });
    bench.crowd(4);
    expect(bench.probe()).toBe(0);
    expect(bench.enabled).toBe(5);
    expect(bench.actions.at(-1)).toBe('qla2xxx0_qpair0');
    bench.remove();
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
  });

  it('fails where no handler finds a vector', () => {
    const bench = new DriverBench(qla2xxx, { shape: 2, fn: { line: 20 } });
    bench.crowd(0);
    expect(bench.probe()).toBe(-ENOSPC);
    expect([bench.enabled, bench.actions]).toEqual([0, []]);
  });

  it('keeps all while the machine sleeps, and leaves nothing behind', () => {
    const bench = new DriverBench(qla2xxx, { shape: 4 });
    bench.probe();
    const before = bench.messages;
    bench.suspend();
    expect(bench.messages).toEqual(before);
    bench.resume();
    bench.remove();
    expect([bench.enabled, bench.actions, bench.machine.reserved]).toEqual([0, [], 0]);
    expect(bench.machine.warnings).toEqual([]);
  });
});
