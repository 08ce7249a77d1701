import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { tQuantile } from '../../src/estimator/index.ts';
import type { ListedValues } from '../../src/estimator/listed-groups.ts';
import { finish } from '../../src/common/index.ts';
import { spreadAt } from '../../src/estimator/quantile-estimates.ts';
import { effectiveRowsOf, shareInterval, type ShareSpread } from '../../src/estimator/woodruff.ts';
import { placeOfShare, totalWeight } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { fixturePath, readCsvTable } from '../support/csv.ts';
import { takeWhole } from '../support/take-whole.ts';

/*
 * Quantiles against R's svyquantile, through SQL, kernels and sample files: the estimates, and R's two kinds of interval made with
 * its degrees of freedom, value for value. The engine's own intervals are compared in test/engine/sampled-tables.test.ts.
 */

interface Reference {
  readonly share: number;
  readonly estimate: number;
  readonly mean95: readonly [number | null, number | null];
  readonly beta95: readonly [number | null, number | null];
}
const reference = JSON.parse(readFileSync(fixturePath('survey-quantiles.json'), 'utf8')) as Readonly<
  Record<'apistrat' | 'tiny_fpc' | 'tiny_nofpc', Readonly<Record<string, readonly Reference[]>>>
>;

/**
 * The value at a share as R has it: none outside 0 to 1, and the second value, not the first, where the share is less than the
 * first one's weight.
 */
function valueAt(values: ListedValues, share: number): number | null {
  if (share < 0 || share > 1) return null;
  const isBelowFirst = share * totalWeight(values) < values.cumulative[0]!;
  return values.values[isBelowFirst ? 1 : placeOfShare(values, share)]!;
}

/** R's intervals of the share of values up to the quantile. */
function shareIntervals(
  spread: ShareSpread,
  df: number,
): Record<'mean95' | 'beta95', readonly [number, number]> {
  const half = tQuantile(0.975, df) * Math.sqrt(spread.variance);
  return {
    mean95: [spread.share - half, spread.share + half],
    beta95: shareInterval(spread.share, effectiveRowsOf(spread, df, 0.95), 0.95),
  };
}

describe.each([
  ['apistrat', 'apistrat.csv', 'stype', 'fpc', 1, 197],
  ['tiny_fpc', 'fpc.csv', 'stratid', 'Nh', 1, 6],
  // Without fpc: a population so large that the correction vanishes.
  ['tiny_nofpc', 'fpc.csv', 'stratid', 'Nh', 2 ** 40, 6],
] as const)('%s', (name, file, stratum, size, factor, df) => {
  const table = readCsvTable(file);
  let sample: Sample;
  beforeAll(async () => {
    sample = await takeWhole(table, stratum, size, factor);
  });
  const cases = Object.entries(reference[name]).flatMap(([what, list]) =>
    list.map((expected) => [what, expected.share, expected] as const),
  );

  test.each(cases)('%s at %d', async (what, share, expected) => {
    const [column = '', condition] = what.slice('quantile.'.length).split(' WHERE ');
    const where = condition?.replace('comp.imp', 'comp_imp') ?? `${column} > 0`;
    const sql = `SELECT QUANTILE_DISC(${column}, ${share}) FROM t WHERE ${where}`;
    const { groups } = await askSample(sample, bindAggregate(sql, table.columns));
    const { estimates, listed, cells } = groups[0]!;
    expect(estimates[0]!.estimate.value).toBe(expected.estimate);
    const values = listed!.valuesOf(0, 0);
    const spread = finish(spreadAt(listed!, listed!.scopeOf(cells), 0, 0, placeOfShare(values, share)));
    // Of the rows that the condition leaves R counts only these.
    const intervals = shareIntervals(spread, condition === undefined ? df : spread.units - 3);
    expect(intervals.mean95.map((end) => valueAt(values, end))).toEqual(expected.mean95);
    // Where all values that R takes weigh 1 there is no variance, and R has no such interval.
    if (!expected.beta95.includes(null))
      expect(intervals.beta95.map((end) => valueAt(values, end))).toEqual(expected.beta95);
  });
});

describe('QUANTILE_CONT of rows that weigh 3 and 4', () => {
  const table = readCsvTable('fpc.csv');
  const column = (name: string): number[] =>
    table.values[table.columns.findIndex((each) => each.name === name)]!.map(Number);
  // Each row as often as it weighs, N_h / n_h.
  const [sizes, taken] = [column('Nh'), column('nh')];
  const population = column('x')
    .flatMap((x, row) => Array.from({ length: sizes[row]! / taken[row]! }, () => x))
    .sort((a, b) => a - b);

  test.each([0.01, 0.1, 0.25, 0.37, 0.5, 0.63, 0.9, 0.99])('at %d', async (share) => {
    const sample = await takeWhole(table, 'stratid', 'Nh', 1);
    const query = bindAggregate(
      `SELECT QUANTILE_CONT(x, ${share}), MEDIAN(x) FROM t WHERE x > 0`,
      table.columns,
    );
    const { groups } = await askSample(sample, query);
    const between = (p: number): number => {
      const place = (population.length - 1) * p;
      const [low, high] = [population[Math.floor(place)]!, population[Math.ceil(place)]!];
      return low + (high - low) * (place - Math.floor(place));
    };
    expect(population).toHaveLength(27);
    const [quantile, median] = groups[0]!.estimates.map(({ estimate }) => estimate.value);
    expect(quantile).toBeCloseTo(between(share), 12);
    expect(median).toBeCloseTo(between(0.5), 12);
  });
});

test('values of the first rows alone are a sample of their own', async () => {
  const table = readCsvTable('apistrat.csv');
  const sample = await takeWhole(table, 'stype', 'fpc', 1);
  const query = bindAggregate('SELECT MEDIAN(enroll), COUNT(*) FROM t WHERE meals > 20', table.columns);
  const rows = Int32Array.of(40, 30, 20);
  const [few, whole, listed] = [
    await askSample(sample, query, { rows }),
    await askSample(sample, query),
    await askSample(sample, query, { listedRows: rows }),
  ].map(({ groups }) => groups[0]!.estimates.map(({ estimate }) => estimate));
  expect(listed).toEqual([few![0], whole![1]]);
  expect(few![0]!.stdError).not.toBe(whole![0]!.stdError);
});
