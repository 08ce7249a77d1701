import { describe, expect, test } from 'vitest';
import type { SampleOutliers, SamplingMethod } from '../../src/catalog/index.ts';
import { seededRandom } from '../../src/common/index.ts';
import { doubleType, integerType, type OutputColumn } from '../../src/plan/index.ts';
import { outlierThreshold } from '../../src/sampler/outlier-threshold.ts';
import { buildSample } from '../../src/sampler/index.ts';
import { openSample } from '../../src/samples/index.ts';
import { arrayScan, magnitudesOf } from '../support/array-scan.ts';
import { memoryFiles } from '../support/memory-files.ts';

/* Which rows are taken whole, against the rule tried out on every number of rows. */

const random = seededRandom(7);
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const size = 1500;
const values = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** What taking the t largest whole comes to, straight from the definitions. */
function cutAt(
  sorted: readonly number[],
  taken: number,
  kept: number,
): { variance: number; skewness: number } {
  const rest = sorted.slice(0, sorted.length - taken);
  const centre = mean(rest);
  const [m2, m3] = [2, 3].map((k) => mean(rest.map((x) => (x - centre) ** k))) as [number, number];
  const size = rest.length;
  return {
    variance: size ** 2 * ((m2 * size) / (size - 1)) * (1 / (kept - taken) - 1 / size),
    skewness: m2 === 0 ? 0 : Math.abs(m3) / m2 ** 1.5 / Math.sqrt(kept - taken),
  };
}

/** The rule over every t. @returns rows taken whole */
function takenByDefinition(population: readonly number[], kept: number, takenMax: number): number {
  const sorted = population.toSorted((a, b) => Math.abs(a) - Math.abs(b));
  const cuts = Array.from({ length: Math.floor(takenMax) + 1 }, (_, taken) => cutAt(sorted, taken, kept));
  const leastVariance = cuts.map(({ variance }) => variance).reduce((a, b) => Math.min(a, b));
  const best = cuts.findIndex(({ variance }) => variance === leastVariance);
  const enough = cuts.findIndex(({ skewness }, taken) => taken >= best && skewness <= 0.2);
  if (enough >= 0) return enough;
  const leastSkewness = cuts
    .slice(best)
    .map(({ skewness }) => skewness)
    .reduce((a, b) => Math.min(a, b));
  return cuts.findIndex(({ skewness }, taken) => taken >= best && skewness === leastSkewness);
}

const beyond = (population: readonly number[], threshold: number | null): number =>
  threshold === null ? 0 : population.filter((x) => Math.abs(x) > threshold).length;

describe('the threshold is the one of the rule', () => {
  const lognormal = values(size, () => Math.exp(2 * normal()));
  const mild = values(size, () => Math.exp(0.6 * normal()));
  const pareto = values(size, () => (1 - random.next()) ** (-1 / 1.5));
  const cases: readonly (readonly [string, readonly number[], number])[] = [
    ['lognormal, where variance decides', lognormal, 600],
    ['mild, where the skewness asks for more', mild, 60],
    ['lognormal, where no number of rows makes the rest near enough to normal', lognormal, 20],
    ['Pareto', pareto, 400],
    ['exponential', values(size, () => -Math.log(1 - random.next())), 400],
    ['both signs', lognormal.map((x, i) => (i % 2 === 0 ? x : -x)), 400],
    ['far from 0', lognormal.map((x) => 1e9 + x), 400],
    ['everything kept', lognormal, size],
    ['normal', values(size, normal), 400],
    ['uniform', values(size, () => random.next()), 400],
    ['many zeros', values(size, () => (random.next() < 0.99 ? 0 : Math.exp(normal()))), 400],
  ];
  test.each(cases)('%s', (_, population, kept) => {
    const threshold = outlierThreshold(magnitudesOf(population), kept, kept / 2);
    expect(beyond(population, threshold)).toBe(takenByDefinition(population, kept, kept / 2));
  });

  test('the cases are told apart: some take rows, some none', () => {
    const taken = cases.map(([, population, kept]) => takenByDefinition(population, kept, kept / 2));
    const takenOf = (name: string): number => taken[cases.findIndex(([each]) => each === name)]!; // one of the cases
    expect(takenOf('Pareto')).toBeGreaterThan(50);
    expect(takenOf('uniform')).toBe(0);
    const sorted = mild.toSorted((a, b) => a - b);
    const variances = Array.from({ length: 31 }, (_, t) => cutAt(sorted, t, 60).variance);
    // The least variance alone would take fewer.
    expect(taken[1]).toBeGreaterThan(variances.indexOf(Math.min(...variances)));
    expect(taken[1]).toBeLessThan(30);
  });

  test.each([
    ['a constant', values(100, () => 5)],
    ['no row', []],
    ['one row', [3]],
  ])('%s has no outliers', (_, population) => {
    expect(outlierThreshold(magnitudesOf(population), Math.min(10, population.length), 5)).toBeNull();
  });
});

