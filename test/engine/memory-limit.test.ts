import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

/*
 * Samples of which all together take more memory than there is for them: a quarter of the limit.
 */

const tables = ['a', 'b', 'c'];
let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open({}, { memoryLimitBytes: 2 ** 26 });
  for (const [place, table] of tables.entries()) {
    await work.table(
      table,
      `SELECT ((i * 7 + ${place}) % 1000) / 8 AS x, sin(i) AS y, 'g' || (i % 3) AS g FROM range(700000) t(i)`,
    );
    await work.query(`CREATE SAMPLE s_${table} ON ${table} UNIFORM 600000 ROWS SEED 1`);
  }
});
afterAll(() => work.close());

/** Samples that the process has open. */
const opened = async (): Promise<unknown[]> =>
  (await work.values('SHOW LEASES'))
    .filter(([lease]) => String(lease).startsWith('read/'))
    .map(([, sample]) => sample);

test('what was not used for longest is let go of, and read again when it is needed', async () => {
  const ask = (table: string): Promise<unknown[][]> =>
    work.values(`SELECT g, SUM(x), AVG(y) FROM ${table} WHERE x > 1 GROUP BY g ORDER BY g`);
  const first = new Map<string, unknown[][]>();
  for (const round of [0, 1]) {
    for (const table of tables) {
      const rows = await ask(table);
      if (round === 1) expect(rows).toEqual(first.get(table));
      first.set(table, rows);
      // x, y and g take 10 MB: of two such samples one does not fit into 16 MiB.
      expect(await opened()).toEqual([`s_${table}`]);
    }
  }
});

test('statements that run at once have all samples that they read, whatever they take', async () => {
  const all = await Promise.all(
    tables.map((table) =>
      work.values(`SELECT g, SUM(x), AVG(y) FROM ${table} WHERE x > 1 GROUP BY g ORDER BY g`),
    ),
  );
  for (const rows of all) expect(rows).toHaveLength(3);
  expect((await opened()).length).toBeLessThanOrEqual(1);
});

test('a statement that takes ever more does not fill the device', async () => {
  const scratch = (): string[] => readdirSync(work.path('data'), { recursive: true, encoding: 'utf8' });
  let most = 0;
  const watching = setInterval(() => {
    const sizes = scratch().map((name) => statSync(work.path(join('data', name)), { throwIfNoEntry: false })?.size ?? 0); // prettier-ignore
    most = Math.max(
      most,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }, 20);
  const before = scratch().reduce((sum, name) => sum + statSync(work.path(join('data', name))).size, 0);
  const endless =
    'WITH RECURSIVE r(n, s) AS (SELECT 1, md5(g) FROM a UNION ALL SELECT n + 1, s FROM r, (SELECT 1 UNION ALL SELECT 2) AS twice) SELECT COUNT(*) FROM r';
  await expect(work.query(endless)).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: expect.stringMatching(/^there is no more room for the statement: /),
  });
  clearInterval(watching);
  // DuckDB has 48 MiB of the 64, and four times as much on the device.
  expect(most - before).toBeGreaterThan(2 ** 26);
  expect(most - before).toBeLessThan(1.5 * 192 * 2 ** 20);
  expect(await work.values('EXACT SELECT COUNT(*) FROM a')).toEqual([[700_000]]);
});

test('what is let go of is given back, by threads too', async () => {
  const ask = async (): Promise<void> => {
    for (const table of tables)
      await work.values(`SELECT g, SUM(x), AVG(y) FROM ${table} WHERE x > 1 GROUP BY g`);
  };
  const rounds = 20;
  await ask();
  const before = process.memoryUsage.rss();
  for (let round = 0; round < rounds; round++) await ask();
  // Each round loads 30 MB.
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(200);
});
