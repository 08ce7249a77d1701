import { afterAll, beforeAll, expect, test } from 'vitest';
import { typeFromDuckDB } from '../../src/plan/index.ts';
import { DuckDBSource } from '../../src/sources/index.ts';
import { CallGate } from '../../src/sources/duckdb/call-gate.ts';
import { readCentres } from '../../src/sources/duckdb/column-centres.ts';
import { LockedDatabase } from '../../src/sources/duckdb/locked-database.ts';
import { Workspace } from '../support/workspace.ts';

/* Columns that a build's first scan has to look at with care. */

let work: Workspace;
let source: DuckDBSource;
beforeAll(async () => {
  work = await Workspace.open();
  source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 30, tempFolder: work.path('scratch') });
});
afterAll(async () => {
  await source.close();
  await work.close();
});

test('totals keep their digits where columns are not as most are', async () => {
  const odd = await work.writeRows(
    'odd.parquet',
    `SELECT i % 4 AS k, 1e6 * (i % 4) + (i % 97) / 97 AS far, 7.5 AS same, CASE WHEN i % 4 = 2 THEN 1e300 ELSE i END AS huge,
      CASE WHEN i = 5 THEN 'nan'::DOUBLE WHEN i = 6 THEN 'inf'::DOUBLE ELSE i END AS x, CASE WHEN i % 4 = 1 THEN NULL ELSE i END AS gaps,
      CASE WHEN i = 7 THEN 'infinity'::DATE ELSE DATE '2000-01-01' + (i % 9)::INTEGER END AS day,
      (i / 8.0)::DECIMAL(12,3) AS d FROM range(4000) t(i)`,
  );
  const { columns } = await source.inspect([odd]);
  const typed = columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) }));
  const own = await source.openBuild({ name: 'odd', files: [{ id: 1, path: odd }] }, typed);
  const [whole, scanned] = [await own.scanStrata([], {}), await own.scanStrata(['k'], {})];
  own.close();
  const rows = Array.from({ length: 4000 }, (_, i) => i);
  const values: Record<string, (i: number) => number | null> = {
    far: (i) => 1e6 * (i % 4) + (i % 97) / 97,
    same: () => 7.5,
    huge: (i) => (i % 4 === 2 ? null : i),
    x: (i) => (i === 5 || i === 6 ? null : i),
    gaps: (i) => (i % 4 === 1 ? null : i),
    d: (i) => (i * 125) / 1000,
  };
  for (const [name, value] of Object.entries(values)) {
    const { mean, centred, nonFinite } = scanned.columns.find(({ column }) => column.name === name)!;
    for (let h = 0; h < 4; h++) {
      const present = rows
        .filter((i) => i % 4 === h)
        .map(value)
        .filter((each) => each !== null);
      if (present.length === 0) continue;
      const exact = present.reduce((a, b) => a + b, 0) / present.length;
      expect(Math.abs(mean[h]! - exact)).toBeLessThan(1e-12 * Math.max(1, Math.abs(exact)));
      for (const [place, k] of [2, 3, 4, 5, 6].entries()) {
        const expected = present.reduce((sum, each) => sum + (each - exact) ** k, 0);
        const scale = present.reduce((sum, each) => sum + Math.abs(each - exact) ** k, 0);
        // Digits may be lost; then it is said so.
        if (place === 0 || !Number.isNaN(centred[place]![h]!))
          expect(Math.abs(centred[place]![h]! - expected)).toBeLessThanOrEqual(1e-6 * scale);
      }
    }
    const beyond = { huge: [0, 0, 1000, 0], x: [0, 1, 1, 0] }[name] ?? [0, 0, 0, 0];
    expect([...nonFinite]).toEqual(beyond);
  }
  // The footer has no ends of x and an infinite one of day.
  const ends = Object.fromEntries(
    whole.columns.map(({ column: { name }, low, high, nonFinite }) => [
      name,
      [low[0], high[0], nonFinite[0]],
    ]),
  );
  expect(ends).toMatchObject({
    far: [0, 3e6 + 96 / 97, 0],
    huge: [0, 3999, 1000],
    x: [0, 3999, 2],
    gaps: [0, 3999, 0],
    day: [10957, 10965, 1],
    d: [0, 499_875, 0],
  });
  const day = scanned.columns.find(({ column }) => column.name === 'day')!;
  expect([...day.nonFinite]).toEqual([0, 0, 0, 1]);
  expect([...day.low]).toEqual([10957, 10957, 10957, 10957]);
  expect([...day.high]).toEqual([10965, 10965, 10965, 10965]);
});

test('centres come from the middle of the rows, whatever files they lie in', async () => {
  // Columns lie in another order in the second file; the middle rows lie in both.
  const first = await work.writeRows('first.parquet', 'SELECT i AS id, i % 7 AS n FROM range(150000) t(i)');
  const second = await work.writeRows(
    'second.parquet',
    'SELECT i % 7 AS n, i + 150000 AS id FROM range(130000) t(i)',
  );
  const { columns } = await source.inspect([first, second]);
  const typed = columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) }));
  const database = await LockedDatabase.open({
    allowedPaths: [first, second],
    threads: 2,
    memoryLimitBytes: 2 ** 30,
    tempFolder: work.path('scratch'),
    setup: [],
    gate: new CallGate(2),
  });
  const centres = await readCentres(database, [first, second], typed, {});
  await database.close();
  // Rows 90,000 to 189,999 of 280,000, whose mean is 139,999.5: integers that are spread widely lie about a whole number.
  expect(centres[0]).toBe(140_000);
  expect(centres[1]).toBeCloseTo(3, 2);
});
