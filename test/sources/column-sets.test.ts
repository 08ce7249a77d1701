import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ColumnSetScan, DuckDBSource } from '../../src/sources/index.ts';
import { Workspace } from '../support/workspace.ts';

const rows = 300_000;
/** Values 0 … 29,999, the small ones by far the most frequent; NULL where it would be 7. */
const value = 'nullif(floor(30000 * pow((hash(i) % 1000000) / 1e6, 6))::INTEGER, 7)';

let work: Workspace;
let source: DuckDBSource;
let scan: ColumnSetScan;
beforeAll(async () => {
  work = await Workspace.open();
  const select = `SELECT ${value} AS a, i % 3 AS "b c", CASE WHEN i % 2 = 0 THEN 10 ELSE 30 END AS x, 'NaN'::DOUBLE AS n, NULL::DOUBLE AS none FROM range(${rows}) t(i)`;
  const path = await work.writeRows('t.parquet', select);
  source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 30, tempFolder: work.path('scratch') });
  scan = await source.openColumnSets({ name: 't', files: [{ id: 1, path }] });
});
afterAll(async () => {
  scan.close();
  await source.close();
  await work.close();
});

/** The same, from all rows, by the naive way. */
async function naive(columns: readonly string[], caps: readonly number[]): Promise<unknown> {
  await work.query(`CREATE TABLE IF NOT EXISTS t FROM '${work.path('t.parquet')}'`);
  const keys = columns.map((name) => `"${name}"`).join(', ');
  const counts = (await work.values(`EXACT SELECT COUNT(*) FROM t GROUP BY ${keys}`)).map(([n]) => Number(n));
  return {
    distinct: counts.length,
    byCap: caps.map((cap) => ({
      kept: counts.reduce((sum, n) => sum + Math.min(n, cap), 0),
      rare: counts.filter((n) => n < cap).length,
    })),
  };
}

describe('counts of column sets', () => {
  test('of all rows are exact; NULL is a value', async () => {
    for (const columns of [['a'], ['b c'], ['a', 'b c']])
      expect(await scan.count(columns, [1000, 100, 1], 1, {})).toEqual(await naive(columns, [1000, 100, 1]));
  });

  test('of a share of the rows are near', async () => {
    const caps = [1000, 100, 10];
    const truth = await scan.count(['a'], caps, 1, {});
    const guess = await scan.count(['a'], caps, 0.1, {});
    // GEE is within √(1/share) of the truth for any data (Charikar et al., theorem 2); for these it is much nearer.
    expect(guess.distinct / truth.distinct).toBeGreaterThan(0.6);
    expect(guess.distinct / truth.distinct).toBeLessThan(1.6);
    for (const [place, { kept, rare }] of guess.byCap.entries()) {
      expect(kept / truth.byCap[place]!.kept).toBeGreaterThan(0.75);
      expect(kept / truth.byCap[place]!.kept).toBeLessThan(1.25);
      expect(rare / truth.byCap[place]!.rare).toBeGreaterThan(0.6);
      expect(rare / truth.byCap[place]!.rare).toBeLessThan(1.6);
    }
    // Where no cap cuts, the rows that the counts stand for are all rows.
    const [{ kept }] = (await scan.count(['a'], [rows * 10], 0.1, {})).byCap as [
      { kept: number; rare: number },
    ];
    expect(Math.abs(kept / rows - 1)).toBeLessThan(0.02);
  });

  test('the largest spread: squared standard deviation by mean; without NULL, NaN and columns of nothing', async () => {
    expect(await scan.spread(['x'], 1, {})).toBeCloseTo(0.25, 12); // 10 and 30: mean 20, standard deviation 10
    expect(await scan.spread(['x', 'n', 'none'], 1, {})).toBeCloseTo(0.25, 12);
    expect(await scan.spread(['none'], 1, {})).toBe(0);
    expect(await scan.spread([], 1, {})).toBe(0);
    const all = await scan.spread(['a', 'x'], 1, {});
    expect(await scan.spread(['a'], 0.1, {})).toBeGreaterThan(0.9 * all);
  });
});
