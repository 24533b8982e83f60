import { configDefaults, defineConfig } from 'vitest/config';
import { LongTestsFirst } from './tools/long-tests-first.ts';

/**
 * What would take `npm test` past five minutes on two cores. CI runs these too, on the newest Node
 * (IRQSPACE_LONG=1, tools/ci.mjs).
 */
const LONG: readonly string[] = ['test/compare/the-mail.test.ts', 'test/fuzz/parsers.test.ts'];

export default defineConfig({
  test: {
    exclude: [...configDefaults.exclude, ...(process.env.IRQSPACE_LONG === '1' ? [] : LONG)],
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // No test changes a module or the process for others, and loading the modules anew for each of 260 files takes a third
    // of the time.
    isolate: false,
    // Two cores: more workers only make the machine swap between them.
    maxWorkers: 2,
    sequence: { sequencer: LongTestsFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/web/**', 'src/cli/main.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
});
