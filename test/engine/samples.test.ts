import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Estimate } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeEach(async () => {
  work = await Workspace.open();
});
afterEach(() => work.close());

const sampleRow = async (): Promise<{ rows: number; strata: number }> => {
  const [row] = (await work.query('SHOW SAMPLES')).toObjects();
  return { rows: row!['rows'] as number, strata: row!['strata'] as number };
};

describe('CREATE SAMPLE', () => {
  test('strata over NULL keys, strata of one row, caps above the strata', async () => {
    // Groups NULL (400 rows), 'a' (300), 'b' (1).
    await work.table(
      't',
      "SELECT CASE WHEN i < 400 THEN NULL WHEN i < 700 THEN 'a' ELSE 'b' END AS g, i AS x FROM range(701) t(i)",
    );
    await work.query('CREATE SAMPLE ON t STRATIFIED BY (g) CAP 350 SEED 1');
    expect(await sampleRow()).toEqual({ rows: 350 + 300 + 1, strata: 3 });
    expect(await work.values('SELECT g, COUNT(*), SUM(x) FROM t GROUP BY g ORDER BY g')).toEqual(
      await work.values('EXACT SELECT g, COUNT(*), SUM(x) FROM t GROUP BY g ORDER BY g'),
    );
    const { rows, answer } = await work.query(
      'SELECT g, SUM(x) FROM t WHERE x % 2 = 0 GROUP BY g ORDER BY g',
    );
    expect(answer.mode).toBe('approximate');
    const exact = await work.values('EXACT SELECT g, SUM(x) FROM t WHERE x % 2 = 0 GROUP BY g ORDER BY g');
    // 'a' and 'b' are whole, so they are exact; NULL's group is an estimate.
    expect(rows.map(([g, sum]) => [g, (sum as Estimate).exact])).toEqual([
      ['a', true],
      ['b', true],
      [null, false],
    ]);
    expect(rows.slice(0, 2).map(([g, sum]) => [g, (sum as Estimate).value])).toEqual(exact.slice(0, 2));
    expect(answer.missingGroupRowsMax).toBe(0);
  });

  test('an empty table', async () => {
    await work.table('t', "SELECT 1 AS x, 'a' AS g FROM range(0)");
    await work.query('CREATE SAMPLE u ON t UNIFORM 5%');
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 10');
    expect(await work.values('SELECT COUNT(*), SUM(x), AVG(x) FROM t')).toEqual([[0, null, null]]);
    expect(await work.values('SELECT COUNT(*), SUM(x) FROM t WHERE x > 5')).toEqual([[0, null]]);
    expect(await work.values('SELECT g, COUNT(*) FROM t GROUP BY g')).toEqual([]);
  });

  test('100,000 strata', async () => {
    await work.table('t', 'SELECT (i % 100000)::INTEGER AS g, i AS x FROM range(400000) t(i)');
    await work.query('CREATE SAMPLE ON t STRATIFIED BY (g) CAP 2 SEED 9');
    expect(await sampleRow()).toEqual({ rows: 200_000, strata: 100_000 });
    const { rows, answer } = await work.query('SELECT COUNT(*), SUM(x) FROM t WHERE x >= 200000');
    expect(answer.sample!.rowsRead).toBe(200_000);
    const [count, sum] = rows[0] as [Estimate, Estimate];
    expect(Math.abs(count.value! - 200_000)).toBeLessThan(4 * count.stdError!);
    expect(Math.abs(sum.value! - 59_999_900_000)).toBeLessThan(4 * sum.stdError!);
  });

  test('the same seed draws the same rows, another seed others', async () => {
    await work.table('t', 'SELECT i AS x FROM range(10000) t(i)');
    const draw = async (seed: number): Promise<unknown> => {
      await work.query(`CREATE SAMPLE s ON t UNIFORM 200 ROWS SEED ${seed}`);
      const values = await work.values('SELECT SUM(x * x % 1009) FROM t WHERE x >= 0');
      await work.query('DROP SAMPLE s');
      return values;
    };
    const [first, second, other] = [await draw(1), await draw(1), await draw(2)];
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('columns that kernels cannot handle are left to the source', async () => {
    await work.table(
      't',
      "SELECT i AS x, [i] AS list, i * 9007199254740993 AS huge, CASE WHEN i = 5 THEN 'nan'::DOUBLE ELSE i END AS nan, uuid() AS id FROM range(1000) t(i)",
    );
    await work.query('CREATE SAMPLE ON t UNIFORM 500 ROWS');
    const reasonOf = async (sql: string): Promise<string> => {
      const { answer } = await work.query(sql);
      return `${answer.mode}: ${answer.reason}`;
    };
    expect(await reasonOf('SELECT AVG(x) FROM t WHERE x > 10')).toMatch(/^approximate/);
    expect(await reasonOf('SELECT AVG(x) FROM t WHERE huge > 10')).toMatch(
      /^exact: column huge is not in the sample/,
    );
    expect(await reasonOf('SELECT AVG(nan) FROM t WHERE x > 10')).toMatch(
      /^exact: column nan has values that are NaN or infinite/,
    );
    expect(await reasonOf('SELECT COUNT(*) FROM t WHERE list IS NOT NULL')).toMatch(
      /^exact: column list is not in the sample/,
    );
  });

  test('reports progress and can be cancelled, leaving nothing behind', async () => {
    await work.table('t', 'SELECT i AS x, hash(i) % 1000 AS g FROM range(3000000) t(i)');
    const before = readdirSync(join(work.folder, 'data', 'samples'));
    const controller = new AbortController();
    const building = work.engine.query('CREATE SAMPLE ON t STRATIFIED BY (g) CAP 100', {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(building).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(join(work.folder, 'data', 'samples'))).toEqual(before);
    const phases = new Set<string>();
    await work.engine.query('CREATE SAMPLE ON t STRATIFIED BY (g) CAP 100', {
      onProgress: ({ phase }) => phases.add(phase),
    });
    expect([...phases]).toContain('scan');
  });
});
