import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cell, Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * What quantiles of large samples hold at once: 64 MB of values, 256 MB where no part of the rows will do. A row takes 24 bytes and
 * as much again for each expression, so thirty of them bring 400,000 rows beyond the limits.
 */

const [rows, expressions] = [400_000, 30];
const bytes = 24 * (1 + expressions);
const partRows = 2 ** 26 / bytes;
const one = 'MEDIAN(u)';
const many = Array.from({ length: expressions }, (_, place) => `MEDIAN(u + ${place}) AS m${place}`);

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT i AS id, i % 500 AS g, (hash(hash(i, 1)) % 1000003 + 0.5) / 1000003.0 AS u,
       CASE WHEN i % 3 = 0 THEN exp(12 * (hash(hash(i, 2)) % 1000003) / 1000003.0) ELSE 1 END AS tail, 2 AS weight
     FROM range(${rows}) t(i)`,
  );
}, 60_000);
afterAll(() => work.close());

const isEstimate = (cell: Cell): cell is Estimate =>
  cell !== null && typeof cell === 'object' && 'certified' in cell;
const estimatesOf = (result: QueryResult): Estimate[] => result.rows.flatMap((row) => row.filter(isEstimate));

/** Runs work beside one sample of the table. */
async function beside(sample: string, run: () => Promise<void>): Promise<void> {
  await work.query(`CREATE SAMPLE s ON t ${sample} SEED 1`);
  try {
    await run();
  } finally {
    await work.query('DROP SAMPLE s');
  }
}

describe('of more rows than there is room for', () => {
  test('the first ranks are taken, and certified by their own number', () =>
    beside('UNIFORM 360000 ROWS', async () => {
      const [plain] = estimatesOf(await work.query(`SELECT ${one} FROM t WHERE id > 9`));
      const all = estimatesOf(await work.query(`SELECT ${many.join(', ')} FROM t WHERE id > 9`));
      expect(plain!.support).toBeGreaterThan(0.99 * 360_000);
      for (const [place, { value, stdError, certified, support }] of all.entries()) {
        expect(support).toBeGreaterThan(0.9 * partRows);
        expect(support).toBeLessThanOrEqual(partRows);
        expect(certified).toBe(true);
        // √(f(1 − f)·(1 − n/N)/n), the values being uniform.
        expect(stdError! / (0.5 * Math.sqrt((1 - support / rows) / support))).toBeCloseTo(1, 1);
        expect(Math.abs(value! - 0.5 - place)).toBeLessThan(5 * stdError!);
      }
    }));

  test('of every stratum', () =>
    beside('STRATIFIED BY (g) CAP 720', async () => {
      const found = await work.query(`SELECT g, ${many.join(', ')} FROM t WHERE id > 9 GROUP BY g`);
      expect(found.rows).toHaveLength(500);
      for (const { support } of estimatesOf(found)) {
        expect(support).toBeLessThanOrEqual(partRows / 500);
        expect(support).toBeGreaterThan((0.9 * partRows) / 500);
      }
    }));

  test('beside all outliers', () =>
    beside('UNIFORM 240000 ROWS OUTLIERS OF (tail)', async () => {
      const sql = `SELECT ${many.join(', ')} FROM t WHERE id > 9`;
      const [first] = estimatesOf(await work.query(sql));
      expect(first!.support).toBeGreaterThan(1.2 * partRows);
      expect(first).toMatchObject({ certified: true, exact: false });
      expect(Math.abs(first!.value! - 0.5)).toBeLessThan(5 * first!.stdError!);
      // The rest keeps half of the room: a quarter of its rows is not two of them.
      expect(first!.stdError).toBeLessThan(0.005);
    }));
});

test('what leaves nothing out stays exact', () =>
  beside(`UNIFORM ${rows} ROWS`, async () => {
    const sql = `SELECT ${one}, MAD(u) FROM t WHERE id > 9`;
    const [found, exact] = [await work.query(sql), await work.values(`EXACT ${sql}`)];
    expect(found.answer.mode).toBe('approximate');
    for (const [place, estimate] of estimatesOf(found).entries()) {
      const value = exact[0]![place] as number;
      expect(estimate).toMatchObject({ value, low: value, high: value, exact: true });
    }
  }));

test('rows with weights of their own are all held, or refused', async () => {
  await work.query(`CREATE TABLE w FROM '${work.path('t.parquet')}' SAMPLED WEIGHT weight`);
  const [some] = estimatesOf(await work.query(`SELECT ${one} FROM w WHERE id > 9`));
  expect(some!.support).toBe(rows - 10);
  const error = await work.error(`SELECT ${many.join(', ')} FROM w WHERE id > 9`);
  expect(error.code).toBe('LIMIT_EXCEEDED');
  expect(error.message).toContain('399,990 rows');
  // Their weights are held beside their values.
  expect(error.message).toContain(Math.floor(2 ** 28 / (bytes + 24)).toLocaleString('en-US'));
  expect(error.hint).toContain('filter');
});
