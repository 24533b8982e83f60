const MIB = 1024 * 1024;

/**
 * Bounds that keep a hostile input from eating the machine. Far above any real capture: the largest seen
 * here (64 CPUs, debugfs) unpacks to 8 MiB.
 */
export interface Limits {
  /** Bytes read from one file or unpacked from one archive. */
  readonly maxBytes: number;
  /** Up to here any compression ratio is accepted: a capture of many equal small files packs very well. */
  readonly trustedBytes: number;
  /** Beyond `trustedBytes`: output bytes per input byte. */
  readonly maxRatio: number;
  readonly maxMembers: number;
}

export const LIMITS: Limits = {
  maxBytes: 1024 * MIB,
  trustedBytes: 256 * MIB,
  maxRatio: 200,
  maxMembers: 500_000,
};

/** Output allowed for `inputBytes` of packed data. */
export function outputLimit(inputBytes: number, limits: Limits): number {
  return Math.min(limits.maxBytes, Math.max(limits.trustedBytes, inputBytes * limits.maxRatio));
}

/** `1 GiB`, `256 MiB`, `77 bytes`. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1024 * MIB) return `${Math.floor(bytes / (1024 * MIB))} GiB`;
  if (bytes >= MIB) return `${Math.floor(bytes / MIB)} MiB`;
  return `${bytes} bytes`;
}
