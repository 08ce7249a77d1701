import { describe, expect, test } from 'vitest';
import { finish, seededRandom } from '../../src/common/index.ts';
import { blockedMoves, moveDoubles, moveWords } from '../../src/sampler/blocked-moves.ts';

/** Some of the rows in an order of their own. */
function shuffled(rows: number, kept: number): Int32Array {
  const random = seededRandom(rows + kept);
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  for (let i = rows - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, kept);
}

describe('values go to the places of their rows', () => {
  // Blocks are of 65,536 places: none, one that is filled exactly, and three of which the last is not.
  test.each([
    [0, 0],
    [5, 0],
    [5, 5],
    [70_000, 65_536],
    [150_000, 149_000],
  ])('of %d rows %d', (rows, kept) => {
    const order = shuffled(rows, kept);
    const moves = finish(blockedMoves(order, rows));
    const random = seededRandom(1);
    const numbers = Uint32Array.from({ length: rows }, () => Math.floor(random.next() * 2 ** 32));
    const doubles = Float64Array.from({ length: rows }, () => random.next());
    for (let time = 0; time < 2; time++) {
      // The room is used again for each column.
      const [words, values] = [numbers.slice(), doubles.slice()];
      finish(moveWords(words, moves));
      expect(words.subarray(0, kept)).toEqual(Uint32Array.from(order, (row) => numbers[row]!));
      finish(moveDoubles(values, moves));
      expect(values.subarray(0, kept)).toEqual(Float64Array.from(order, (row) => doubles[row]!));
    }
  });
});
