/*
 * Tries leases with real processes, and shows the figures: 100 builders stopped (SIGSTOP) for twice their term, 200 leaders killed
 * (SIGKILL), 100,000 leases at a term of 30 seconds held for two terms. See test/leases/processes.test.ts, which judges them.
 *
 *   npm run leases              three minutes
 */
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

process.env.BALLPARK_LEASE_TRIALS = 'full';
const vitest = await startVitest('test', ['test/leases/processes.test.ts'], {
  run: true,
  root: fileURLToPath(new URL('..', import.meta.url)),
});
await vitest.close();
