import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { boundsOfSum, type SumPart } from '../../src/estimator/sum-bounds.ts';
import { stratumMoments } from '../statistical/harness/population.ts';

/* What is said of u = constant + Σ slope · x without knowing how the x go together, held against rows where they do in several ways. */

const rows = 400;
const random = seededRandom(3);
const base = Float64Array.from({ length: rows }, () => random.next());
const wide = base.map((value) => value ** 8 * 1000);
const noise = base.map(() => random.next() * 6 - 3);

const partOf = (values: Float64Array, slope: number): SumPart => ({
  slope,
  low: values.reduce((a, b) => Math.min(a, b)),
  high: values.reduce((a, b) => Math.max(a, b)),
  known: stratumMoments(values, [rows]),
});

const meanOf = (values: Float64Array, power: number): number =>
  values.reduce((sum, value) => sum + Math.abs(value) ** power, 0) / values.length;

describe.each([
  ['that rise together', base, wide],
  ['of which one falls', base.map((value) => -4 * value), wide],
  ['that are independent', noise, wide],
])('columns %s', (_, first, last) => {
  test.each([
    [0, 1, 1],
    [-2, 1, 0.01],
    [5, -3, 0.2],
  ])('%d + %d x + %d y', (constant, a, b) => {
    const u = first.map((value, row) => constant + a * value + b * last[row]!); // as many rows
    const parts = [partOf(first, a), partOf(last, b)];
    const { second, thirds } = boundsOfSum({ constant, parts }, 0, Math.sqrt(meanOf(u, 2)));
    expect(second).toBeGreaterThanOrEqual(meanOf(u, 2));
    expect(thirds).toHaveLength(parts.length);
    for (const third of thirds) expect(third).toBeGreaterThanOrEqual(meanOf(u, 3));
  });
});

test('the reach of a column tells more than its moments where only a part of it matches', () => {
  const part = { ...partOf(wide, 1), low: 0, high: 2 };
  const bounds = (x: SumPart): readonly number[] =>
    boundsOfSum({ constant: -1, parts: [x, partOf(noise, 0.01)] }, 0, 0.6).thirds;
  const [byMoments, byReach] = bounds(part) as [number, number]; // one a part
  expect(byReach).toBeLessThan(byMoments / 1000);
  expect(bounds({ ...part, high: 4 })[1]).toBeGreaterThan(byReach);
});

test('a column without a value in the stratum adds nothing', () => {
  const none = { ...partOf(wide, 1), known: stratumMoments(new Float64Array(0), [0]) };
  const { second, thirds } = boundsOfSum({ constant: 2, parts: [none] }, 0, 2);
  expect([second, ...thirds]).toEqual([4, 8]);
});
