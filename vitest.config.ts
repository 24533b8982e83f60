import { defineConfig } from 'vitest/config';
import { LongTestsFirst } from './tools/long-tests-first.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
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
