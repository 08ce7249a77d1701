import { describe, expect, test } from 'vitest';
import { finish, seededRandom } from '../../src/common/index.ts';
import { orderByValue } from '../../src/estimator/value-order.ts';

/* Rows in the order of their values, against the engine's own sort, which is stable too. */

const random = seededRandom(11);
const oneOf = (values: readonly number[]): number => values[Math.floor(values.length * random.next())]!;
const special = [
  0,
  -0,
  1,
  -1,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  -5e-324,
  Number.MAX_VALUE,
];
const kinds: readonly (readonly [string, () => number])[] = [
  ['any values', () => 1000 * (random.next() - 0.5)],
  ['values of all magnitudes', () => (random.next() - 0.5) * 10 ** (600 * random.next() - 300)],
  ['whole numbers', () => Math.floor(5000 * random.next()) - 100],
  ['few values, two zeros among them', () => oneOf(special)],
  ['zeros', () => oneOf([0, -0])],
  ['one value', () => -3.25],
  ['values that differ in their last digits', () => 1e6 + 1e-6 * random.next()],
  ['many of few that differ in their last digits', () => 1e6 + 1e-9 * Math.floor(9 * random.next())],
];

const order = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number(Object.is(b, -0)) - Number(Object.is(a, -0));

describe.each(kinds)('%s', (_, draw) => {
  // Up to 64 values are put in order in another way, and pieces have 2^16.
  test.each([0, 1, 2, 3, 64, 65, 1000, 70_000])('%d of them', (count) => {
    const values = Float64Array.from({ length: count }, draw);
    const rows = Int32Array.from({ length: count }, (__, place) => 7 * place);
    const before = values.slice();
    const expected = [...values.keys()].sort((a, b) => order(values[a]!, values[b]!));
    const found = finish(orderByValue(values, rows));
    expect(found.rows).toEqual(Int32Array.from(expected, (place) => 7 * place));
    const ordered = Float64Array.from(expected, (place) => values[place]!);
    expect(Buffer.compare(Buffer.from(found.values.buffer), Buffer.from(ordered.buffer))).toBe(0);
    expect(values).toEqual(before);
  });
});

test('a part of a larger array is put in order too', () => {
  const values = Float64Array.from({ length: 300 }, () => random.next()).subarray(100, 250);
  const found = finish(
    orderByValue(
      values,
      Int32Array.from({ length: 150 }, (_, place) => place),
    ),
  );
  expect(found.values).toEqual(values.slice().sort());
});

test('no piece is long: each passes once over 2^16 values at most', () => {
  const values = Float64Array.from({ length: 300_000 }, () => random.next());
  const work = orderByValue(values, new Int32Array(values.length));
  let pieces = 0;
  while (work.next().done !== true) pieces++;
  // Five times over all values at least to take keys, count and move three digits, and make values of them.
  expect(pieces).toBeGreaterThanOrEqual(5 * 8);
});
