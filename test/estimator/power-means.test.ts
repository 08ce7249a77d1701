import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../src/common/index.ts';
import { pairMeans, SingleMeans } from '../../src/estimator/power-means.ts';
import { largestContribution, contributionReach } from '../../src/estimator/reach.ts';
import { dependenceOf, doubleType, layoutMoments, type MomentLayout } from '../../src/plan/index.ts';
import { bindAggregate } from '../support/ask-sample.ts';
import { stratumMoments, stratumPairMoments } from '../statistical/harness/population.ts';

/* What is expected of contributions by moments, held against the same straight from the rows. */

const sizes = [40, 7, 300];
const centres = [3, -2];
const totalRows = sizes.reduce((a, b) => a + b);
const random = seededRandom(11);
const x = Float64Array.from({ length: totalRows }, () => 5 + random.next() ** 3 * 10);
const y = x.map((value) => value * 0.3 - 4 * random.next());
const columns = ['x', 'y'].map((name) => ({ name, type: doubleType }));

const drawGradient = (source: Random, totals: number): number[] =>
  Array.from({ length: totals }, () => source.next() * 2 - 1);

/** A row's contribution, written out. */
function contribution(
  { totals: all, measures }: MomentLayout,
  totals: readonly number[],
  gradient: readonly number[],
): (row: number) => number {
  const valueOf = (measure: number, row: number): number => {
    const argument = measures[measure]!.argument;
    if (argument?.kind !== 'column') return 0;
    return (argument.name === 'x' ? x : y)[row]! - centres[measure]!;
  };
  return (row) =>
    totals.reduce(
      (sum, total, place) =>
        sum +
        all[total]!.reduce(
          (term, { measure, power }) => term * valueOf(measure, row) ** power,
          gradient[place]!,
        ),
      0,
    );
}

function naivePower(u: (row: number) => number, k: number, stratum: number): number {
  const start = sizes.slice(0, stratum).reduce((a, b) => a + b, 0);
  const rows = Array.from({ length: sizes[stratum]! }, (_, place) => start + place);
  return rows.reduce((sum, row) => sum + u(row) ** k, 0) / rows.length;
}

describe('E u² and E u³ by moments are those of the rows', () => {
  test.each([
    'SUM(x)',
    'AVG(x)',
    'STDDEV(x)',
    'SUM(x) / SUM(y)',
    'CORR(x, y)',
    'COVAR_SAMP(x, y)',
    'REGR_INTERCEPT(x, y)',
  ])('%s', (output) => {
    const query = bindAggregate(`SELECT ${output} FROM t WHERE x > y`, columns);
    const { layout } = layoutMoments(query);
    const totals = [...layout.totals.keys()];
    const dependence = dependenceOf(layout, totals);
    const joint = { ...stratumPairMoments(x, y, sizes, 3 * dependence.degree), measures: [0, 1] as const };
    const source = seededRandom(5);
    for (let times = 0; times < 20; times++) {
      const gradient = drawGradient(source, totals.length);
      const means =
        dependence.measures.length === 1
          ? new SingleMeans().of(dependence, gradient, centres[0]!, stratumMoments(x, sizes))
          : pairMeans(dependence, gradient, [centres[0]!, centres[1]!], joint);
      const u = contribution(layout, totals, gradient);
      const reach = contributionReach(layout, totals, Float64Array.from(centres), [x, y].map((values) => ({ low: Math.min(...values), high: Math.max(...values), moments: null, terms: [] }))); // prettier-ignore
      const largest = largestContribution(reach, gradient);
      for (const stratum of sizes.keys()) {
        const size = naivePower((row) => Math.abs(u(row)), 3, stratum);
        const found = { second: 0, third: 0 };
        means.find(stratum, found);
        expect(found.second / naivePower(u, 2, stratum)).toBeCloseTo(1, 9);
        expect(Math.abs(found.third - naivePower(u, 3, stratum))).toBeLessThan(1e-9 * size);
      }
      for (const row of x.keys()) expect(Math.abs(u(row))).toBeLessThanOrEqual(largest * (1 + 1e-12));
    }
  });

  test('of products take joint moments of order 6', () => {
    const { layout } = layoutMoments(bindAggregate('SELECT COVAR_POP(x, y) FROM t WHERE x > y', columns));
    const dependence = dependenceOf(layout, [...layout.totals.keys()]);
    const joint = { ...stratumPairMoments(x, y, sizes, 3), measures: [0, 1] as const };
    const means = pairMeans(dependence, layout.totals.map(() => 1), [0, 0], joint); // prettier-ignore
    expect(dependence.degree).toBe(2);
    const found = { second: 0, third: 0 };
    means.find(0, found);
    expect(found.third).toBeNaN();
  });
});
