/**
 * How ice shares its vectors among its uses (`ice_ena_msix_range()`, `ice_reduce_msix_usage()` in
 * drivers/net/ethernet/intel/ice/ice_main.c; `ice_set_per_vf_res()` in ice_sriov.c).
 */

export interface IceUses {
  /** Pairs of queues with a vector each. */
  lan: number;
  /** Held for the RDMA driver, which requests them itself; 0 without. */
  rdma: number;
}

/** ICE_MIN_MSIX. */
export const ICE_MIN_MSIX = 2;
const MIN_LAN = 1;
const MIN_RDMA = 2;
/** Vectors of RDMA that are not for completions: ICE_RDMA_NUM_AEQ_MSIX. */
const RDMA_EVENTS = 4;
/** ICE_FDIR_MSIX: for the function's own control queue, and for that of its virtual functions. */
const FLOW_DIRECTOR = 2;
/** For everything else, and for switchdev. */
const OTHER = 2;

export interface IceWish extends IceUses {
  /** Everything but queues and RDMA. */
  readonly other: number;
  /** What was wanted where the firmware grants less than that. */
  readonly unmet: number | undefined;
}

/** Undefined where the firmware does not grant the least. */
export function iceWish(
  vectors: number,
  cpus: number,
  has: { rdma: boolean; flowDirector: boolean },
): IceWish | undefined {
  const other = OTHER + (has.flowDirector ? FLOW_DIRECTOR : 0);
  const full = { lan: cpus, rdma: has.rdma ? cpus + RDMA_EVENTS : 0 };
  const wanted = full.lan + full.rdma + other;
  if (wanted <= vectors) return { ...full, other, unmet: undefined };
  if (vectors < ICE_MIN_MSIX) return undefined;
  const left = vectors - other;
  if (left >= MIN_LAN) return { ...iceReduced(left, has.rdma), other, unmet: wanted };
  return { ...iceReduced(MIN_LAN, has.rdma), other: ICE_MIN_MSIX - MIN_LAN, unmet: wanted };
}

/** `left`: vectors for queues and RDMA. */
export function iceReduced(left: number, hasRdma: boolean): IceUses {
  if (!hasRdma) return { lan: left, rdma: 0 };
  const useful = RDMA_EVENTS + 1;
  if (left < MIN_LAN + MIN_RDMA) return { lan: MIN_LAN, rdma: 0 };
  const rdma =
    left < MIN_LAN + useful || left - useful < useful
      ? MIN_RDMA
      : Math.floor((left - RDMA_EVENTS) / 2) + RDMA_EVENTS;
  return { lan: left - rdma, rdma };
}

const VF_SIZES = [17, 5, 3, 2];
/** ICE_MAX_RSS_QS_PER_VF. */
const MAX_QUEUES_OF_VF = 16;

/** What each of `count` virtual functions gets of what the function left; undefined where it is too little. */
export function iceVfShare(
  left: { vectors: number; queues: number },
  count: number,
): { vectors: number; queues: number } | undefined {
  const vectors = VF_SIZES.find((size) => Math.floor(left.vectors / count) >= size);
  if (vectors === undefined) return undefined;
  const each = Math.floor(left.queues / count);
  if (each < 1) return undefined;
  const queues = Math.min(vectors - 1, MAX_QUEUES_OF_VF);
  return { vectors, queues: queues > each ? 2 ** Math.floor(Math.log2(each)) : queues };
}
