/**
 * How i40e shares its vectors among its uses (`i40e_sw_init()`, `i40e_determine_queue_usage()`, `i40e_init_msix()` in
 * drivers/net/ethernet/intel/i40e/i40e_main.c).
 */

/** What the firmware grants the function. */
export interface I40eCaps {
  readonly vectors: number;
  readonly queues: number;
  /** Width of the RSS table, as a number of queues. */
  readonly rssQueues: number;
  readonly flowDirector: boolean;
  readonly vmdq: boolean;
  /** Queues of one VMDq VSI: 4 on the X722, 1 elsewhere. */
  readonly vmdqQueues: number;
  readonly iwarp: boolean;
  readonly vfs: number;
}

/** What each use wants, and then has. */
export interface I40eUses {
  /** Pairs of queues with a vector each. */
  lan: number;
  /** 1 with the sideband of the Flow Director. */
  fdir: number;
  /** Held for the RDMA driver, which requests them itself. */
  iwarp: number;
  vmdqVsis: number;
  vmdqQueues: number;
  /** Vectors of each VMDq VSI: held until macvlan offload asks for them. */
  vmdqVectors: number;
  /** VFs that there are queues for. */
  vfs: number;
}

const DEFAULT_VMDQ_VSIS = 8;
const QUEUES_PER_VF = 4;
const MAX_VFS = 128;
/** I40E_MIN_MSIX. */
export const MIN_MSIX = 2;

const ONE_QUEUE = { lan: 1, fdir: 0, iwarp: 0, vmdqVsis: 0, vmdqQueues: 0, vmdqVectors: 0 };

/** What is left with MSI or a line; the number of virtual functions is not looked at again. */
export function i40eWithoutMsix({ vfs }: I40eUses): I40eUses {
  return { ...ONE_QUEUE, vfs };
}

/** What the queues allow, before a vector was asked for. */
export function i40eUses(caps: I40eCaps, cpus: number): I40eUses {
  const plain = { ...ONE_QUEUE, vfs: Math.min(caps.vfs, MAX_VFS) };
  if (caps.queues === 1) return plain;
  const several = cpus !== 1;
  const rss = Math.min(caps.rssQueues, caps.queues, 2 ** Math.ceil(Math.log2(cpus)));
  let left = caps.queues - Math.min(Math.max(rss, cpus), caps.queues, caps.vectors);
  const fdir = caps.flowDirector && left > 1 ? 1 : 0;
  left -= fdir;
  let { vfs } = plain;
  if (vfs > 0 && left > 0) {
    vfs = Math.min(vfs, Math.floor(left / QUEUES_PER_VF));
    left -= vfs * QUEUES_PER_VF;
  }
  const vmdq = caps.vmdq && several;
  let vmdqVsis = vmdq ? DEFAULT_VMDQ_VSIS : 0;
  if (vmdq && left > 0) vmdqVsis = Math.min(vmdqVsis, Math.floor(left / caps.vmdqQueues));
  const vmdqQueues = vmdq ? caps.vmdqQueues : 0;
  const iwarp = caps.iwarp && several ? cpus + 1 : 0;
  return { ...plain, fdir, vfs, vmdqVsis, vmdqQueues, iwarp };
}

/** How many vectors to ask for; `uses` says afterwards for what. */
export function i40eBudget(caps: I40eCaps, uses: I40eUses, cpus: number): number {
  let left = caps.vectors;
  const take = (count: number): number => {
    left -= count;
    return count;
  };
  const misc = take(Math.min(1, left));
  uses.lan = take(Math.min(cpus, Math.floor(left / 2)));
  uses.fdir = take(Math.min(uses.fdir, left));
  if (left < uses.iwarp) uses.iwarp = Math.min(1, left);
  take(uses.iwarp);
  const vmdq = take(vmdqBudget(caps, uses, left));
  uses.lan += take(Math.min(cpus - uses.lan, left));
  return misc + uses.lan + uses.fdir + uses.iwarp + vmdq;
}

function vmdqBudget(caps: I40eCaps, uses: I40eUses, left: number): number {
  if (!caps.vmdq || uses.vmdqQueues === 0) return 0;
  if (left === 0) {
    uses.vmdqVectors = 0;
    uses.vmdqQueues = 0;
    return 0;
  }
  if (left < uses.vmdqVsis * uses.vmdqQueues) uses.vmdqQueues = 1;
  uses.vmdqVectors = uses.vmdqQueues;
  return Math.min(left, uses.vmdqVsis * uses.vmdqQueues);
}

/** Fewer vectors were granted than asked for, but {@link MIN_MSIX}. `wanted`: for iWARP before anything was cut. */
export function i40eRedistribute(uses: I40eUses, granted: number, iwarpWanted: number): void {
  if (granted === MIN_MSIX) {
    Object.assign(uses, { lan: 1, vmdqVsis: 0, vmdqQueues: 0 });
    return;
  }
  let left = granted - 1;
  Object.assign(uses, { vmdqVsis: 1, vmdqQueues: 1, vmdqVectors: 1 });
  const iwarp = iwarpWanted > 0;
  if (left === 2) {
    uses.lan = 1;
  } else if (left === 3) {
    uses.lan = iwarp ? 1 : 2;
    if (iwarp) uses.iwarp = 1;
  } else {
    const share = Math.floor(left / (iwarp ? 3 : 2));
    if (iwarp) uses.iwarp = Math.min(share, iwarpWanted);
    uses.vmdqVsis = Math.min(share, DEFAULT_VMDQ_VSIS);
    if (uses.fdir > 0) left--;
    uses.lan = Math.min(left - uses.iwarp - uses.vmdqVsis, uses.lan);
  }
}
