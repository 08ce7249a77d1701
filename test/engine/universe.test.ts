import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import type { Cell, Estimate, QueryResult } from '../../src/index.ts';
import { QueryWriter, typedTableSql } from '../support/random-queries.ts';
import { Workspace } from '../support/workspace.ts';

/** 20,000 users with one to some hundred visits each; a user lives in one city. */
const visits = `
  SELECT 'user ' || u AS user_id, 'city ' || (u % 7) AS city, ((hash(hash(u, i)) >> 11) % 1000)::INTEGER AS ms, i AS nth
  FROM (SELECT u, unnest(range(1 + (hash(hash(u)) % 9)::BIGINT)) AS i FROM range(20000) r(u))`;

const estimateOf = (cell: Cell | undefined): Estimate => cell as Estimate;

describe('a table with a sample by user and one of rows', () => {
  let work: Workspace;
  beforeAll(async () => {
    work = await Workspace.open();
    await work.table('visits', visits);
    await work.query('CREATE SAMPLE users ON visits UNIVERSE BY (user_id) 20% SEED 3');
    await work.query('CREATE SAMPLE some ON visits UNIFORM 20% SEED 4');
  });
  afterAll(() => work.close());

  const ask = (sql: string): Promise<QueryResult> => work.query(sql);
  const truth = async (sql: string): Promise<number> => Number((await work.values(`EXACT ${sql}`))[0]![0]);

  test('SHOW SAMPLES tells how it was drawn', async () => {
    const rows = (await ask('SHOW SAMPLES')).toObjects();
    expect(rows.map(({ sample, method, strata }) => [sample, method, strata])).toEqual([
      ['some', 'uniform 20 %', 1],
      ['users', 'universe by user_id, 20 %', 1],
    ]);
  });

  test('COUNT(DISTINCT key) is known without a condition, and estimated with one', async () => {
    const { rows, answer } = await ask('SELECT COUNT(DISTINCT user_id) FROM visits');
    expect([answer.mode, rows]).toEqual(['precomputed', [[20_000]]]);
    const sql = 'SELECT COUNT(DISTINCT user_id) FROM visits WHERE ms > 900';
    const found = await ask(sql);
    const { value, stdError, certified, exact } = estimateOf(found.rows[0]![0]);
    const expected = await truth(sql);
    expect(found.answer.sample!.name).toBe('users');
    expect([certified, exact]).toEqual([true, false]);
    expect(Math.abs(value! - expected)).toBeLessThan(4 * stdError!);
    expect(stdError! / expected).toBeLessThan(0.05);
  });

  test('of groups, beside other aggregates and in ratios', async () => {
    const sql =
      'SELECT city, COUNT(DISTINCT user_id), COUNT(*) / COUNT(DISTINCT user_id), SUM(ms) FROM visits WHERE ms < 500 GROUP BY city ORDER BY city';
    const { rows, answer } = await ask(sql);
    const exact = await work.values(`EXACT ${sql}`);
    expect(answer.sample!.name).toBe('users');
    expect(rows.map(([city]) => city)).toEqual(exact.map(([city]) => city));
    for (const [place, row] of rows.entries())
      for (const output of [1, 2, 3]) {
        const { value, stdError, certified } = estimateOf(row[output]);
        expect(certified).toBe(true);
        expect(Math.abs(value! - Number(exact[place]![output]))).toBeLessThan(4 * stdError!);
      }
  });

  test('an error bound is met with fewer keys, or not at all', async () => {
    const loose = await ask('SELECT COUNT(DISTINCT user_id) FROM visits WHERE ms > 500 ERROR WITHIN 10%');
    expect([loose.answer.mode, loose.answer.met]).toEqual(['approximate', true]);
    expect(loose.answer.sample!.rowsRead).toBeLessThan(loose.answer.sample!.rowsInSample / 3);
    expect(estimateOf(loose.rows[0]![0]).relativeError).toBeLessThan(0.1);
    const tight = await ask('SELECT COUNT(DISTINCT user_id) FROM visits WHERE ms > 500 ERROR WITHIN 0.2%');
    expect([tight.answer.mode, tight.answer.met]).toEqual(['exact', true]);
  });

  test('a deadline ends the reading between keys', async () => {
    const { answer, rows } = await ask(
      'SELECT COUNT(DISTINCT user_id) FROM visits WHERE ms > 500 WITHIN 2 SECONDS',
    );
    expect([answer.mode, answer.met]).toEqual(['approximate', true]);
    expect(estimateOf(rows[0]![0]).certified).toBe(true);
  });

  test('EXPLAIN says why', async () => {
    const lines = (
      await ask('EXPLAIN SELECT COUNT(DISTINCT user_id) FROM visits WHERE ms > 500 ERROR WITHIN 10%')
    ).toObjects();
    const line = (item: string): unknown => lines.find((each) => each['item'] === item)?.['value'];
    expect(line('route')).toBe('sample');
    expect(line('sample')).toBe('users (universe by user_id, 20 %)');
    const other = (await ask('EXPLAIN SELECT COUNT(DISTINCT nth) FROM visits')).toObjects();
    expect(other.find(({ item }) => item === 'reason')!['value']).toBe(
      'no sample is drawn UNIVERSE BY nth to count its different values from',
    );
  });

  test('what users do not tell apart better is left to the sample of rows', async () => {
    const { answer } = await ask('SELECT city, SUM(ms) FROM visits WHERE nth >= 0 GROUP BY city');
    expect(answer.sample!.name).toBe('some');
  });

  test('MIN and MAX are taken from exact totals, or answered exactly', async () => {
    const whole = await ask('SELECT MIN(ms), MAX(nth) FROM visits');
    expect([whole.answer.mode, whole.rows]).toEqual(['precomputed', [[0, 8]]]);
    const some = await ask('SELECT MIN(ms), COUNT(DISTINCT user_id) FROM visits WHERE nth = 3');
    expect(some.answer.mode).toBe('exact');
  });

  test('COUNT(DISTINCT …) of what strata are made of is exact, by strata', async () => {
    await work.query('CREATE SAMPLE cities ON visits STRATIFIED BY (city, nth) CAP 50 SEED 1');
    for (const sql of [
      'SELECT COUNT(DISTINCT city) FROM visits',
      "SELECT nth % 2 AS odd, COUNT(DISTINCT city), COUNT(DISTINCT nth) FILTER (WHERE city <> 'city 3') FROM visits WHERE nth < 7 GROUP BY odd ORDER BY odd",
      'SELECT COUNT(DISTINCT nth // 2), COUNT(DISTINCT right(city, 1)) FROM visits WHERE nth <> 4',
      'SELECT COUNT(DISTINCT city) FROM visits WHERE nth > 99',
    ]) {
      const { answer } = await ask(sql);
      expect([sql, answer.mode]).toEqual([sql, 'precomputed']);
      expect(await work.values(sql)).toEqual(await work.values(`EXACT ${sql}`));
    }
    await work.query('DROP SAMPLE cities');
  });
});

