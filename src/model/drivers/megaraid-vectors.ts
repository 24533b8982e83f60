/**
 * How many vectors megaraid_sas wants, from the controller's series, its firmware, the CPUs online and the module's
 * options (`megasas_init_fw()`, drivers/scsi/megaraid/megaraid_sas_base.c, 6.1).
 */
import type { DriverDevice } from './driver.ts';

/** enum MR_ADAPTER_TYPE. */
export const SERIES = { mfi: 1, thunderbolt: 2, invader: 3, ventura: 4, aero: 5 } as const;

/** enum MR_PERF_MODE: only `balanced` has queues for high rates beside those of low latency. */
export type PerfMode = 'balanced' | 'iops' | 'latency';
const PERF_MODES: readonly PerfMode[] = ['balanced', 'iops', 'latency'];

/** MEGASAS_MAX_MSIX_QUEUES. */
export const MAX_QUEUES = 128;
/** MR_HIGH_IOPS_QUEUE_COUNT. */
export const HIGH_IOPS_QUEUES = 8;
/** PCI_EXP_LNKSTA_CLS_16_0GB. */
const SPEED_16_GT = 4;

export interface MegaraidVectors {
  /** `msix_vectors`: 0 for the line. */
  msixVectors: number;
  /** `low_latency_index_start`: the queues before are not spread. */
  lowLatencyIndexStart: number;
  perfMode: PerfMode;
  /** The rest is spread, managed. */
  smpAffinity: boolean;
}

/** What is to be asked for at probe. */
export function megaraidVectors(device: DriverDevice): MegaraidVectors {
  const series = device.parameter('series');
  const supported = device.parameter('replyQueues');
  const affinityOption = device.parameter('smp_affinity_enable') !== 0;
  if (supported === 0 || device.parameter('msix_disable') !== 0) {
    return { msixVectors: 0, lowLatencyIndexStart: 0, perfMode: 'latency', smpAffinity: affinityOption };
  }
  const queues =
    series === SERIES.mfi ? 1 : Math.min(device.parameter('msix_vectors') || supported, supported);
  const perfMode = perfModeOf(device, queues);
  const lowLatencyIndexStart = perfMode === 'balanced' ? HIGH_IOPS_QUEUES : 1;
  return {
    msixVectors: Math.min(device.online.size + lowLatencyIndexStart, queues),
    lowLatencyIndexStart,
    perfMode,
    smpAffinity: affinityOption && !balancesLoad(series, supported),
  };
}

/**
 * `msix_load_balance`: the firmware has no combined reply queues, each queue serves every CPU in turn. Judged by what
 * it supports, whatever the option msix_vectors leaves of it.
 */
function balancesLoad(series: number, supported: number): boolean {
  return series >= SERIES.invader && supported <= (series === SERIES.invader ? 8 : 16);
}

function perfModeOf(device: DriverDevice, queues: number): PerfMode {
  const coalescing = device.parameter('interruptCoalescing') !== 0;
  const auto =
    coalescing && device.online.size >= HIGH_IOPS_QUEUES && queues === MAX_QUEUES ? 'balanced' : 'latency';
  if (device.parameter('series') !== SERIES.aero) return auto;
  if (!coalescing) return 'latency';
  const option = PERF_MODES[device.parameter('perf_mode')];
  if (option !== undefined) return option;
  return device.parameter('linkSpeed') < SPEED_16_GT ? 'latency' : auto;
}
