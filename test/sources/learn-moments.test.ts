import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryError } from '../../src/common/index.ts';
import { type BoundExpression, pairPowers, typeFromDuckDB } from '../../src/plan/index.ts';
import { DuckDBSource, type LearnedStrata } from '../../src/sources/index.ts';
import { bindExpression } from '../support/bind.ts';

/* What a source learns of expressions, held against sums over the rows. */

const folder = mkdtempSync(join(tmpdir(), 'ballpark-learn-'));
const path = join(folder, 't.parquet');
const tables = [{ name: 't', files: [{ id: 1, path }] }];
const source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 30, tempFolder: join(folder, 'spill') });
const select = `SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'g' || (i % 3) END AS g, (hash(i, 1) % 1000) / 8.0 AS a,
  CASE WHEN i % 11 = 0 THEN NULL ELSE 1 + (hash(i, 2) % 50)::INTEGER END AS b, 1.7e12 + i * 1000.0 AS ms, (i % 5)::DECIMAL(9, 2) / 4 AS d,
  (i % 100)::INTEGER AS k, CASE WHEN i = 17 THEN 'infinity'::DOUBLE ELSE i END AS wild FROM range(3000) t(i)`;
let rows: Record<string, unknown>[];
let columns: { name: string; type: ReturnType<typeof typeFromDuckDB> }[];

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run('SET ieee_floating_point_ops = false');
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  columns = (await source.inspect([path])).columns.map(({ name, type }) => ({
    name,
    type: typeFromDuckDB(type),
  }));
  const reader = await connection.runAndReadAll(`SELECT *, d::DOUBLE AS d2 FROM '${path}'`);
  rows = reader.getRowObjectsJS();
  connection.closeSync();
  instance.closeSync();
});
afterAll(async () => {
  await source.close();
  rmSync(folder, { recursive: true });
});

const bound = (sql: string): BoundExpression => bindExpression(sql, columns);
const learn = (
  keys: readonly string[],
  expressions: readonly string[],
  pairs: readonly { of: readonly [number, number]; order: number }[] = [],
): Promise<LearnedStrata> =>
  source.learn(
    { table: 't', keys, outliers: [], columns, expressions: expressions.map(bound), pairs },
    tables,
    {},
  );

/** Groups by g, NULL last, as strata are ordered. */
const strata = (): Record<string, unknown>[][] =>
  ['g0', 'g1', 'g2', null].map((g) => rows.filter((row) => row['g'] === g));
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const close = (found: number, expected: number, scale: number): void =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * scale);

const twins: Readonly<Record<string, (row: Record<string, unknown>) => number | null>> = {
  'a / b': ({ a, b }) => (b === null ? null : Number(a) / Number(b)),
  'a * d': ({ a, d2 }) => Number(a) * Number(d2),
  'CASE WHEN k < 30 THEN a ELSE 0 END': ({ a, k }) => (Number(k) < 30 ? Number(a) : 0),
  'a / (k - 3)': ({ a, k }) => (k === 3 ? null : Number(a) / (Number(k) - 3)),
};

describe('moments of expressions', () => {
  test.each(Object.keys(twins))('%s', async (sql) => {
    const { population, expressions } = await learn(['g'], [sql]);
    const [found] = expressions as [(typeof expressions)[number]];
    expect([...population]).toEqual(strata().map(({ length }) => length));
    for (const [stratum, own] of strata().entries()) {
      const values = own.map(twins[sql]!).filter((value) => value !== null);
      expect(found.count[stratum]).toBe(values.length);
      expect(found.nonFinite[stratum]).toBe(0);
      close(found.low[stratum]!, Math.min(...values), 1);
      close(found.high[stratum]!, Math.max(...values), 1);
      close(found.mean[stratum]!, mean(values), Math.max(...values.map(Math.abs)));
      for (const [place, moments] of found.centred.entries()) {
        const powers = values.map((value) => (value - mean(values)) ** (place + 2));
        close(moments[stratum]!, powers.reduce((a, b) => a + b, 0), powers.reduce((a, b) => a + Math.abs(b), 0)); // prettier-ignore
      }
    }
  });

  test('without keys there is one stratum', async () => {
    const { population, expressions } = await learn([], ['a + 1']);
    expect([...population]).toEqual([3000]);
    close(expressions[0]!.mean[0]!, mean(rows.map(({ a }) => Number(a) + 1)), 100);
  });

  test('outliers form strata of their own, behind the others of their key', async () => {
    const outliers = [{ column: 'a', threshold: 100 }];
    const learned = await source.learn({ table: 't', keys: ['g'], outliers, columns, expressions: [bound('a + 1')], pairs: [] }, tables, {}); // prettier-ignore
    const parts = strata().flatMap((own) => [false, true].map((isOutlier) => own.filter(({ a }) => Number(a) > 100 === isOutlier))); // prettier-ignore
    expect([...learned.population]).toEqual(parts.map(({ length }) => length));
    for (const [stratum, own] of parts.entries())
      close(learned.expressions[0]!.mean[stratum]!, mean(own.map(({ a }) => Number(a) + 1)), 200);
  });

  test('large numbers keep their digits', async () => {
    const { expressions } = await learn([], ['ms + 0.5', 'ms']);
    for (const { centred, mean: found } of expressions) {
      const expected = rows.map(({ ms }) => Number(ms));
      const centre = mean(expected);
      close(centred[0]![0]!, expected.reduce((sum, value) => sum + (value - centre) ** 2, 0), centred[0]![0]!); // prettier-ignore
      expect(found[0]).toBeGreaterThan(1.7e12);
    }
  });

  test('what no moment can hold is counted', async () => {
    const { expressions } = await learn([], ['wild * 2']);
    expect(expressions[0]!.nonFinite[0]).toBe(1);
  });

  test('an expression that fails on some row fails', async () => {
    await expect(learn([], ['CAST(g AS INTEGER)'])).rejects.toBeInstanceOf(QueryError);
  });
});

describe('joint moments', () => {
  test.each([3, 6])('up to order %i, over rows that have both', async (order) => {
    const { pairs } = await learn(['g'], ['a * 2', 'b'], [{ of: [0, 1], order }]);
    const [found] = pairs as [(typeof pairs)[number]];
    for (const [stratum, own] of strata().entries()) {
      const both = own.flatMap(({ a, b }) => (b === null ? [] : [[2 * Number(a), Number(b)] as const]));
      const means = [mean(both.map(([x]) => x)), mean(both.map(([, y]) => y))] as const;
      expect(found.count[stratum]).toBe(both.length);
      for (const place of [0, 1] as const) close(found.means[place][stratum]!, means[place], 300);
      for (const [place, [i, j]] of pairPowers(order).entries()) {
        const terms = both.map(([x, y]) => (x - means[0]) ** i * (y - means[1]) ** j);
        close(found.centred[place]![stratum]!, terms.reduce((a, b) => a + b, 0), terms.reduce((a, b) => a + Math.abs(b), 0)); // prettier-ignore
      }
    }
  });
});

test('calls at once do not get in each other’s way', async () => {
  for (let times = 0; times < 5; times++) {
    const fresh = new DuckDBSource({
      threads: 2,
      memoryLimitBytes: 2 ** 30,
      tempFolder: join(folder, `spill${times}`),
    });
    const request = { table: 't', keys: [], outliers: [], columns, expressions: [bound('a * b')], pairs: [] };
    const found = await Promise.all([1, 2, 3, 4].map(() => fresh.learn(request, tables, {})));
    expect(found.map(({ population }) => population[0])).toEqual([3000, 3000, 3000, 3000]);
    await fresh.close();
  }
});