test('an empty table, a sample of no key, and of one', async () => {
  const work = await Workspace.open();
  await work.table('t', 'SELECT 1 AS k, 2 AS x FROM range(0)');
  await work.query('CREATE SAMPLE ON t UNIVERSE BY (k) 50%');
  expect(await work.values('SELECT COUNT(DISTINCT k), SUM(x) FROM t WHERE x > 1')).toEqual([[0, null]]);
  await work.table('few', 'SELECT i % 3 AS k, i AS x FROM range(30) r(i)');
  for (const [percent, keys] of [
    [0.001, 0],
    [100, 3],
  ]) {
    await work.query(`CREATE SAMPLE s ON few UNIVERSE BY (k) ${percent}% SEED 1`);
    const { rows } = await work.query('SELECT COUNT(DISTINCT k) FROM few WHERE x > 3');
    expect([estimateOf(rows[0]![0]).value, estimateOf(rows[0]![0]).reasons]).toEqual(
      keys === 0 ? [null, ['UNREAD_STRATUM']] : [keys, []],
    );
    await work.query('DROP SAMPLE s');
  }
  await work.close();
});

test('columns may have the names that the build uses', async () => {
  const work = await Workspace.open();
  await work.table(
    't',
    'SELECT i % 50 AS u, i % 3 AS k0, i AS n, i % 7 AS n0, i % 5 AS s0, i % 11 AS h, i % 13 AS c0 FROM range(2000) r(i)',
  );
  await work.query('CREATE SAMPLE ON t UNIVERSE BY (u) 100% SEED 1');
  for (const sql of [
    'SELECT COUNT(DISTINCT u) FROM t',
    'SELECT k0, COUNT(DISTINCT u), SUM(n), SUM(n0), SUM(s0), SUM(h), SUM(c0) FROM t WHERE n > 30 GROUP BY k0 ORDER BY k0',
  ])
    expect(await work.values(sql)).toEqual(
      (await work.values(`EXACT ${sql}`)).map((row) => row.map((cell) => Number(cell))),
    );
  await work.close();
});

test('what a key cannot be made of', async () => {
  const work = await Workspace.open();
  await work.table('t', 'SELECT i AS k, i / 2 AS x FROM range(30) r(i)');
  for (const [clause, code] of [
    ['UNIVERSE BY (k) 0%', 'INVALID_ARGUMENT'],
    ['UNIVERSE BY (k) 101%', 'INVALID_ARGUMENT'],
    ['UNIVERSE BY (k, K) 5%', 'INVALID_ARGUMENT'],
    ['UNIVERSE BY (x) 5%', 'NOT_SUPPORTED'],
    ['UNIVERSE BY (l) 5%', 'UNKNOWN_COLUMN'],
    ['UNIVERSE BY (k) 5% OUTLIERS OF (x)', 'NOT_SUPPORTED'],
  ])
    expect((await work.error(`CREATE SAMPLE ON t ${clause}`)).code).toBe(code);
  await work.close();
});

test('counts of different keys have DuckDB’s answer where every key was kept', async () => {
  const work = await Workspace.open();
  await work.table('t', typedTableSql(3000));
  await work.query('CREATE SAMPLE ON t UNIVERSE BY (city) 100% SEED 2');
  const writer = new QueryWriter(seededRandom(41));
  let compared = 0;
  for (let number = 0; number < 150; number++) {
    const key = writer.key();
    const sql = `SELECT ${key}, COUNT(DISTINCT city), COUNT(DISTINCT city) FILTER (WHERE ${writer.condition(0)}), ${writer.aggregate()} FROM t WHERE ${writer.condition(1)} GROUP BY ${key}`;
    let found: QueryResult;
    try {
      found = await work.query(sql);
    } catch {
      continue; // an overflow or the like, whoever answers
    }
    if (found.answer.mode !== 'approximate') continue;
    const counts = (result: QueryResult): string[] =>
      result.rows
        .map(([label, ...cells]) =>
          JSON.stringify([
            label,
            ...cells
              .slice(0, 2)
              .map((cell) => (typeof cell === 'object' ? estimateOf(cell).value : Number(cell))),
          ]),
        )
        .sort();
    expect(counts(found), sql).toEqual(counts(await work.query(`EXACT ${sql}`)));
    for (const row of found.rows) expect(estimateOf(row[1]).exact).toBe(true);
    compared++;
  }
  expect(compared).toBeGreaterThan(80);
  await work.close();
});
