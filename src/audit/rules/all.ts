import { initAfterRequest } from './init-after-request.ts';
import type { Rule } from './rule.ts';

/** In the order in which documentation shows them. */
export const RULES: readonly Rule[] = [initAfterRequest];
