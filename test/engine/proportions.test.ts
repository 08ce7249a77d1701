import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RankLimits } from '../../src/engine/rank-limits.ts';
import type { Estimate } from '../../src/index.ts';
import { bigintType } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import { arrayScan } from '../support/array-scan.ts';
import { buildInMemory } from '../support/build.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Strata of one group are read in proportion to their size where that takes fewer rows: rows of a group then weigh about the same, as
 * in a sample that was drawn without regard to strata.
 */

/** Rows of the table in each stratum; the last is taken whole. */
const sizes = [8000, 4000, 500, 100, 30];
const cap = 2000;

async function sampleOf(): Promise<Sample> {
  const strata = sizes.flatMap((size, stratum) => Array<number>(size).fill(stratum));
  const priorities = BigUint64Array.from(strata, (_, row) => BigInt((row * 7919) % 104_729));
  const scan = arrayScan({ columns: [{ name: 'h', type: bigintType }], values: [strata] }, { priorities });
  return await buildInMemory(scan, { kind: 'stratified', columns: ['h'], cap });
}

describe('rank limits', () => {
  const oneGroup = new Float64Array(sizes.length);
  const under = (limits: RankLimits, limit: number): number[] =>
    sizes.map((_, stratum) => limits.unitsUnder(stratum, limit));

  test('count the rows of the largest stratum from the rank on that all were read to', async () => {
    const limits = new RankLimits(await sampleOf(), new Uint8Array(sizes.length).fill(1), false);
    const alike = under(limits, 50);
    limits.readInProportion(oneGroup, 50);
    expect(under(limits, 50)).toEqual(alike);
    // 1, 1/2, 1/16 and, of strata that are smaller yet, 1/16 too.
    expect(under(limits, 1600)).toEqual([1600, 800, 100, 100, 30]);
    expect(limits.rowsUnder(1600)).toBe(1600 + 800 + 100 + 100 + 30);
    limits.readAlike();
    expect(under(limits, 1600)).toEqual([1600, 1600, 500, 100, 30]);
  });

  test('reach every row of the sample at the largest', async () => {
    const limits = new RankLimits(await sampleOf(), new Uint8Array(sizes.length).fill(1), false);
    expect(limits.max).toBe(cap);
    limits.readInProportion(oneGroup, 50);
    expect(limits.max).toBe(500 * 16);
    expect(under(limits, limits.max)).toEqual(sizes.map((size) => Math.min(size, cap)));
    for (const [limit, next] of [
      [10, 60],
      [60, 61],
      [61, 3000],
      [3000, 8000],
    ] as const)
      // prettier-ignore
      for (const [stratum, rows] of under(limits, limit).entries())
        expect(rows).toBeLessThanOrEqual(limits.unitsUnder(stratum, next));
  });

  test('know groups that strata are of alone, and strata that the predicate excludes', async () => {
    const included = Uint8Array.from([0, 1, 1, 1, 1]);
    const limits = new RankLimits(await sampleOf(), included, false);
    const eachItsOwn = Float64Array.from(sizes.keys());
    expect(limits.canBeInProportion(eachItsOwn)).toBe(false);
    expect(limits.canBeInProportion(oneGroup)).toBe(true);
    limits.readInProportion(oneGroup, 20);
    expect(limits.unitsUnder(1, 400)).toBe(400); // the largest of those left
    expect(limits.unitsUnder(2, 400)).toBe(50);
  });
});

describe('bounded answers', () => {
  const seeds = 60;
  const [bound, z] = [0.02, 1.96];
  const matching = 'FROM t WHERE x > 30 GROUP BY k';
  let work: Workspace;
  beforeAll(async () => {
    work = await Workspace.open();
    // Two groups, each of strata with a half, a quarter, an eighth … of its rows, whose values differ from stratum to stratum.
    await work.table(
      't',
      `SELECT i % 2 AS k, h, (hash(i, 3) % 100 + 3 * h)::INTEGER AS x FROM
        (SELECT i, floor(-log2((hash(i, 1) % 1000000 + 1) / 1000000))::INTEGER AS h FROM range(200000) t(i))`,
    );
  }, 60_000);
  afterAll(() => work.close());

  /** Rows that it takes at least for the counts alone, if all strata are read to the same rank. */
  async function rowsAlike(): Promise<number> {
    const strata = (await work.values(
      'EXACT SELECT k, COUNT(*), COUNT(*) FILTER (WHERE x > 30) FROM t GROUP BY k, h',
    )) as [number, number, number][];
    const isEnough = (rank: number): boolean =>
      [0, 1].every((group) => {
        const own = strata.filter(([k]) => k === group);
        const count = own.reduce((sum, [, , matches]) => sum + matches, 0);
        const variance = own.reduce((sum, [, size, matches]) => {
          const share = matches / size;
          return sum + (Math.max(0, size - rank) * size * share * (1 - share)) / rank;
        }, 0);
        return z * Math.sqrt(variance) <= bound * count;
      });
    let rank = 1;
    while (!isEnough(rank)) rank++;
    return strata.reduce((rows, [, size]) => rows + Math.min(size, rank), 0);
  }

  test('take fewer rows so, and keep their bounds and intervals', async () => {
    const truth = await work.values(`EXACT SELECT k, COUNT(*), AVG(x) ${matching} ORDER BY k`);
    let [cells, covered, within, rowsRead] = [0, 0, 0, 0];
    for (let seed = 1; seed <= seeds; seed++) {
      await work.query(`CREATE SAMPLE s ON t STRATIFIED BY (k, h) CAP 10000 SEED ${seed}`);
      const { rows, answer } = await work.query(
        `SELECT k, COUNT(*), AVG(x) ${matching} ORDER BY k ERROR WITHIN ${bound * 100}% AT CONFIDENCE 95%`,
      );
      expect(answer).toMatchObject({ mode: 'approximate', met: true });
      rowsRead += answer.sample!.rowsRead;
      for (const [place, [, ...estimates]] of rows.entries()) {
        for (const [at, { low, high, value }] of (estimates as Estimate[]).entries()) {
          const exact = truth[place]![at + 1] as number;
          cells++;
          if (low! <= exact && exact <= high!) covered++;
          if (Math.abs(value! - exact) <= bound * exact) within++;
        }
      }
      await work.query('DROP SAMPLE s');
    }
    expect(rowsRead / seeds).toBeLessThan(0.8 * (await rowsAlike()));
    const monteCarlo = 2 * Math.sqrt((0.95 * 0.05) / seeds);
    expect(covered / cells).toBeGreaterThanOrEqual(0.94 - monteCarlo);
    expect(within / cells).toBeGreaterThanOrEqual(0.95 - monteCarlo);
  }, 120_000);
});
