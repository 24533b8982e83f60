/**
 * How many vectors mpt3sas wants, from the controller's series, its firmware, the CPUs and the module's options
 * (`_base_enable_msix()`, drivers/scsi/mpt3sas/mpt3sas_base.c, 6.1).
 */
import type { DriverDevice } from './driver.ts';

/** SAS2008 and its like use one vector of their table; the second kind has firmware with MPI 2.5 or later. */
export const SERIES = { sas2008: 1, sas2308: 2, sas3: 3, gen35: 4, aero: 5 } as const;

/** MPT3SAS_GEN35_MAX_MSIX_QUEUES. */
const MOST_QUEUES = 128;
/** MPT3SAS_HIGH_IOPS_REPLY_QUEUES. */
const HIGH_IOPS_QUEUES = 8;
/** PCI_EXP_LNKSTA_CLS_16_0GB. */
const SPEED_16_GT = 4;
/** Without an array of reply queues, and without max_msix_vectors. */
const QUEUES_WITHOUT_RDPQ = 8;

/** enum mpt3sas_perf_mode. */
const PERF_MODE = { default: -1, balanced: 0 } as const;

/** What the driver keeps of a controller from one set-up to the next. */
export interface Mpt3sasFacts {
  /** `cpu_count`: online when the device was probed, also when it resumes. */
  readonly cpus: number;
  /** `smp_affinity_enable`: the rest is spread, managed. */
  smpAffinity: boolean;
  /** `host_tagset`: only with it queues can be polled. */
  hostTagset: boolean;
  /** `combined_reply_queue`: without it each queue serves every CPU in turn, and none is managed (from SAS3 on). */
  combined: boolean;
}

export interface Mpt3sasPlan {
  /** `high_iops_queues`: not spread. */
  readonly highIops: number;
  readonly polled: number;
  /** `iopoll_q_start_index`: what is asked for. */
  readonly vectors: number;
}

export function initialFacts(device: DriverDevice): Mpt3sasFacts {
  const series = device.parameter('series');
  return {
    cpus: device.online.size,
    smpAffinity: device.parameter('smp_affinity_enable') !== 0,
    hostTagset: series >= SERIES.gen35 && device.parameter('host_tagset_enable') !== 0,
    combined: series >= SERIES.sas3,
  };
}

/** What to ask for; undefined where only the line is left. Facts that rule one another out are changed, for good. */
export function planVectors(device: DriverDevice, facts: Mpt3sasFacts): Mpt3sasPlan | undefined {
  const series = device.parameter('series');
  const table = device.fn.msix?.tableSize;
  if (table === undefined || device.parameter('msix_disable') > 0) return undefined;
  const supported = series === SERIES.sas2008 ? 1 : table;
  const option = device.parameter('max_msix_vectors');
  const limit = option === -1 && device.parameter('rdpq') === 0 ? QUEUES_WITHOUT_RDPQ : option;
  if (limit === 0) return undefined;
  const queues = Math.min(facts.cpus, supported);
  if (!facts.combined && series >= SERIES.sas3) facts.smpAffinity = false;
  if (!facts.smpAffinity || queues <= 1) facts.hostTagset = false;
  const wantsPolled = facts.hostTagset ? device.parameter('poll_queues') : 0;
  const highIops = wantsPolled === 0 && wantsHighIops(device, supported) ? HIGH_IOPS_QUEUES : 0;
  let count = Math.min(queues + highIops, supported);
  if (limit > 0) count = Math.min(limit, count);
  const polled = count < wantsPolled + 1 ? 0 : wantsPolled;
  count = Math.min(count + polled, supported);
  return { highIops, polled, vectors: count - polled };
}

/** `_base_check_and_enable_high_iops_queues()`. */
function wantsHighIops(device: DriverDevice, supported: number): boolean {
  if (device.parameter('series') !== SERIES.aero) return false;
  const mode = device.parameter('perf_mode');
  if (mode > PERF_MODE.balanced) return false;
  if (mode === PERF_MODE.default && device.parameter('linkSpeed') < SPEED_16_GT) return false;
  const plain = device.parameter('max_msix_vectors') === -1;
  return plain && supported === MOST_QUEUES && device.online.size >= HIGH_IOPS_QUEUES;
}

/**
 * `_base_get_ioc_facts()` with MSI-X enabled: firmware that supports few vectors has no combined reply queues. So it
 * says only then: the set-up after the next sleep is the first to know.
 */
export function learnFacts(device: DriverDevice, facts: Mpt3sasFacts): void {
  if (device.mode === 'intx') return;
  const enough = device.parameter('series') >= SERIES.gen35 ? 16 : 8;
  if (device.parameter('maxMsixVectors') <= enough) facts.combined = false;
}
