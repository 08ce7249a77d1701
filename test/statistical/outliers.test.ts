import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import type { Estimate, Moments } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { DrawingTable } from '../support/draws.ts';
import { writeDoubles } from '../support/write-doubles.ts';

/*
 * What OUTLIERS OF is for: the sum of a column with a heavy tail, over a million rows of which ten thousand are kept. Without, the
 * interval is wide and misses too often, for the rows that matter most are rarely drawn; with, they are all there.
 */

const population = 1_000_000;
const kept = 10_000;
const draws = 400;
const drawsWithout = 100;

/** Lognormal values with σ = 2. */
function lognormal(): Float64Array {
  const random = seededRandom(61);
  return Float64Array.from({ length: population }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return Math.exp(2 * radius * Math.cos(2 * Math.PI * random.next()));
  });
}

/** What the draws of one way to read and estimate came to. */
interface Outcome {
  readonly coverage: number;
  /** Median over the draws. */
  readonly width: number;
  readonly certified: number;
}

const folder = mkdtempSync(join(tmpdir(), 'ballpark-outliers-'));
const method = { kind: 'uniform', unit: 'rows', amount: kept } as const;
let truth: number;
let path: string;

beforeAll(async () => {
  const values = lognormal();
  truth = values.reduce((sum, value) => sum + value, 0);
  path = join(folder, 'population.parquet');
  await writeDoubles(path, values);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How a drawn sample is read and estimated from. */
interface Way {
  /** Rows of each stratum; all where none are given. */
  readonly rows?: (sample: Sample) => Int32Array;
  readonly alter?: (moments: Moments) => Moments;
}

/** Draws samples, and asks each for the sum in several ways. */
async function outcomesOf<Name extends string>(
  outliersOf: readonly string[],
  draws: number,
  ways: Readonly<Record<Name, Way>>,
): Promise<Record<Name, Outcome>> {
  const table = await DrawingTable.open(path, method, folder, outliersOf);
  const query = bindAggregate('SELECT SUM(x) FROM t', table.columns);
  const estimates = new Map<string, Estimate[]>();
  for (let seed = 1; seed <= draws; seed++) {
    const sample = await table.draw(seed);
    expect(sample.rows).toBe(kept);
    for (const [name, { rows, alter }] of Object.entries<Way>(ways)) {
      const options = {
        ...(rows === undefined ? {} : { rows: rows(sample) }),
        ...(alter === undefined ? {} : { alter }),
      };
      const { groups } = await askSample(sample, query, options);
      estimates.set(name, [...(estimates.get(name) ?? []), groups[0]!.estimates[0]!.estimate]);
    }
    await sample.close();
  }
  await table.close();
  const summaries = [...estimates].map(([name, all]) => [name, summaryOf(all)]);
  return Object.fromEntries(summaries) as Record<Name, Outcome>; // one of each name
}

function summaryOf(estimates: readonly Estimate[]): Outcome {
  const share = (holds: (estimate: Estimate) => boolean): number =>
    estimates.filter(holds).length / estimates.length;
  const widths = estimates.map(({ low, high }) => high! - low!).sort((a, b) => a - b); // a sum with matches has ends
  return {
    coverage: share(({ low, high }) => low! <= truth && truth <= high!),
    width: widths[Math.floor(widths.length / 2)]!, // there are draws
    certified: share(({ certified }) => certified),
  };
}

/** A quarter of the rows that are not taken whole. */
const rankLimit = 1500;
const cutAll = ({ runs }: Sample): Int32Array => runs.sizes.map((size) => Math.min(size, rankLimit));

/** The planted bug: a rank limit cuts the outliers too, and still they count as read whole. */
function countCutAsWhole(moments: Moments): Moments {
  const outliers = 1; // behind the other rows of the one key
  const populationRows = moments.populationRows.slice();
  populationRows[outliers] = moments.rowsRead[outliers]!;
  return { ...moments, populationRows };
}

describe(`SUM of ${population} lognormal values (σ = 2), ${kept} rows kept`, () => {
  let withOutliers: Record<'whole' | 'limited' | 'bugged', Outcome>;
  let without: Record<'whole', Outcome>;

  beforeAll(async () => {
    withOutliers = await outcomesOf(['x'], draws, {
      whole: {},
      limited: { rows: ({ runs }) => runs.sizes.map((_, stratum) => runs.rowsUnder(stratum, rankLimit)) },
      bugged: { rows: cutAll, alter: countCutAsWhole },
    });
    without = await outcomesOf([], drawsWithout, { whole: {} });
    if (process.env['BALLPARK_SHOW_COVERAGE']) console.log(withOutliers, without);
  }, 600_000);

  test('covers at least 93.5 %, certified, at 0.6 times the width at most', () => {
    const { coverage, width, certified } = withOutliers.whole;
    expect(coverage).toBeGreaterThanOrEqual(0.935);
    expect(certified).toBeGreaterThanOrEqual(0.9);
    expect(width).toBeLessThanOrEqual(0.6 * without.whole.width);
    expect(without.whole.certified).toBe(0);
  });

  test('a rank limit leaves the outliers whole, and covers', () => {
    const monteCarlo = Math.sqrt((0.95 * 0.05) / draws);
    expect(withOutliers.limited.coverage).toBeGreaterThanOrEqual(0.935 - 2 * monteCarlo);
  });

  test('cutting the outliers and counting them as whole is noticed', () => {
    expect(withOutliers.bugged.coverage).toBeLessThan(0.5);
  });
});
