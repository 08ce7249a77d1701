import { beforeAll, expect, describe, test } from 'vitest';
import type { EstimatedRow } from '../../src/engine/known.ts';
import { bellNumbers, GroupedTable } from '../support/draw-groups.ts';

/*
 * How often all intervals of an answer hold their truths at once, over fixed seeds. SIMULTANEOUS promises 95 % of that; intervals
 * that hold each for itself do not reach it, which shows that the test can tell.
 */

const confidence = 0.95;
const rowsPerGroup = 150;
const sql = 'SELECT g, AVG(x) FROM t WHERE x < 100 GROUP BY g';

describe.each([
  { groups: 2, draws: 2000 },
  { groups: 10, draws: 1000 },
  { groups: 50, draws: 400 },
])('$groups groups', ({ groups, draws }) => {
  // Each group is a stratum, so their estimates are independent.
  const values = Array.from({ length: groups }, (_, group) => bellNumbers(rowsPerGroup, 1000 + group));
  const means = values.map((own) => own.reduce((sum, value) => sum + value, 0) / own.length);
  const table = new GroupedTable(values, { kind: 'stratified', columns: ['g'], cap: 40 });
  const least = confidence - 2.33 * Math.sqrt((confidence * (1 - confidence)) / draws);
  /** Draws in which every interval holds the mean of its group. */
  const covered = { simultaneous: 0, pointwise: 0 };

  const allHold = (rows: readonly EstimatedRow[]): boolean =>
    rows.every(({ keys: [group], estimates: [own] }) => {
      const { low, high } = own!.estimate;
      const mean = means[group as number]!;
      return low !== null && high !== null && low <= mean && mean <= high;
    });

  beforeAll(async () => {
    for (let seed = 1; seed <= draws; seed++) {
      const sample = await table.draw(seed);
      for (const kind of ['simultaneous', 'pointwise'] as const) {
        const simultaneous = kind === 'simultaneous';
        const { rows } = await table.ask(sample, sql, { confidence, simultaneous });
        expect(rows).toHaveLength(groups);
        if (allHold(rows)) covered[kind]++;
      }
      await sample.close();
    }
  }, 120_000);

  test('SIMULTANEOUS holds all of them with its confidence', () =>
    expect(covered.simultaneous / draws).toBeGreaterThanOrEqual(least));
  test('pointwise intervals do not', () => expect(covered.pointwise / draws).toBeLessThan(least));
  test('it asks no more than it promises', () =>
    expect(covered.simultaneous / draws).toBeLessThanOrEqual(2 * confidence - least));
});
