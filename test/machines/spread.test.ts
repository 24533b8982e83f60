/** The masks that real kernels gave to the queues of NVMe controllers against those that `spread` computes. */
import { describe, expect, it } from 'vitest';
import { openRoot } from '../../src/host/open-root.ts';
import { inferState } from '../../src/observe/infer.ts';
import { observeTopology } from '../../src/observe/observe-topology.ts';
import { observeTree } from '../../src/observe/observe-tree.ts';
import { spreadKernelOf, spreadOf } from '../../src/query/spread.ts';
import { sharedDirectory } from '../shared.ts';
import { listCaptures, readCapture } from './capture.ts';

const shared = sharedDirectory();

/** Queue number → mask, of each controller. */
function queuesOf(irqs: ReturnType<typeof inferState>['irqs']): Map<string, Map<number, string>> {
  const controllers = new Map<string, Map<number, string>>();
  for (const { name, affinity } of irqs) {
    const match = /^(nvme\d+)q([1-9]\d*)$/.exec(name);
    if (match?.[1] === undefined || affinity === undefined) continue;
    const queues = controllers.get(match[1]) ?? new Map<number, string>();
    controllers.set(match[1], queues.set(Number(match[2]), affinity.toString()));
  }
  return controllers;
}

describe.skipIf(shared === undefined)('spread against real kernels (needs ../shared)', () => {
  it('gives every NVMe queue the mask that the kernel gave it', () => {
    let compared = 0;
    for (const name of shared === undefined ? [] : listCaptures(shared)) {
      const capture = readCapture(shared ?? '', name);
      // Masks are fixed when the driver probes; the first snapshot with all topology files comes right after.
      for (const snap of capture.snaps.slice(0, 3)) {
        const tree = openRoot(capture.snapPath(snap));
        const topology = observeTopology(tree);
        const machine = inferState(observeTree(tree));
        if (topology === undefined || topology.siblings.length === 0) continue;
        for (const [controller, queues] of queuesOf(machine.irqs)) {
          const answer = spreadOf({
            kernel: spreadKernelOf(machine.kernel),
            topology: { name, topology },
            nvecs: queues.size + 1,
            preVectors: 1,
          });
          for (const [queue, mask] of queues) {
            expect(answer.masks[queue]?.cpus, `${name} ${snap} ${controller}q${queue}`).toBe(mask);
            compared++;
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(50);
  });
});
