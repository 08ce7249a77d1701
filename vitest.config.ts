import { defineConfig } from 'vitest/config';

/** Tests of threads that stall want the cores for themselves. */
const alone = ['test/engine/lost-tasks.test.ts'];

export default defineConfig(({ mode }) => ({
  test: {
    // DuckDB, SQLite and worker threads are native: processes of their own keep a crash in one file from hiding others.
    pool: 'forks',
    // Vitest would leave a core free.
    maxWorkers: '100%',
    // The threads' programs, from their source as it is.
    globalSetup: ['test/support/build-threads.ts'],
    setupFiles: ['test/support/fixed-seed.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        mode,
        test: { name: 'alone', include: alone, sequence: { groupOrder: 0 }, maxWorkers: 1 },
      },
      {
        extends: true,
        mode,
        test: {
          name: 'beside',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...alone],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
}));
