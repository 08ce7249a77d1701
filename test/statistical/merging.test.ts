import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { doubleType, integerType } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import { priorityExpression } from '../../src/sources/duckdb/pick-rows.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { drawPart, mergeParts, type OpenPart } from '../support/parts.ts';
import { rowsOf } from '../support/sample-content.ts';

/*
 * What merged parts of different depth are as samples, over many draws at once: each draw is a stratum of its own, with a seed of
 * its own, and has rows in every part. Tolerances are binomial.
 */

/** A part: rows of each draw, and how many of them are kept at most. */
interface PartSize {
  readonly rows: number;
  readonly cap: number;
}

/** For each part the priorities of its rows, draw by draw, as builds compute them: by file, row and seed. */
async function prioritiesOf(parts: readonly PartSize[], draws: number): Promise<BigUint64Array[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const found: BigUint64Array[] = [];
  for (const [part, { rows }] of parts.entries()) {
    const expression = priorityExpression(String(part + 1), 'i', 'seed');
    const sql = `SELECT ${expression} FROM range(${draws}) s(seed), range(${rows}) t(i) ORDER BY seed, i`;
    const values = (await connection.runAndReadAll(sql)).getColumnsJS()[0] as bigint[];
    found.push(BigUint64Array.from(values));
  }
  connection.closeSync();
  instance.closeSync();
  return found;
}

const columns = [
  { name: 'draw', type: integerType },
  { name: 'place', type: integerType },
  { name: 'x', type: doubleType },
];

/** Draws the parts and merges them. @param value of a row, by draw, part and place in it */
async function drawMerged(
  parts: readonly PartSize[],
  draws: number,
  value: (draw: number, part: number, row: number) => number,
): Promise<Sample> {
  const priorities = await prioritiesOf(parts, draws);
  const drawn: OpenPart[] = [];
  for (const [part, { rows, cap }] of parts.entries()) {
    const before = parts.slice(0, part).reduce((sum, each) => sum + each.rows, 0);
    const all = Array.from({ length: draws * rows }, (_, row) => ({
      draw: Math.floor(row / rows),
      row: row % rows,
    }));
    const values = [
      all.map(({ draw }) => draw),
      all.map(({ row }) => before + row),
      all.map(({ draw, row }) => value(draw, part, row)),
    ];
    drawn.push(
      await drawPart({ columns, values }, priorities[part]!, { kind: 'stratified', columns: ['draw'], cap }),
    );
  }
  const [first, ...others] = drawn;
  return (await mergeParts(columns, [first!, ...others])).sample;
}

/** Largest deviation allowed among so many comparisons: P(any) ≈ 10⁻⁴. */
const limitFor = (comparisons: number): number => Math.sqrt(2 * Math.log(comparisons / 1e-4));

/** (observed − expected) in binomial standard deviations. */
const deviation = (count: number, draws: number, probability: number): number =>
  (count - draws * probability) / Math.sqrt(draws * probability * (1 - probability));

describe('which rows are in a sample merged of parts of different depth', () => {
  // The third part is complete and bounds nothing; the second one does.
  const parts = [
    { rows: 20, cap: 15 },
    { rows: 35, cap: 9 },
    { rows: 5, cap: 7 },
  ];
  const draws = 2000;
  const [rows, kept] = [60, 9];
  let members: number[][];

  beforeAll(async () => {
    const sample = await drawMerged(parts, draws, () => 0);
    expect([...new Set(sample.strata.sampled)]).toEqual([kept]);
    expect([...new Set(sample.strata.population)]).toEqual([rows]);
    const found = await rowsOf(sample);
    members = Array.from({ length: draws }, () => []);
    for (const [row, draw] of found['draw']!.entries())
      members[Number(draw)]!.push(Number(found['place']![row]));
  });

  test('every row is as likely as any other, whatever its part', () => {
    const counts = new Float64Array(rows);
    for (const places of members) for (const place of places) counts[place]!++;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(draws * kept);
    const worst = Math.max(...counts.map((count) => Math.abs(deviation(count, draws, kept / rows))));
    expect(worst).toBeLessThan(limitFor(rows));
  });

  test('every pair of rows is as likely as any other', () => {
    const counts = new Float64Array(rows * rows);
    for (const places of members)
      for (const a of places) for (const b of places) if (a < b) counts[a * rows + b]!++;
    const probability = (kept * (kept - 1)) / (rows * (rows - 1));
    const deviations: number[] = [];
    for (let a = 0; a < rows; a++)
      for (let b = a + 1; b < rows; b++)
        deviations.push(deviation(counts[a * rows + b]!, draws, probability));
    expect(Math.max(...deviations.map(Math.abs))).toBeLessThan(limitFor(deviations.length));
    const squares = deviations.reduce((sum, each) => sum + each * each, 0);
    expect(Math.abs(squares - deviations.length)).toBeLessThan(5 * Math.sqrt(2 * deviations.length));
  });

  test('each part has the share that it has of the table', () => {
    let before = 0;
    for (const { rows: own } of parts) {
      const [from, to] = [before, before + own];
      before = to;
      const count = members.flat().filter((place) => place >= from && place < to).length;
      const share = own / rows;
      const error = Math.sqrt(draws * kept * share * (1 - share) * (1 - kept / rows) * (rows / (rows - 1)));
      expect(Math.abs(count - draws * kept * share)).toBeLessThan(4 * error);
    }
  });
});

describe('AVG from a merged sample, parts with different means', () => {
  const parts = [
    { rows: 150, cap: 80 },
    { rows: 450, cap: 40 },
  ];
  const draws = 800;

  test('holds the truth as often as it says', async () => {
    const random = seededRandom(17);
    const sums = new Float64Array(draws);
    const sample = await drawMerged(parts, draws, (draw, part) => {
      const x = (part === 0 ? 20 : 10) + 6 * random.next() * random.next();
      sums[draw]! += x;
      return x;
    });
    expect(sample.rows).toBe(draws * 40);
    const { groups } = await askSample(sample, bindAggregate('SELECT AVG(x) FROM t GROUP BY draw', columns));
    expect(groups).toHaveLength(draws);
    let [covered, certified, error] = [0, 0, 0];
    for (const { keys, estimates } of groups) {
      const { value, low, high, certified: isCertified } = estimates[0]!.estimate;
      const truth = sums[Number(keys[0])]! / 600;
      if (low! <= truth && truth <= high!) covered++;
      if (isCertified) certified++;
      error += (Number(value) - truth) / draws;
    }
    if (process.env['BALLPARK_SHOW_COVERAGE']) console.log({ coverage: covered / draws, certified, error });
    expect(Math.abs(deviation(covered, draws, 0.95))).toBeLessThan(3);
    // A value's standard deviation is about 4.6, that of the mean error 4.6/√(40 · draws).
    expect(Math.abs(error)).toBeLessThan((4 * 4.6) / Math.sqrt(40 * draws));
    expect(certified).toBeGreaterThan(0.8 * draws);
  });
});
