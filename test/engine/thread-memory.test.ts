import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemEnvironment } from '../../src/engine/environment.ts';
import { Workspace } from '../support/workspace.ts';

/* A thread that takes too much memory ends alone: neither the process nor the statement does. */

let died = 0;
let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open({
    threadsWorth: { rows: 0, ms: 0, againMs: 0, startAfterMs: 0 },
    startThread: () => {
      const thread = new Worker('const all = []; for (;;) all.push(new Array(1000).fill(all.length));', {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
      });
      thread.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') died++;
      });
      return thread;
    },
  });
  await work.table('t', 'SELECT i AS x, i % 7 AS g FROM range(100000) r(i)');
  await work.query('CREATE SAMPLE s ON t UNIFORM 50000 ROWS SEED 1');
});
afterAll(() => work.close());

test('threads have limits', async () => {
  const thread = systemEnvironment.startThread();
  expect(thread.resourceLimits).toMatchObject({ maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 });
  await thread.terminate();
});

test('what threads that die had to read is read by others', async () => {
  const ask = () => work.query('SELECT g, COUNT(*), AVG(x) FROM t WHERE x > 10 GROUP BY g');
  await expect
    .poll(async () => {
      expect((await ask()).rows).toHaveLength(7);
      return died;
    })
    .toBeGreaterThan(1);
  expect((await ask()).rows).toHaveLength(7);
});
