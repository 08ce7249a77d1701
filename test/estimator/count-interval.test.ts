import { expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { countInterval } from '../../src/estimator/count-interval.ts';
import type { Scope } from '../../src/estimator/scope.ts';

/* Counts of which a large part is certain, as where outliers were taken whole and most of what matches is one. */

const population = 100_000;
const read = 1000;
const weight = population / read;
const certain = 5000;
const confidence = 0.99;
const matchings = [100, 200, 370, 500, 1000];
const scope: Scope = {
  population,
  read,
  heaviest: { stratum: 0, weight, readShare: read / population },
  singletons: [],
  isComplete: false,
  hasUnread: false,
};

/** The interval after so many matches among the rows read of the part that is not certain. */
function intervalOf(matches: number, known: number): { low: number; high: number } {
  const share = matches / read;
  const variance = (population * (population - read) * share * (1 - share)) / (read - 1);
  const value = known + weight * matches;
  return countInterval({ value, variance, support: known + matches, certain: known }, scope, confidence);
}

test.each([0, 1, 7, 500, 999, 1000])('%i matches: what is certain moves both ends alike', (matches) => {
  const [alone, beside] = [intervalOf(matches, 0), intervalOf(matches, certain)];
  expect(beside.low).toBeCloseTo(alone.low + certain, 6);
  expect(beside.high).toBeCloseTo(alone.high + certain, 6);
});

/** How often the interval holds the truth where so many rows match that are not certain. */
function coverageOf(matching: number, interval: (matches: number) => { low: number; high: number }): number {
  const draws = 2000;
  const random = seededRandom(matching);
  let covered = 0;
  for (let draw = 0; draw < draws; draw++) {
    let matches = 0;
    for (let row = 0; row < read; row++) if (random.next() < matching / population) matches++;
    const { low, high } = interval(matches);
    if (low <= certain + matching && certain + matching <= high) covered++;
  }
  return covered / draws;
}

test.each(matchings)('%i matching rows beside the certain ones: covers at least 98.5 %', (matching) => {
  expect(coverageOf(matching, (matches) => intervalOf(matches, certain))).toBeGreaterThanOrEqual(0.985);
});

test('limits around all of the count would cover too little', () => {
  /** The planted bug: the certain rows are counted in, which makes a few matches look normally distributed. */
  const mixed = (matches: number): { low: number; high: number } => {
    const share = matches / read;
    const variance = (population * (population - read) * share * (1 - share)) / (read - 1);
    const everything = { ...scope, population: population + certain, read: read + certain };
    const value = certain + weight * matches;
    return countInterval({ value, variance, support: certain + matches, certain: 0 }, everything, confidence);
  };
  const coverages = matchings.map((matching) => coverageOf(matching, mixed));
  expect(coverages.reduce((a, b) => Math.min(a, b))).toBeLessThan(0.98);
});
