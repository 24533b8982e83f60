import { IDLEST_CPU, LEGACY, LEGACY_CLUSTER, LEGACY_FLAT } from './legacy/legacy.ts';
import { FIRST_FIT, MATRIX } from './matrix.ts';
import {
  OVERCOMMIT,
  RESERVATION_LAST_CPU,
  RESERVATION_ONLINE,
  RESERVATION_POSSIBLE,
  RESERVATION_SHARE,
  RESERVATION_STRICT,
} from './reservation/reservation.ts';
import type { VectorPolicy } from './vector-policy.ts';

/** Every policy, in the order of the mail: what was, the patch, what could be, what came. */
export const POLICIES: readonly VectorPolicy[] = [
  LEGACY,
  LEGACY_FLAT,
  LEGACY_CLUSTER,
  IDLEST_CPU,
  RESERVATION_POSSIBLE,
  RESERVATION_ONLINE,
  RESERVATION_STRICT,
  RESERVATION_SHARE,
  RESERVATION_LAST_CPU,
  OVERCOMMIT,
  FIRST_FIT,
  MATRIX,
];

export function policyNamed(name: string): VectorPolicy | undefined {
  return POLICIES.find((policy) => policy.name === name);
}
