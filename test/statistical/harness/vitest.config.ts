import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Run by scripts/coverage.mjs. */
export default defineConfig({
  test: {
    include: ['test/statistical/harness/*.cells.ts'],
    pool: 'forks',
    maxWorkers: availableParallelism(),
    testTimeout: 10 * 3_600_000,
  },
});
