/** Every rule fires on code with its defect and is silent on the same code without it. */
import { describe, expect, it } from 'vitest';
import { auditDriver } from '../../src/audit/audit-driver.ts';
import { RULES } from '../../src/audit/rules/all.ts';
import { initAfterRequestPairs } from './pairs/init-after-request.ts';
import * as others from './pairs/others.ts';
import type { Pair } from './pairs/pair.ts';
import { parser } from './parser.ts';

const PAIRS: Readonly<Record<string, readonly Pair[]>> = {
  'irq-init-after-request': initAfterRequestPairs,
  'irq-request-then-disable': others.requestThenDisablePairs,
  'irq-hint-not-cleared': others.hintNotClearedPairs,
  'irq-unwind-index': others.unwindIndexPairs,
  'irq-dev-id-null': others.devIdNullPairs,
  'irq-enable-before-request': others.enableBeforeRequestPairs,
  'irq-error-path': others.errorPathPairs,
  'irq-managed-live': others.managedLivePairs,
  'irq-vectors-released': others.vectorsReleasedPairs,
  'irq-loop-failure': others.loopFailurePairs,
};

function messages(text: string, rule: string): string[] {
  const { findings } = auditDriver('foo', [{ path: 'foo/foo.c', text }], parser, {
    strict: true,
    inventory: false,
  });
  return findings
    .filter((finding) => finding.rule === rule)
    .map(({ line, message }) => `${line}: ${message}`);
}

describe.each(Object.entries(PAIRS))('%s', (rule, pairs) => {
  it.each(pairs.map((pair) => [pair.title, pair] as const))('%s', (_title, { before, after }) => {
    expect(messages(before, rule)).not.toEqual([]);
    expect(messages(after, rule)).toEqual([]);
  });

  it('has five pairs or more', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(5);
  });
});

describe('the rules', () => {
  it('all have pairs', () => {
    expect(RULES.map(({ id }) => id)).toEqual(Object.keys(PAIRS));
  });
});
