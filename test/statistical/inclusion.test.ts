import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { finish } from '../../src/common/index.ts';
import { orderRows } from '../../src/sampler/index.ts';
import { RunIndex } from '../../src/samples/index.ts';
import { priorityExpression } from '../../src/sources/duckdb/pick-rows.ts';
import { keyPriorityExpression } from '../../src/sources/duckdb/scan-keys.ts';

/*
 * Which rows a bottom-k sample holds, over 2,000 seeds, with the priorities that builds use. Tolerances are binomial: so many
 * standard deviations that a sound sampler fails one comparison of a test in about 10,000.
 */

const seeds = 2000;
const rows = 60;

/** The priorities of all rows for each seed, as DuckDB computes an expression over file, row and seed. */
async function prioritiesOf(expression: string): Promise<BigUint64Array[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const sql = `SELECT ${expression} FROM range(${seeds}) s(seed), range(${rows}) t(i) ORDER BY seed, i`;
  const all = (await connection.runAndReadAll(sql)).getColumnsJS()[0] as bigint[];
  connection.closeSync();
  instance.closeSync();
  return Array.from({ length: seeds }, (_, seed) =>
    BigUint64Array.from(all.slice(seed * rows, (seed + 1) * rows)),
  );
}

/** The rows of a sample in file order. */
function draw(
  priority: BigUint64Array,
  stratum: Int32Array,
  cap: number,
): { order: Int32Array; sizes: Int32Array } {
  const strata = stratum.reduce((most, each) => Math.max(most, each), 0) + 1;
  return finish(orderRows(stratum, priority, new Float64Array(strata).fill(cap), 1));
}

/** (observed − expected) in binomial standard deviations. */
const deviation = (count: number, draws: number, probability: number): number =>
  (count - draws * probability) / Math.sqrt(draws * probability * (1 - probability));

/** Largest deviation allowed among so many comparisons: P(any) ≈ 10⁻⁴. */
const limitFor = (comparisons: number): number => Math.sqrt(2 * Math.log(comparisons / 1e-4));

const oneStratum = new Int32Array(rows);

/**
 * How many rows the samples of neighbouring seeds share, against chance (hypergeometric: K rows, K of N marked): deviation of the
 * mean, and of the spread, in standard deviations.
 */
function overlapDeviations(
  priorities: readonly BigUint64Array[],
  cap: number,
): { mean: number; spread: number } {
  const samples = priorities.map((priority) => new Set(draw(priority, oneStratum, cap).order));
  const mean = (cap * cap) / rows;
  const variance = (mean * (1 - cap / rows) * (rows - cap)) / (rows - 1);
  let shared = 0;
  let squares = 0;
  for (let seed = 1; seed < seeds; seed++) {
    const overlap = [...samples[seed]!].filter((row) => samples[seed - 1]!.has(row)).length;
    shared += overlap;
    squares += (overlap - mean) ** 2 / variance;
  }
  return {
    mean: (shared - (seeds - 1) * mean) / Math.sqrt((seeds - 1) * variance),
    spread: (squares - (seeds - 1)) / Math.sqrt(2 * (seeds - 1)),
  };
}

describe.each([
  ['rows', priorityExpression('7', 'i', 'seed')],
  ['keys of whole numbers', keyPriorityExpression(['i'], 'seed')],
  ['keys of a text and a number', keyPriorityExpression(["'user ' || i // 4", '(i % 4)::INTEGER'], 'seed')],
])('bottom-k with the priorities of builds, of %s', (_name, expression) => {
  const cap = 12;
  let priorities: BigUint64Array[];
  beforeAll(async () => {
    priorities = await prioritiesOf(expression);
  });

  test('every row is as likely as any other', () => {
    const counts = new Float64Array(rows);
    for (const priority of priorities)
      for (const row of draw(priority, oneStratum, cap).order) counts[row]!++;
    const worst = Math.max(...counts.map((count) => Math.abs(deviation(count, seeds, cap / rows))));
    expect(worst).toBeLessThan(limitFor(rows));
  });

  test('every pair of rows is as likely as any other', () => {
    const counts = new Float64Array(rows * rows);
    for (const priority of priorities) {
      const { order } = draw(priority, oneStratum, cap);
      for (const a of order) for (const b of order) if (a < b) counts[a * rows + b]!++;
    }
    const probability = (cap * (cap - 1)) / (rows * (rows - 1));
    const deviations: number[] = [];
    for (let a = 0; a < rows; a++)
      for (let b = a + 1; b < rows; b++)
        deviations.push(deviation(counts[a * rows + b]!, seeds, probability));
    const pairs = (rows * (rows - 1)) / 2;
    expect(deviations).toHaveLength(pairs);
    expect(Math.max(...deviations.map(Math.abs))).toBeLessThan(limitFor(pairs));
    // Not only no outlier: the squares add up to their number, give or take √(2·pairs).
    const squares = deviations.reduce((sum, each) => sum + each * each, 0);
    expect(Math.abs(squares - pairs)).toBeLessThan(5 * Math.sqrt(2 * pairs));
  });

  test('samples of neighbouring seeds share as many rows as chance gives', () => {
    const { mean, spread } = overlapDeviations(priorities, cap);
    expect(Math.abs(mean)).toBeLessThan(limitFor(2));
    expect(Math.abs(spread)).toBeLessThan(limitFor(2));
  });

  test('the plain hash of row and seed fails the same comparison', async () => {
    const trap = await prioritiesOf('hash(i, seed)');
    expect(Math.abs(overlapDeviations(trap, cap).spread)).toBeGreaterThan(2 * limitFor(2));
  });

  test('every prefix is uniform within its strata', () => {
    // Strata of 10, 20 and 30 rows, 25 kept of each at most; prefixes that end inside runs of both bands.
    const stratum = Int32Array.from({ length: rows }, (_, row) => (row < 10 ? 0 : row < 30 ? 1 : 2));
    const populations = [10, 20, 30];
    for (const prefix of [13, 37, 45, 50]) {
      const counts = new Float64Array(rows);
      let sizes: Int32Array = new Int32Array(3);
      for (const priority of priorities) {
        const drawn = draw(priority, stratum, 25);
        sizes = new RunIndex(drawn.sizes).sizesOfPrefix(prefix);
        for (const row of drawn.order.subarray(0, prefix)) counts[row]!++;
      }
      for (let row = 0; row < rows; row++) {
        const h = stratum[row]!;
        const probability = sizes[h]! / populations[h]!;
        if (probability === 0 || probability === 1) expect(counts[row]).toBe(probability * seeds);
        else
          expect(
            Math.abs(deviation(counts[row]!, seeds, probability)),
            `row ${row} in a prefix of ${prefix}`,
          ).toBeLessThan(limitFor(4 * rows));
      }
    }
  });
});
