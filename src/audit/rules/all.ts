import { devIdNull } from './dev-id-null.ts';
import { enableBeforeRequest } from './enable-before-request.ts';
import { errorPath } from './error-path.ts';
import { hintNotCleared } from './hint-not-cleared.ts';
import { initAfterRequest } from './init-after-request.ts';
import { loopFailure } from './loop-failure.ts';
import { managedLive } from './managed-live.ts';
import { requestThenDisable } from './request-then-disable.ts';
import type { Rule } from './rule.ts';
import { unwindIndex } from './unwind-index.ts';
import { vectorsReleased } from './vectors-released.ts';

/** In the order in which documentation shows them. */
export const RULES: readonly Rule[] = [
  initAfterRequest,
  requestThenDisable,
  hintNotCleared,
  unwindIndex,
  devIdNull,
  enableBeforeRequest,
  errorPath,
  managedLive,
  vectorsReleased,
  loopFailure,
];
