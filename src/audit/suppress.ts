import { type Finding, fingerprintOf } from './finding.ts';

/** A line of an allow file: what is not to be reported, and why. */
export interface Allowance {
  readonly path: string;
  /** `*` for the whole file. */
  readonly function: string;
  readonly rule: string;
  readonly reason: string;
  /** From 1, in the allow file. */
  readonly line: number;
}

/** An allow file that cannot be read as one. */
export class AllowError extends Error {
  override readonly name = 'AllowError';
}

/**
 * Lines `path function rule reason`, `#` begins a comment.
 * @throws AllowError naming the line and what was expected
 */
export function parseAllowFile(text: string, source: string, rules: ReadonlySet<string>): Allowance[] {
  return text.split('\n').flatMap((raw, at): Allowance[] => {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) return [];
    const [, path = '', fn = '', rule = '', reason = ''] =
      /^(\S+)\s+(\S+)\s+(\S+)(?:\s+(.*))?$/.exec(content) ?? [];
    const where = `${source}:${at + 1}`;
    if (path === '') throw new AllowError(`${where}: expected PATH FUNCTION RULE REASON`);
    if (!rules.has(rule))
      throw new AllowError(`${where}: no rule "${rule}"; expected one of ${[...rules].join(', ')}`);
    if (reason === '')
      throw new AllowError(`${where}: no reason is given; expected PATH FUNCTION RULE REASON`);
    return [{ path, function: fn, rule, reason, line: at + 1 }];
  });
}

export interface Suppressed {
  readonly findings: readonly Finding[];
  readonly allowed: number;
  readonly known: number;
  /** Lines of the allow file, and fingerprints of the baseline, that met nothing. */
  readonly unusedAllowances: readonly Allowance[];
  readonly unusedBaseline: readonly string[];
}

/** Leaves out what is allowed, and what the baseline knows. */
export function suppress(
  findings: readonly Finding[],
  allowances: readonly Allowance[],
  baseline: readonly string[],
): Suppressed {
  const used = new Set<Allowance>();
  const met = new Set<string>();
  const known = new Set(baseline);
  let allowed = 0;
  const left = findings.filter((finding) => {
    const allowance = allowances.find((one) => covers(one, finding));
    if (allowance !== undefined) {
      used.add(allowance);
      allowed++;
      return false;
    }
    const fingerprint = fingerprintOf(finding);
    if (!known.has(fingerprint)) return true;
    met.add(fingerprint);
    return false;
  });
  return {
    findings: left,
    allowed,
    known: findings.length - left.length - allowed,
    unusedAllowances: allowances.filter((one) => !used.has(one)),
    unusedBaseline: baseline.filter((one) => !met.has(one)),
  };
}

/** The path of an allowance may leave out leading folders. */
function covers({ path, function: fn, rule }: Allowance, finding: Finding): boolean {
  if (rule !== finding.rule || (fn !== '*' && fn !== finding.function)) return false;
  return finding.file === path || finding.file.endsWith(`/${path}`);
}

/** `irq-audit: allow(rule) reason` in a comment, for code out of the kernel's tree. */
export const ALLOW_COMMENT = /irq-audit:\s*allow\(([\w-]+)\)/g;
