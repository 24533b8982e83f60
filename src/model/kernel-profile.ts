/**
 * A kernel as the model sees it: its upstream version with the stable patch level, because fixes are back-ported, and
 * the features of kernel-features.ts that hold for it. Distributions back-port more, so a detected profile can be
 * overridden.
 */

import { FEATURES, type FeatureRow, FIRST_KERNEL, type KernelFeatures } from './kernel-features.ts';
import { SPREADING_4_14, type SpreadingRules } from './spreading/spreading-rules.ts';

export type { ManagedCpuChoice } from './kernel-features.ts';

/** Upstream version; `patch` is the stable level (6.1.192 has 192). */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export interface KernelProfile extends KernelFeatures {
  /** `major.minor`, as given to `--kernel` and printed in answers. */
  readonly name: string;
  readonly version: KernelVersion;
}

/**
 * Kernels this model describes, newest last. Where a tree of the series was read it is that one (specification 0.1),
 * else a late stable release of a long-term series, else the first of its series (interpolated, D-10).
 */
const TREES: readonly string[] = [
  '4.15.0',
  '4.16.13',
  '4.17.0',
  '4.18.0',
  '4.19.0',
  '4.20.0',
  '5.0.0',
  '5.1.0',
  '5.2.0',
  '5.3.0',
  '5.4.59',
  '5.5.0',
  '5.6.0',
  '5.7.0',
  '5.8.0',
  '5.9.0',
  '5.10.258',
  '5.11.0',
  '5.12.0',
  '5.13.0',
  '5.14.0',
  '5.15.197',
  '5.16.0',
  '5.17.0',
  '5.18.0',
  '5.19.0',
  '6.0.0',
  '6.1.192',
  '6.2.0',
  '6.3.0',
  '6.4.0',
  '6.5.0',
  '6.6.117',
  '6.7.0',
  '6.8.1',
  '6.9.0',
  '6.10.0',
  '6.11.0',
  '6.12.117',
  '6.13.0',
  '6.14.0',
  '6.15.0',
  '6.16.0',
  '6.17.0',
  '6.18.35',
  '6.19.0',
  '7.0.0',
  '7.1.3',
  '7.2.12',
];

/** `6.1.192` or `6.1` (patch 0); undefined when it is no version. */
export function parseVersion(text: string): KernelVersion | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3] ?? 0) };
}

function compareVersions(a: KernelVersion, b: KernelVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

function mustParse(text: string): KernelVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`bad version ${text} in the feature table`);
  return version;
}

function holds(feature: FeatureRow, version: KernelVersion): boolean {
  if (compareVersions(version, mustParse(feature.since)) >= 0) return true;
  return (feature.backports ?? [])
    .map(mustParse)
    .some((b) => b.major === version.major && b.minor === version.minor && version.patch >= b.patch);
}

/** The profile of an upstream version. Older than 4.15 has no matrix: the answer is undefined. */
export function profileOf(version: KernelVersion): KernelProfile | undefined {
  if (compareVersions(version, { major: 4, minor: 15, patch: 0 }) < 0) return undefined;
  const values: KernelFeatures = { ...FIRST_KERNEL };
  for (const feature of FEATURES) {
    if (holds(feature, version)) Object.assign(values, { [feature.feature]: feature.value });
  }
  return { name: `${version.major}.${version.minor}`, version, ...values };
}

/** The names `--kernel` takes, oldest first. */
export const PROFILE_NAMES: readonly string[] = TREES.map((tree) => tree.split('.').slice(0, 2).join('.'));

/**
 * A profile by name: `6.1` stands for the tree that was read in that series (6.1.192), `6.1.20` for exactly
 * that stable release, `newest` for the last tree. Undefined when the name is not one.
 */
export function profileNamed(name: string): KernelProfile | undefined {
  if (name === 'newest') return profileOf(mustParse(TREES.at(-1) ?? ''));
  const tree = TREES.find((candidate) => candidate.split('.').slice(0, 2).join('.') === name);
  const version = parseVersion(tree ?? name);
  const profile = version === undefined ? undefined : profileOf(version);
  return profile !== undefined && PROFILE_NAMES.includes(profile.name) ? profile : undefined;
}

/** Newer than every kernel that was read: its profile is that of the newest, which may be wrong. */
export function isNewerThanRead({ major, minor }: KernelVersion): boolean {
  const newest = mustParse(TREES.at(-1) ?? '');
  return major > newest.major || (major === newest.major && minor > newest.minor);
}

/** How a kernel spreads managed interrupts: the names of {@link profileNamed}, and `4.14`, which has no profile. */
export function spreadingRulesNamed(name: string): SpreadingRules | undefined {
  return name === '4.14' ? SPREADING_4_14 : profileNamed(name);
}

/** What the kernel this profile describes does differently from another: the names of the features. */
export function profileDifferences(a: KernelProfile, b: KernelProfile): readonly (keyof KernelFeatures)[] {
  return (Object.keys(FIRST_KERNEL) as (keyof KernelFeatures)[]).filter((key) => a[key] !== b[key]);
}
