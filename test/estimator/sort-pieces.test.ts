import { describe, expect, test } from 'vitest';
import { finish, seededRandom } from '../../src/common/index.ts';
import { sortInPieces } from '../../src/estimator/sort-pieces.ts';

const random = seededRandom(11);
const zeros = [0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, -5e-324];
const kinds: readonly (readonly [string, () => number])[] = [
  ['any values', () => 1000 * (random.next() - 0.5)],
  ['few values, two zeros among them', () => zeros[Math.floor(zeros.length * random.next())]!],
  ['zeros', () => (random.next() < 0.5 ? 0 : -0)],
];

/** The bits: −0 is not 0. */
const bitsOf = (values: Float64Array): Uint8Array =>
  new Uint8Array(values.buffer.slice(0), 0, values.byteLength);

describe.each(kinds)('%s', (_, draw) => {
  // Parts have 2^15 values.
  test.each([0, 1, 2, 32_768, 32_769, 65_536, 98_305, 300_000])(
    '%d of them are in order, to the bit',
    (count) => {
      const values = Float64Array.from({ length: count }, draw);
      const expected = values.slice().sort();
      expect(Buffer.compare(bitsOf(finish(sortInPieces(values))), bitsOf(expected))).toBe(0);
    },
  );
});

test('no piece is long: each sorts 2^15 values at most or merges 2^16', () => {
  const work = sortInPieces(Float64Array.from({ length: 300_000 }, random.next.bind(random)));
  let pieces = 0;
  while (work.next().done !== true) pieces++;
  // Ten parts, and several pieces of the wider merges.
  expect(pieces).toBeGreaterThanOrEqual(12);
});
