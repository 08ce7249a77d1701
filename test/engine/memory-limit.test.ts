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
