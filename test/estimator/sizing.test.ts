import { expect, test } from 'vitest';
import { type Contribution, contributionsFrom } from '../../src/estimator/contribution-table.ts';
import { emptyRowSums, emptyStratumError, stratumError } from '../../src/estimator/design-error.ts';
import { CellForecast, foreseenOf, type GroupEstimate, type Presumption } from '../../src/estimator/index.ts';

/* What a pilot foretells where part of the table was read whole: only the rest grows. */

const contribution = (stratum: number, population: number, read: number): Contribution => {
  const sums = { population, read, support: read, sum: read * 10, squares: read * 104, cubes: Number.NaN };
  const error = emptyStratumError();
  stratumError('strata', { ...emptyRowSums(), ...sums }, error);
  return { ...sums, stratum, ...error };
};

/** A pilot of 4,096 rows beside 12,000 that were taken whole; of the rest the sample has 8,192. */
const pilot = {
  estimate: {
    value: 1e6,
    low: 9e5,
    high: 1.1e6,
    stdError: 5e4,
    relativeError: 0.1,
    confidence: 0.95,
    support: 16_096,
    exact: false,
    certified: false,
    reasons: ['HEAVY_TAIL'],
  },
  contributions: contributionsFrom([contribution(0, 100_000, 4096), contribution(1, 12_000, 12_000)]),
  gradient: [1],
  df: 4000,
  tail: {
    effectiveSupport: 4096,
    sampleSkewness: 0.25,
    populationSkewness: 0.25,
    spread: Number.NaN,
    largestSkewness: Number.POSITIVE_INFINITY,
  },
  certainty: null,
} as const satisfies Omit<GroupEstimate, 'prepared'>;
// A forecast looks at neither.
const ofPilot = new CellForecast(foreseenOf({ ...pilot, prepared: {} } as unknown as GroupEstimate));

/** The same with matches so widely spread, as a multiple of what is to be expected, and skewed by 0.9. */
function withSpread(spread: number): CellForecast {
  const tail = { ...pilot.tail, sampleSkewness: 0.9, populationSkewness: 0.7, spread };
  const estimate = { ...pilot, tail, prepared: {} } as unknown as GroupEstimate;
  return new CellForecast(foreseenOf(estimate));
}
const target = { bound: 0.5, relative: true, confidence: 0.95 };
const rowsAt =
  (rest: number) =>
  (stratum: number): number =>
    stratum === 0 ? rest : 12_000;

test('twice the rows of the rest bring the skewness within what is certified', () => {
  // 0.25 / √2 = 0.18; counting the rows that were taken whole, the rows would grow by a quarter only, to 0.22.
  expect(ofPilot.isHopeless(target, rowsAt(8192))).toBe(false);
});

test('a few rows more do not', () => {
  expect(ofPilot.isHopeless(target, rowsAt(4200))).toBe(true);
});

test('matches that are presumed typical take no more rows than the table asks for', () => {
  // Skewness 0.7 at 4,096 rows. Typical matches take (0.7 / 0.26)² × 1.3 = 9.4 times these rows, others six times as many as that.
  const forecast = withSpread(0.4);
  const presumption: Presumption = { typicalMatches: true };
  expect(forecast.meets(target, rowsAt(9.6 * 4096), presumption)).toBe(true);
  expect(forecast.isHopeless(target, rowsAt(9.6 * 4096), presumption)).toBe(false);
  expect(forecast.meets(target, rowsAt(9 * 4096), presumption)).toBe(false);
});

test('nor are they so where that is not presumed', () => {
  const seen = withSpread(0.4);
  expect(seen.meets(target, rowsAt(20 * 4096))).toBe(false);
  expect(seen.meets(target, rowsAt(100 * 4096))).toBe(true);
});

test('nor are they spread more widely than typical ones', () => {
  // A variance of 17 times what is to be expected, of which half the width is asked.
  const rows = rowsAt(90_000);
  const seen = withSpread(17);
  const narrow = { ...target, bound: (1.1 * seen.relativeErrorAt(rows)!) / Math.sqrt(17) };
  expect(seen.isHopeless(narrow, rows)).toBe(true);
  expect(seen.isHopeless(narrow, rows, { typicalMatches: true })).toBe(false);
  expect(seen.meets(narrow, rows, { typicalMatches: true })).toBe(true);
  expect(seen.meets({ ...narrow, bound: 0.8 * narrow.bound }, rows, { typicalMatches: true })).toBe(false);
});

test('a spread that typical ones may have by chance is taken as it is', () => {
  const rows = rowsAt(90_000);
  const seen = withSpread(1.9);
  const bound = 1.2 * seen.relativeErrorAt(rows)!;
  expect(seen.meets({ ...target, bound: bound / 1.9 ** 0.5 }, rows, { typicalMatches: true })).toBe(false);
  expect(seen.meets({ ...target, bound }, rows, { typicalMatches: true })).toBe(true);
});

test('a tail of which nothing is known is no lighter for being presumed typical', () => {
  const tail = { ...pilot.tail, populationSkewness: Number.POSITIVE_INFINITY };
  const unknown = { ...pilot, tail, prepared: {} } as unknown as GroupEstimate;
  const forecast = new CellForecast(foreseenOf(unknown));
  expect(forecast.meets(target, rowsAt(8192), { typicalMatches: true })).toBe(false);
  expect(forecast.meets(target, rowsAt(8192), { lightTails: true })).toBe(true);
});
