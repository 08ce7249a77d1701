import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cell, Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Quantiles from samples that are not of rows alone: of keys, and of strata that are read whole.
 */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    'k',
    `SELECT id, key, u, CASE WHEN id % 1000 = 0 THEN 'few' ELSE 'many' END AS size, (hash(hash(key, 6)) % 1000003) / 1000003.0 AS level
     FROM (SELECT i AS id, (hash(hash(i, 5)) % 6000)::INTEGER AS key, (hash(hash(i, 1)) % 1000003) / 1000003.0 AS u
       FROM range(300000) t(i))`,
  );
}, 60_000);
afterAll(() => work.close());

const isEstimate = (cell: Cell): cell is Estimate =>
  cell !== null && typeof cell === 'object' && 'certified' in cell;
const estimatesOf = (result: QueryResult): Estimate[] => result.rows.flatMap((row) => row.filter(isEstimate));

describe('samples of keys', () => {
  beforeAll(async () => {
    await work.query('CREATE SAMPLE keys ON k UNIVERSE BY (key) 10% SEED 1');
  });
  test('quantiles stand beside counts of keys, under bounds too', async () => {
    const sql =
      'SELECT COUNT(DISTINCT key), MEDIAN(u), QUANTILE_CONT(u, 0.9), MAD(u), MEDIAN(level) FROM k WHERE id > 9';
    const [found, exact] = [await work.query(sql), await work.values(`EXACT ${sql}`)];
    expect(found.answer).toMatchObject({ mode: 'approximate', sample: { name: 'keys' } });
    for (const [place, { value, low, high, certified, stdError }] of estimatesOf(found).entries()) {
      expect(certified).toBe(place !== 3);
      expect(low!).toBeLessThanOrEqual(value!);
      expect(high!).toBeGreaterThanOrEqual(value!);
      if (place > 0) expect(Math.abs(value! - Number(exact[0]![place]))).toBeLessThan(6 * stdError!);
    }
    // All rows of a key have its level: its median is known from fifty times fewer than that of u.
    const [, ofRows, , , ofKeys] = estimatesOf(found);
    expect(ofKeys!.stdError).toBeGreaterThan(4 * ofRows!.stdError!);
    const bound = await work.query(
      'SELECT COUNT(DISTINCT key), MEDIAN(u) FROM k WHERE id > 9 ERROR WITHIN 5% ON MISS BEST EFFORT',
    );
    expect(bound.answer).toMatchObject({ mode: 'approximate', met: true });
    expect(bound.answer.sample!.rowsRead).toBeLessThan(found.answer.sample!.rowsRead);
  });
});

describe('strata', () => {
  beforeAll(async () => {
    await work.query('CREATE SAMPLE sized ON k STRATIFIED BY (size) CAP 2000 SEED 3');
  });
  test('one that is read whole is exact beside one that is not', async () => {
    const { rows, answer } = await work.query('SELECT size, MEDIAN(u) FROM k GROUP BY size ORDER BY size');
    expect(answer).toMatchObject({ mode: 'approximate', sample: { name: 'sized' } });
    const [few, many] = rows.map((row) => row[1] as Estimate);
    const [[truth]] = (await work.values("EXACT SELECT MEDIAN(u) FROM k WHERE size = 'few'")) as [[number]];
    expect(few).toMatchObject({ value: truth, low: truth, high: truth, exact: true, stdError: 0 });
    expect(many).toMatchObject({ exact: false, certified: true });
  });
});
