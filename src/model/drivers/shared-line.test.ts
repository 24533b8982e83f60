import { describe, expect, it } from 'vitest';
import { BoundDevice } from '../../../test/model/bound-device.ts';
import { TestMachine } from '../../../test/model/test-machine.ts';
import { ensure } from '../../base/assert.ts';
import { CATALOGUE } from './catalogue.ts';

/** Drivers that end on the line where there is no MSI: they ask for it with IRQF_SHARED. */
describe.each(['aacraid', 'hpsa', 'lpfc', 'mpt3sas', 'qla2xxx', 'vmw_pvscsi'])(
  'two devices of %s',
  (name) => {
    it('share their line', () => {
      const machine = new TestMachine('6.1', 4);
      const driver = ensure(CATALOGUE.get(name), name);
      const fn = { msix: undefined, msi: undefined, line: 20 };
      const [first, second] = ['a', 'b'].map(
        (device) => new BoundDevice(machine, driver, { name: device, fn }),
      );
      expect([first?.probe(), second?.probe()]).toEqual([0, 0]);
      expect(machine.kernel.desc(20)?.actions).toBe(2);
      first?.remove();
      expect(machine.kernel.desc(20)?.actions).toBe(1);
      second?.remove();
      expect(machine.warnings).toEqual([]);
    });
  },
);

describe('a line that is asked for as if it were a message', () => {
  it('is not shared by megaraid_sas, which then asks again', () => {
    const machine = new TestMachine('6.1', 4);
    const driver = ensure(CATALOGUE.get('megaraid_sas'), 'megaraid_sas');
    const fn = { msix: undefined, msi: undefined, line: 20 };
    const [first, second] = [0, 1].map(
      (n) => new BoundDevice(machine, driver, { name: `megasas${n}`, parameters: { series: 1 }, fn }),
    );
    expect(first?.probe()).toBe(0);
    expect(first?.handlers).toEqual(['0 megasas0-msix0']);
    // Its first handler shares with none: neither way the second one gets the line.
    expect(second?.probe()).toBeLessThan(0);
  });
});
