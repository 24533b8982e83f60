/** `compare --root`: recorded machines as workloads. */
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../src/format/read-scenario.ts';
import { openRoot } from '../../src/host/open-root.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { MATRIX } from '../../src/policy/matrix.ts';
import { compareScenario } from '../../src/query/compare/compare.ts';
import { workloadOfMachine } from '../../src/query/compare/workload-of-machine.ts';
import { sharedPath } from '../shared.ts';

const SNAPSHOTS = [
  'small-6.1/snap/03-links_up.tar.gz',
  'numa16ir-6.1/snap/03-links_up.tar.gz',
  'exhaustir-6.1/snap/01-probed.tar.gz',
].flatMap((name) => sharedPath(`captures/${name}`) ?? []);

describe.each(SNAPSHOTS)('%s (needs ../shared)', (path) => {
  const seen = observeTree(openRoot(path));
  const state = inferState(seen);
  const { scenario, leftOut } = workloadOfMachine(seen, state);

  it('becomes a scenario of its devices, each with its driver', () => {
    expect(leftOut).toEqual([]);
    const { scenario: read } = readScenario(JSON.stringify(scenario), 'machine');
    expect(read.devices.length).toBeGreaterThan(4);
    expect(read.machine.kernel).toBe(state.kernel.profile.name);
    expect(read.devices.some(({ driver }) => driver === 'virtio_net')).toBe(true);
  });

  it('has as many interrupts in use as the machine, once all is up', () => {
    const { scenario: read } = readScenario(JSON.stringify(scenario), 'machine');
    const answer = compareScenario(read, 'machine', { policies: [MATRIX], map: false });
    const up = answer.stages.findIndex(({ name }) => name === 'link-up');
    // Without what is no PCI device's: the fault interrupt of a remapping unit.
    const active = state.irqs.filter(
      ({ phase, name, chip }) => phase === 'active' && name !== '' && chip?.startsWith('DMAR') !== true,
    );
    const closed = /probed/.test(path) ? 3 : 0;
    expect(answer.policies[0]?.stages[up]?.inUse).toBe(active.length + closed);
  });
});

describe('a machine as a workload', () => {
  it('names what it leaves out', () => {
    const [path] = SNAPSHOTS;
    if (path === undefined) return;
    const seen = observeTree(openRoot(path));
    const foreign = seen.devices.map((device) =>
      device.driver === 'nvme' ? { ...device, driver: 'of-another-tree' } : device,
    );
    const { scenario, leftOut } = workloadOfMachine({ ...seen, devices: foreign }, inferState(seen));
    expect(leftOut).toEqual([{ device: expect.any(String), driver: 'of-another-tree', messages: 5 }]);
    expect(JSON.stringify(scenario)).not.toContain('nvme');
  });
});