interface Drawn {
  readonly rows: number;
  /** Rows of the strata that are taken whole, and of the others. */
  readonly whole: number;
  readonly rest: number;
  readonly outliers: SampleOutliers;
  readonly strata: number;
}

describe('a sample with outliers', () => {
  const count = 3000;
  const columns: readonly OutputColumn[] = [
    { name: 'x', type: doubleType },
    { name: 'y', type: doubleType },
    { name: 'g', type: integerType },
  ];
  const table = {
    columns,
    values: [
      values(count, () => Math.exp(2 * normal())).map((x, i) => (i % 10 === 0 ? null : x)),
      values(count, () => (1 - random.next()) ** (-1 / 1.5)),
      Array.from({ length: count }, (_, i) => i % 3),
    ],
  };
  const priorities = BigUint64Array.from(
    { length: count },
    () => BigInt(Math.floor(random.next() * 2 ** 32)) << 32n,
  );
  const draw = async (method: SamplingMethod, outliersOf: readonly string[]): Promise<Drawn> => {
    const files = memoryFiles();
    const request = { method, outliersOf, seed: 1, folder: '/samples', number: 1 };
    const built = await buildSample(files, arrayScan(table, { priorities }), request, {});
    const { strata } = await openSample(files, '/samples', built.files);
    const sum = (whole: number): number =>
      strata.sampled.reduce((rows, size, h) => (strata.takeAll[h] === whole ? rows + size : rows), 0);
    for (let h = 0; h < strata.count; h++)
      if (strata.takeAll[h] === 1) expect(strata.sampled[h]).toBe(strata.population[h]);
    return {
      rows: built.rows,
      whole: sum(1),
      rest: sum(0),
      outliers: built.outliers!,
      strata: strata.count,
    };
  };

  test('of n rows has n rows, outliers among them', async () => {
    const { rows, whole, rest, outliers } = await draw({ kind: 'uniform', unit: 'rows', amount: 500 }, ['x']);
    expect(rows).toBe(500);
    expect(whole).toBe(outliers.rows);
    expect(whole).toBeGreaterThan(50);
    expect(rest).toBe(500 - whole);
  });

  test('of several columns takes at most half its rows whole', async () => {
    const { rows, whole } = await draw({ kind: 'uniform', unit: 'rows', amount: 100 }, ['x', 'y']);
    expect(rows).toBe(100);
    expect(whole).toBeGreaterThan(10);
    expect(whole).toBeLessThanOrEqual(50);
  });

  test('of p % has about p % of the rows', async () => {
    const { rows, whole } = await draw({ kind: 'uniform', unit: 'percent', amount: 20 }, ['x']);
    expect(whole).toBeGreaterThan(50);
    // Binomial, four standard deviations.
    expect(Math.abs(rows - 600)).toBeLessThan(4 * Math.sqrt(count * 0.2 * 0.8));
  });

  test('by strata has of each its outliers, and of the rest as many rows as the cap', async () => {
    const { whole, rest, strata } = await draw({ kind: 'stratified', columns: ['g'], cap: 100 }, ['x']);
    expect(strata).toBe(6);
    expect(rest).toBe(300);
    expect(whole).toBeGreaterThan(30);
  });

  /** The variance of a sum that is estimated from so many rows. */
  const varianceOf = (list: readonly number[], kept: number): number => {
    const centre = mean(list);
    const spread = list.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (list.length - 1);
    return list.length ** 2 * (1 / kept - 1 / list.length) * spread;
  };
  // NULL adds nothing to a sum.
  const added = table.values[0]!.map((value) => value ?? 0);

  test('tells what it does to the error of the sum', async () => {
    const { outliers, rest } = await draw({ kind: 'uniform', unit: 'rows', amount: 500 }, ['x']);
    const [{ threshold, errorShare }] = outliers.columns as [SampleOutliers['columns'][number]];
    const others = added.filter((x) => x <= threshold!);
    expect(errorShare!).toBeCloseTo(Math.sqrt(varianceOf(others, rest) / varianceOf(added, 500)), 10);
    expect(errorShare!).toBeLessThan(0.5);
  });

  test('tells it against the same strata without', async () => {
    const { outliers } = await draw({ kind: 'stratified', columns: ['g'], cap: 100 }, ['x', 'y']);
    const [{ errorShare }] = outliers.columns as [SampleOutliers['columns'][number]];
    const isOutlier = (row: number): boolean =>
      outliers.columns.some(({ threshold }, place) => (table.values[place]![row] ?? 0) > threshold!);
    let [apart, together] = [0, 0];
    for (const g of [0, 1, 2]) {
      const members = added.flatMap((_, row) => (table.values[2]![row] === g ? [row] : []));
      const others = members.filter((row) => !isOutlier(row));
      apart += varianceOf(
        others.map((row) => added[row]!),
        100,
      ); // rows of the table
      together += varianceOf(
        members.map((row) => added[row]!),
        100,
      );
    }
    expect(errorShare!).toBeCloseTo(Math.sqrt(apart / together), 10);
  });
});
