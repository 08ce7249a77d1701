import { expect, test } from 'vitest';
import { finish, seededRandom } from '../../src/common/index.ts';
import { mergedWeightsMax, orderWithWeights } from '../../src/estimator/weighted-order.ts';

/* Values in order with their weights, against sorting pairs. */

function pairsOf(count: number, weights: number, seed: number): [value: number, weight: number][] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, place) => {
    const value = place % 7 === 0 ? -0 : Math.floor(random.next() * count) - count / 2;
    return [value, 1 + Math.floor(random.next() * weights) / 3];
  });
}

test.each([
  [0, 1],
  [1, 1],
  [2, 2],
  [1000, 1],
  [1000, 3],
  [1001, 17],
  [200_000, 8],
  [5000, mergedWeightsMax],
])('%d values of %d weights', (count, weights) => {
  const pairs = pairsOf(count, weights, count + weights);
  const found = finish(
    orderWithWeights(
      Float64Array.from(pairs, ([value]) => value),
      (place) => pairs[place]![1],
    ),
  )!;
  const isMinusZero = (value: number): number => Number(Object.is(value, -0));
  const order = ([a, v]: readonly number[], [b, w]: readonly number[]): number =>
    a! - b! || isMinusZero(b!) - isMinusZero(a!) || v! - w!;
  const got = Array.from(found.values, (value, place) => [value, found.weights[place]!]);
  expect(found.values).toEqual(Float64Array.from(pairs, ([value]) => value).sort());
  expect(got.toSorted(order)).toEqual(pairs.toSorted(order));
});

test('−0 stands before 0, whichever weight they have', () => {
  const found = finish(orderWithWeights(Float64Array.of(0, -0, 0, -0), (place) => (place < 2 ? 1 : 2)))!;
  expect([...found.values]).toEqual([-0, -0, 0, 0]);
});

test('more different weights are left to others', () => {
  const values = Float64Array.from({ length: mergedWeightsMax + 1 }, (_, place) => place);
  expect(finish(orderWithWeights(values, (place) => place))).toBeNull();
});
