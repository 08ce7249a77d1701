import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // DuckDB, SQLite and worker threads are native: processes of their own keep a crash in one file from hiding others.
    pool: 'forks',
    // The thread's program, from its source as it is.
    globalSetup: ['test/support/build-thread.ts'],
    setupFiles: ['test/support/fixed-seed.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
