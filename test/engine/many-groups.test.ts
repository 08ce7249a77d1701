import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Estimate } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Of very many groups those with the fewest matches are estimated first: if one of them misses the bound the answer does. One that has as
 * many matches as others, but is spread more widely, is among the others.
 */

const groups = 2200;
const rowsAGroup = 600;
const wild = 1501;

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT g, CASE WHEN g = ${wild} THEN 100 + ((hash(i, g, 1) % 2)::INTEGER * 2 - 1) * 70 ELSE 100 + (hash(i, g, 1) % 60)::INTEGER - 30 END AS x, hash(i, g, 2) % 10 AS h
     FROM range(1200) t(i), range(${groups}) s(g)`,
  );
  await work.query(`CREATE SAMPLE s ON t STRATIFIED BY (g) CAP ${rowsAGroup} SEED 1`);
}, 60_000);
afterAll(() => work.close());

const bounded = (percent: number): string =>
  `SELECT g, AVG(x) FROM t WHERE h > 0 GROUP BY g ORDER BY g ERROR WITHIN ${percent}% ON MISS BEST EFFORT`;

test('a bound is kept by the group that is spread most widely too', async () => {
  const { answer, rows } = await work.query(bounded(8));
  expect(rows).toHaveLength(groups);
  expect(answer.met).toBe(true);
  const errors = rows.map(([, estimate]) => (estimate as Estimate).relativeError!);
  expect(Math.max(...errors)).toBeLessThanOrEqual(0.08);
  // It is not in the way of the others, and no more is read than it needs.
  expect(errors[wild]).toBe(Math.max(...errors));
  expect(errors.toSorted((a, b) => b - a)[1]!).toBeLessThan(0.03);
  expect(answer.sample!.rowsRead).toBeLessThan(0.9 * groups * rowsAGroup);
});

test('a bound that this group alone misses is missed', async () => {
  const { answer, rows } = await work.query(bounded(3));
  const missing = rows.filter(([, estimate]) => (estimate as Estimate).relativeError! > 0.03);
  expect(missing.map(([g]) => Number(g))).toEqual([wild]);
  expect(answer.met).toBe(false);
});
