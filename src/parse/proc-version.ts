import { ParseError } from './parse-error.ts';

/** /proc/version. */
export interface ProcVersion {
  readonly text: string;
  /** `uname -r`. */
  readonly release: string;
  /**
   * The upstream version behind the release with its stable level where that can be told: Debian's release
   * `6.1.0-56-amd64` hides 6.1.192, which stands further right (`Debian 6.1.192-2`).
   */
  readonly version: UpstreamVersion | undefined;
  /** Who built it, where the text tells: `debian`, `ubuntu`, `redhat`, `suse`, `fedora`, `arch`. */
  readonly distribution: string | undefined;
}

export interface UpstreamVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/**
 * How each distribution's build shows. The compiler's own version (`gcc (Debian 12.2.0-14)`) must not count: a
 * kernel built at home on Debian is not Debian's. Ubuntu before Debian: its builds carry both.
 */
const DISTRIBUTIONS: readonly (readonly [string, RegExp])[] = [
  ['ubuntu', /#\d{1,9}[^ ]{0,40}-Ubuntu\b|^Linux version [^ ]+ \(buildd@/],
  ['debian', /\(debian-kernel@lists\.debian\.org\)|#\d{1,9} [^\n]{0,80}\bDebian \d/],
  ['fedora', /^Linux version [^ ]+\.fc\d+[. ]|fedoraproject\.org/],
  ['redhat', /^Linux version [^ ]+\.el\d+|redhat\.com\)/],
  ['suse', /\(geeko@buildhost\)|^Linux version [^ ]+-default /],
  ['arch', /^Linux version [^ ]+-arch\d|\(linux@archlinux\)/],
];

/** /proc/version (`linux_proc_banner`). */
export function parseProcVersion(text: string, file = 'proc/version'): ProcVersion {
  const line = text.trim();
  const release = /^Linux version ([^\s]{1,255})(?:\s|$)/.exec(line)?.[1];
  if (release === undefined) {
    throw new ParseError({ file, line: 1, column: 1, text: line, expected: '"Linux version" and a release' });
  }
  const start = line.slice(0, 2000);
  const distribution = DISTRIBUTIONS.find(([, sign]) => sign.test(start))?.[0];
  return { text: line, release, version: upstreamOf(release, start), distribution };
}

/** /proc/version_signature of Ubuntu (`Ubuntu 5.15.0-91.101-generic 5.15.131`): the upstream version is last. */
export function parseVersionSignature(text: string): UpstreamVersion | undefined {
  return versionAt(/^\S{1,40} \S{1,80} (\d+\.\d+(?:\.\d+)?)\s*$/.exec(text)?.[1]);
}

function upstreamOf(release: string, line: string): UpstreamVersion | undefined {
  const own = versionAt(/^\d{1,4}\.\d{1,4}(?:\.\d{1,6})?/.exec(release)?.[0]);
  // `#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)`: behind the build number, never the compiler's.
  const behind = /#\d{1,9} [^\n]{0,80}?\bDebian (\d{1,4}\.\d{1,4}\.\d{1,6})[-+~]/.exec(line)?.[1];
  const debian = versionAt(behind);
  return debian !== undefined && debian.major === own?.major && debian.minor === own.minor ? debian : own;
}

function versionAt(text: string | undefined): UpstreamVersion | undefined {
  if (text === undefined) return undefined;
  const [major, minor, patch] = text.split('.').map(Number);
  if (major === undefined || minor === undefined) return undefined;
  return { major, minor, patch: patch ?? 0 };
}
