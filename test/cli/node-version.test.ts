import { expect, it } from 'vitest';
import { run } from './run.ts';

const expected = process.env.IRQSPACE_EXPECT_NODE;

// tools/ci.mjs asks for a Node; a run that silently took another would prove nothing.
it.skipIf(expected === undefined)('the tests and what they start run on the Node that was asked for', () => {
  expect(process.version).toBe(`v${expected}`);
  expect(run(process.execPath, ['--version']).stdout).toBe(`v${expected}\n`);
  expect(run('node', ['--version']).stdout).toBe(`v${expected}\n`);
});
