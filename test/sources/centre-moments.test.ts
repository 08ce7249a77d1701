import { expect, test } from 'vitest';
import { centreMoments } from '../../src/sources/duckdb/strata-statistics.ts';

test('a moment whose digits are lost is not known', () => {
  // Ten values 0 … 9 far from the centre: powers about it hide what is asked for.
  const values = Array.from({ length: 10 }, (_, i) => i);
  const mean = 4.5;
  const m2 = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const about = (delta: number): number[] =>
    centreMoments(
      10,
      m2,
      delta,
      [3, 4, 5, 6].map((k) => values.reduce((sum, x) => sum + (x - mean + delta) ** k, 0)),
    );
  const sixth = values.reduce((sum, x) => sum + (x - mean) ** 6, 0);
  expect(about(1)[4]).toBeCloseTo(sixth, 5);
  expect(about(1e6)[4]).toBeNaN();
});
