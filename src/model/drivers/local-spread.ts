/** Which CPUs network drivers choose for their queues, and how many queues without being told. */
import { CpuSet } from '../../base/cpu-set.ts';
import type { DriverDevice } from './driver.ts';

/**
 * `cpumask_local_spread()`, lib/cpumask.c, for n from 0 to `count` - 1, as masks of one CPU: the online CPUs of the
 * node, then the others, each part ascending, and again from the first. So up to 6.2; newer kernels serve the other
 * nodes by distance, which is not modelled.
 * @param node -1 for none: all CPUs ascending
 */
export function localSpread(device: DriverDevice, count: number, node: number): readonly CpuSet[] {
  const { online } = device;
  const local = node < 0 ? online : device.cpusOfNode(node).and(online);
  const order = [...local, ...online.andNot(local)];
  return Array.from({ length: count }, (_, n) => CpuSet.of(order[n % order.length] ?? 0));
}

/** DEFAULT_MAX_NUM_RSS_QUEUES, before cores were counted. */
const MOST_WITHOUT_CORES = 8;

/** `netif_get_num_default_rss_queues()`, net/core/dev.c: half of the cores that are online, all of them up to two. */
export function defaultRssQueues({
  online,
  siblings,
  profile,
}: Pick<DriverDevice, 'online' | 'siblings' | 'profile'>): number {
  if (!profile.rssQueuesByCore) return Math.min(online.size, MOST_WITHOUT_CORES);
  let cores = 0;
  let alone = online;
  for (const group of siblings) {
    if (group.intersects(online)) cores++;
    alone = alone.andNot(group);
  }
  cores += alone.size;
  return cores > 2 ? Math.ceil(cores / 2) : cores;
}
