import { CpuSet } from '../../base/cpu-set.ts';

/**
 * The masks that virtio_net gives the interrupts of its queue pairs, input and output alike: the online CPUs dealt out
 * in turn, the first pairs one more where they do not divide, and again from the first CPU where there are fewer CPUs
 * than pairs. It does so when its link comes up and each time a CPU has come or gone
 * (`virtnet_set_affinity()`, drivers/net/virtio_net.c, since v4.19).
 */
export function virtioNetMasks(online: CpuSet, pairs: number): CpuSet[] {
  const cpus = [...online];
  const stride = Math.max(Math.floor(cpus.length / pairs), 1);
  const stragglers = cpus.length >= pairs ? cpus.length % pairs : 0;
  const masks: CpuSet[] = [];
  let at = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const mask = new CpuSet();
    const size = stride + (pair < stragglers ? 1 : 0);
    for (let n = 0; n < size; n++) mask.add(cpus[at++ % cpus.length] ?? 0);
    masks.push(mask);
  }
  return masks;
}
