import chiSquare from '@stdlib/stats-base-dists-chisquare-quantile';
import student from '@stdlib/stats-base-dists-t-quantile';
import { describe, expect, test } from 'vitest';
import { chiSquareQuantile, normalQuantile, tQuantile } from '../../src/estimator/index.ts';

const levels = [1e-6, 0.005, 0.025, 0.2, 0.4, 0.6, 0.8, 0.975, 0.995, 0.9995, 1 - 1e-6];
const relative = (value: number, exact: number): number => Math.abs(value / exact - 1);

describe.each(levels)('at level %f', (p) => {
  test('t is the library’s, whatever the degrees of freedom', () => {
    for (let df = 0.7; df < 1e7; df *= 1.07)
      expect(relative(tQuantile(p, df), student(p, df))).toBeLessThan(1e-12);
    expect(relative(tQuantile(p, Number.POSITIVE_INFINITY), normalQuantile(p))).toBeLessThan(1e-11);
  });

  test('χ² is the library’s where that is right', () => {
    for (let df = 0.7; df < 1000; df *= 1.07)
      expect(relative(chiSquareQuantile(p, df), chiSquare(p, df))).toBeLessThan(1e-11);
  });

  test.each([14, 200, 1500, 2100, 3000, 20_000])(
    'χ² of %i degrees of freedom leaves its share above',
    (df) => {
      const above = upperTail(chiSquareQuantile(p, df), df);
      // The sum of so many terms is rounded itself.
      const rounding = (df * 1e-15) / Math.min(p, 1 - p);
      expect(Math.abs(above - (1 - p)) / Math.min(p, 1 - p)).toBeLessThan(1e-8 + rounding);
    },
  );
});

test('t is odd around a half', () => {
  expect(tQuantile(0.5, 9)).toBe(0);
  expect(tQuantile(0.25, 9)).toBe(-tQuantile(0.75, 9));
});

test('the library’s own χ² is not to be had for many degrees of freedom', () => {
  expect(Math.abs(upperTail(chiSquare(0.2, 2100), 2100) - 0.8)).toBeGreaterThan(0.02);
  expect(Math.abs(upperTail(chiSquareQuantile(0.2, 2100), 2100) - 0.8)).toBeLessThan(1e-9);
});

/** P(χ² > x) for an even number of degrees of freedom 2k: as likely as fewer than k events where x/2 are expected. */
function upperTail(x: number, df: number): number {
  let [logarithm, sum] = [-x / 2, 0];
  for (let events = 0; events < df / 2; events++) {
    if (events > 0) logarithm += Math.log(x / 2 / events);
    sum += Math.exp(logarithm);
  }
  return sum;
}
