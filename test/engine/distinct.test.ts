import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { estimateDistinct } from '../../src/estimator/index.ts';
import type { Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

test('GEE: those seen once count √w, others one', () => {
  const seen = (rows: number, weight: number): { rows: number; weight: number } => ({ rows, weight });
  // Charikar et al., section 3, with n = 25 of N = 400 rows: √16·f₁ + f₂ + f₃ …, f₁ = 10, six seen more often.
  const values = [
    ...Array.from({ length: 10 }, () => seen(1, 16)),
    seen(2, 16),
    ...Array.from({ length: 5 }, () => seen(3, 16)),
  ];
  expect(estimateDistinct(values, false, 0.95)).toMatchObject({
    value: 46,
    low: 16,
    high: null,
    certified: false,
    exact: false,
    support: 27,
    reasons: ['NOT_CERTIFIABLE'],
  });
  expect(estimateDistinct(values, true, 0.95)).toMatchObject({ value: 16, low: 16, high: 16, exact: true });
  expect(estimateDistinct([seen(1, 4), seen(1, 9)], false, 0.95).value).toBe(5);
});

describe('COUNT(DISTINCT x) over samples of rows', () => {
  let work: Workspace;
  beforeAll(async () => {
    work = await Workspace.open();
    // Kind 'rare' has 500 rows, so CAP 1000 keeps all of them; codes are NULL now and then.
    await work.table(
      't',
      `SELECT CASE WHEN i < 500 THEN 'rare' ELSE 'kind ' || (i % 3) END AS kind, i % 10 AS part,
        CASE WHEN i % 17 = 0 THEN NULL ELSE (hash(hash(i)) % 9000)::INTEGER END AS code FROM range(60000) r(i)`,
    );
    await work.query('CREATE SAMPLE uniform ON t UNIFORM 10% SEED 1');
    await work.query('CREATE SAMPLE by_kind ON t STRATIFIED BY (kind) CAP 1000 SEED 1');
  });
  afterAll(() => work.close());
  const ask = (sql: string): Promise<QueryResult> => work.query(sql);
  const cell = ({ rows }: QueryResult, row = 0, column = 0): Estimate => rows[row]![column] as Estimate;

  test('is exact where a sample holds all rows in question', async () => {
    for (const sql of [
      "SELECT COUNT(DISTINCT code) FROM t WHERE kind = 'rare'",
      "SELECT part, COUNT(DISTINCT code) AS codes FROM t WHERE kind = 'rare' AND code > 300 GROUP BY part HAVING COUNT(DISTINCT code) > 10 ORDER BY codes DESC, part LIMIT 4",
      "SELECT COUNT(DISTINCT code) FROM t WHERE kind = 'rare' AND part > 90",
    ])
      for (const bound of ['', ' ERROR WITHIN 1%']) {
        const found = await ask(sql + bound);
        expect([found.answer.mode, found.answer.met, found.answer.sample?.name]).toEqual([
          'approximate',
          true,
          'by_kind',
        ]);
        expect(cell(found, 0, found.rows[0]!.length - 1)).toMatchObject({ exact: true, certified: true });
        expect(found.answer.missingGroupRowsMax).toBe(0);
        expect(await work.values(sql)).toEqual(await work.values(`EXACT ${sql}`));
      }
  });

  test('goes exact where nothing says that an estimate will do', async () => {
    for (const bound of ['', ' ERROR WITHIN 10%', ' ERROR WITHIN 10% ON MISS FAIL', ' WITHIN 60 SECONDS']) {
      const { answer } = await ask(`SELECT COUNT(DISTINCT code) FROM t WHERE part = 3${bound}`);
      expect([answer.mode, answer.met]).toEqual(['exact', true]);
    }
    // Beside other aggregates too.
    expect((await ask('SELECT COUNT(DISTINCT code), SUM(part) FROM t ON MISS BEST EFFORT')).answer.mode).toBe('exact'); // prettier-ignore
  });

  test('is counted from below where it will do, and never certified', async () => {
    const sql = 'SELECT kind, COUNT(DISTINCT code) FROM t WHERE part < 5 GROUP BY kind ORDER BY kind';
    const found = await ask(`${sql} ERROR WITHIN 10% ON MISS BEST EFFORT`);
    const exact = await work.values(`EXACT ${sql}`);
    expect([found.answer.mode, found.answer.met, found.answer.sample!.name]).toEqual([
      'approximate',
      false,
      'uniform',
    ]);
    expect(found.answer.missingGroupRowsMax).toBeGreaterThan(0);
    for (const [place, [kind, truth]] of exact.entries()) {
      expect(found.rows[place]![0]).toBe(kind);
      const { value, low, high, certified, reasons } = cell(found, place, 1);
      expect([high, certified, reasons]).toEqual([null, false, ['NOT_CERTIFIABLE']]);
      expect(low).toBeLessThanOrEqual(Number(truth));
      expect(value!).toBeGreaterThan(low!);
      // Within √w, the square root of ten.
      expect(Math.max(value! / Number(truth), Number(truth) / value!)).toBeLessThan(Math.sqrt(10));
    }
  });

  test('EXPLAIN says which', async () => {
    const route = async (bound: string): Promise<unknown> =>
      (await ask(`EXPLAIN SELECT COUNT(DISTINCT code) FROM t WHERE part = 3${bound}`)).toObjects()[0]![
        'value'
      ];
    expect(await route('')).toBe('exact');
    expect(await route(' ON MISS BEST EFFORT')).toBe('sample: a lower bound and an estimate');
    expect(await route(' WITHIN 1 SECOND')).toBe(
      'exact; where that is late, sample: a lower bound and an estimate',
    );
  });
});

test('an exact answer that is late leaves the estimate', async () => {
  const work = await Workspace.open();
  await work.table('t', 'SELECT hash(hash(i)) % 12000000 AS code, i % 10 AS part FROM range(12000000) r(i)');
  await work.query('CREATE SAMPLE ON t UNIFORM 20000 ROWS SEED 1');
  const { answer, rows } = await work.query(
    'SELECT COUNT(DISTINCT code) FROM t WHERE part < 9 WITHIN 200 MILLISECONDS',
  );
  expect(answer.mode).toBe('approximate');
  expect((rows[0]![0] as Estimate).reasons).toEqual(['NOT_CERTIFIABLE']);
  await work.close();
});
