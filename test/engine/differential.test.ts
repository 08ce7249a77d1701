import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { type Cell, type Engine, openEngine, QueryError, type QueryResult } from '../../src/index.ts';
import { QueryWriter, typedTableSql } from '../support/random-queries.ts';

/*
 * What kernels compute, against DuckDB: a sample that holds every row has no sampling error, so its answer must be the exact one,
 * NULLs, groups, errors and all.
 */

const rows = 3000;
const folder = mkdtempSync(join(tmpdir(), 'ballpark-differential-'));
let engine: Engine;

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${typedTableSql(rows)}) TO '${join(folder, 't.parquet')}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [folder], threads: 2 });
  await engine.query(`CREATE TABLE t FROM '${join(folder, 't.parquet')}'`);
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A cell as text, estimates by their value; whether it is exact. */
function plain(cell: Cell): { value: number | string | null; exact: boolean } {
  if (cell === null || typeof cell === 'string') return { value: cell, exact: true };
  if (cell instanceof Date) return { value: cell.toISOString(), exact: true };
  if (typeof cell === 'object') return { value: cell.value, exact: cell.exact };
  return { value: typeof cell === 'boolean' ? String(cell) : Number(cell), exact: true };
}

/** Rows in an order of their own, by their labels. */
function sorted(result: QueryResult): { labels: string; cells: ReturnType<typeof plain>[] }[] {
  return result.rows
    .map((row) => ({
      labels: JSON.stringify(
        row.flatMap((cell, place) => (result.columns[place]!.role === 'group' ? [plain(cell).value] : [])),
      ),
      cells: row.map(plain),
    }))
    .sort((a, b) => (a.labels < b.labels ? -1 : 1));
}

/** Whether two cells agree to rounding error; sums of squares are about values of up to a few thousand. */
function same(a: number | string | null, b: number | string | null, column: string): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  if (column.startsWith('var')) return Math.abs(a - b) <= 1e-9 * Math.max(a, b) + 1e-7;
  if (column.startsWith('stddev')) return same(a * a, b * b, 'var');
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(1e-3, Math.abs(a), Math.abs(b));
}

const outcomeOf = async (sql: string): Promise<QueryResult | string> => {
  try {
    return await engine.query(sql);
  } catch (error) {
    if (error instanceof QueryError) return error.code;
    throw new Error(`a bug shows in ${sql}`, { cause: error });
  }
};

describe.each([
  ['one stratum', 'UNIFORM 100%', 600],
  ['strata of two columns, one of them with NULLs', 'STRATIFIED BY (kind, city) CAP 100000', 600],
  ['one stratum and outliers', 'UNIFORM 100% OUTLIERS OF (amount)', 600],
  ['strata and their outliers', 'STRATIFIED BY (kind, city) CAP 100000 OUTLIERS OF (amount, price)', 600],
  ['keys, one of them NULL', 'UNIVERSE BY (city) 100%', 200],
  ['keys of two columns', 'UNIVERSE BY (small, kind) 100%', 200],
])('%s', (_, method, queries) => {
  beforeAll(async () => {
    await engine.query(`CREATE SAMPLE whole ON t ${method} SEED 5`);
  });
  afterAll(async () => {
    await engine.query('DROP SAMPLE whole');
  });

  test(`${queries} random queries have DuckDB's answer`, async () => {
    const writer = new QueryWriter(seededRandom(method.length));
    const modes = { approximate: 0, precomputed: 0, exact: 0, error: 0 };
    const reasons = new Map<string, number>();
    const wrong: string[] = [];
    for (let number = 0; number < queries; number++) {
      const sql = writer.query();
      const found = await outcomeOf(sql);
      const expected = await outcomeOf(`EXACT ${sql}`);
      if (typeof found === 'string' || typeof expected === 'string') {
        modes.error++;
        if (found !== expected)
          wrong.push(
            `${sql}\n  ${typeof found === 'string' ? found : found.answer.mode} against ${typeof expected === 'string' ? expected : 'an answer'}`,
          );
        continue;
      }
      modes[found.answer.mode]++;
      if (found.answer.mode === 'exact') {
        reasons.set(found.answer.reason, (reasons.get(found.answer.reason) ?? 0) + 1);
        continue;
      }
      const [a, b] = [sorted(found), sorted(expected)];
      const difference =
        a.length === b.length
          ? a.findIndex(
              (row, at) =>
                row.labels !== b[at]!.labels ||
                !row.cells.every(
                  (cell, place) =>
                    cell.exact && same(cell.value, b[at]!.cells[place]!.value, found.columns[place]!.name),
                ),
            )
          : 0;
      if (difference >= 0)
        wrong.push(
          `${sql}\n  ${found.answer.mode}: ${JSON.stringify(a[difference])}\n  DuckDB: ${JSON.stringify(b[difference])} (${a.length} and ${b.length} rows)`,
        );
    }
    if (process.env['BALLPARK_SHOW_MODES'])
      console.log(modes, [...reasons].sort((x, y) => y[1] - x[1]).slice(0, 25));
    expect(wrong).toEqual([]);
    // The comparison means something only where kernels answered.
    expect(modes.approximate).toBeGreaterThan(queries / 3);
  });
});
