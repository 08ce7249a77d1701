import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { DuckDBBuildScan } from '../../src/sources/duckdb/duckdb-build-scan.ts';
import { Workspace } from '../support/workspace.ts';

/* A sample without strata takes the totals of the table from another sample of it. */

let work: Workspace;
const first = vi.spyOn(DuckDBBuildScan.prototype, 'scanStrata');
const rows = (from: number, to: number): string =>
  `SELECT 'g' || (i % 7) AS g, (hash(i) % 1000)::INTEGER AS x, (hash(i, 1) % 999)::DOUBLE / 7 - 50 AS y, ((i % 901) / 8)::DECIMAL(9, 3) AS d FROM range(${from}, ${to}) t(i)`;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table('t', rows(0, 20_000));
  await work.query('CREATE SAMPLE by_g ON t STRATIFIED BY (g) CAP 100 SEED 1');
});
beforeEach(() => {
  first.mockClear();
});
afterAll(async () => {
  first.mockRestore();
  await work.close();
});

test.each(['UNIFORM 5%', 'UNIFORM 500 ROWS', 'UNIVERSE BY (g) 40%'])(
  '%s: the table is not scanned for them again, and the answers are those of a sample that was built alone',
  async (method) => {
    await work.query(`CREATE SAMPLE known ON t ${method} SEED 1`);
    expect(first).not.toHaveBeenCalled();
    const alone = await Workspace.open();
    await alone.table('t', rows(0, 20_000));
    await alone.query(`CREATE SAMPLE known ON t ${method} SEED 1`);
    expect(first).toHaveBeenCalledTimes(1);
    await work.query('DROP SAMPLE by_g');
    for (const [sql, digits] of [
      ['SELECT COUNT(*), SUM(x), SUM(d), MIN(y), MAX(y) FROM t', 0],
      ['SELECT SUM(y), AVG(x), STDDEV(y) FROM t', 1e-12],
      ['SELECT COUNT(*), SUM(x), AVG(y) FROM t WHERE x < 700', 1e-12],
      ['SELECT g, COUNT(*), SUM(x) FROM t GROUP BY g ORDER BY g', 1e-12],
    ] as const) {
      const [ours, theirs] = [await work.query(sql), await alone.query(sql)];
      expect(ours.answer.mode).toBe(theirs.answer.mode);
      expectAlike(ours.rows, theirs.rows, digits);
    }
    await alone.close();
    await work.query('CREATE SAMPLE by_g ON t STRATIFIED BY (g) CAP 100 SEED 1');
    await work.query('DROP SAMPLE known');
  },
);

/** The same but for digits of doubles. */
function expectAlike(ours: unknown, theirs: unknown, digits: number): void {
  if (typeof ours === 'number' && typeof theirs === 'number' && !Number.isInteger(theirs)) {
    expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(digits * Math.abs(theirs));
    return;
  }
  if (typeof ours !== 'object' || ours === null || typeof theirs !== 'object' || theirs === null) {
    expect(ours).toEqual(theirs);
    return;
  }
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  const other = new Map(Object.entries(theirs));
  for (const [name, value] of Object.entries(ours)) expectAlike(value, other.get(name), digits);
}

test('a table that was refreshed has those of its files now', async () => {
  const folder = await Workspace.open();
  await folder.writeRows('part-0.parquet', rows(0, 3000));
  await folder.query(`CREATE TABLE grown FROM '${folder.path('part-*.parquet')}'`);
  await folder.query('CREATE SAMPLE by_g ON grown STRATIFIED BY (g) CAP 100 SEED 1');
  await folder.writeRows('part-1.parquet', rows(3000, 5000));
  await folder.query('REFRESH SAMPLES ON grown');
  first.mockClear();
  await folder.query('CREATE SAMPLE known ON grown UNIFORM 10%');
  expect(first).not.toHaveBeenCalled();
  await folder.query('DROP SAMPLE by_g');
  const { answer, rows: found } = await folder.query('SELECT COUNT(*), SUM(x) FROM grown');
  expect(answer.mode).toBe('precomputed');
  await folder.query('DROP SAMPLE known');
  expect(found).toEqual((await folder.query('EXACT SELECT COUNT(*), SUM(x) FROM grown')).rows);
  await folder.close();
});

test('they are scanned for where rows are parted, into strata or outliers and others', async () => {
  await work.query('CREATE SAMPLE apart ON t UNIFORM 5% OUTLIERS OF (y)');
  await work.query('CREATE SAMPLE by_x ON t STRATIFIED BY (x) CAP 2');
  expect(first).toHaveBeenCalledTimes(2);
});

test('they are scanned for where the sample that has them turns out to be damaged', async () => {
  const damaged = await Workspace.open();
  await damaged.table('t', rows(0, 6000));
  await damaged.query('CREATE SAMPLE by_g ON t STRATIFIED BY (g) CAP 100 SEED 1');
  const folder = damaged.path('data/samples');
  const strata = readdirSync(folder).find((name) => name.endsWith('.strata.arrow'))!;
  const bytes = readFileSync(join(folder, strata));
  writeFileSync(join(folder, strata), bytes.fill(0xff, bytes.length >> 2, bytes.length >> 1));
  first.mockClear();
  await damaged.query('CREATE SAMPLE known ON t UNIFORM 10%');
  expect(first).toHaveBeenCalledTimes(1);
  expect((await damaged.query('SELECT COUNT(*) FROM t')).rows).toEqual([[6000]]);
  await damaged.close();
});

test('they are scanned for where there are as many strata as rows, nearly', async () => {
  await work.query('DROP SAMPLE IF EXISTS apart');
  await work.query('DROP SAMPLE by_g');
  await work.query('CREATE SAMPLE IF NOT EXISTS by_x ON t STRATIFIED BY (x) CAP 2');
  first.mockClear();
  await work.query('CREATE SAMPLE known ON t UNIFORM 5%');
  expect(first).toHaveBeenCalledTimes(1);
});
