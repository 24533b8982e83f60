import { POLICIES, policyNamed } from '../policy/policies.ts';
import type { VectorPolicy } from '../policy/vector-policy.ts';
import { clip } from './render/text.ts';
import { UsageError } from './usage-error.ts';

/** `--policy A,B`. */
export function policiesOption(names: string | undefined): readonly VectorPolicy[] | undefined {
  if (names === undefined) return undefined;
  const policies = names.split(',').flatMap((name) => policyOption(name.trim()) ?? []);
  return [...new Set(policies)];
}

/** `--policy`. */
export function policyOption(name: string | undefined): VectorPolicy | undefined {
  if (name === undefined) return undefined;
  const policy = policyNamed(name);
  if (policy !== undefined) return policy;
  const known = POLICIES.map((one) => one.name).join(', ');
  throw new UsageError(`--policy: no policy "${clip(name, 40)}"; expected one of ${known}`);
}
