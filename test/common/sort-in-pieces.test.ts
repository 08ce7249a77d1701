import { describe, expect, test } from 'vitest';
import { finish, seededRandom, sortInPieces } from '../../src/common/index.ts';

describe('sortInPieces', () => {
  test.each([0, 1, 2, 1023, 1024, 1025, 2048, 5000, 20_000])('%i places, as a stable sort does', (count) => {
    const random = seededRandom(count);
    const values = Array.from({ length: count }, () => Math.floor(random.next() * 100));
    const compare = (a: number, b: number): number => values[a]! - values[b]!;
    const expected = [...values.keys()].sort(compare);
    expect(finish(sortInPieces(count, compare))).toEqual(expected);
  });

  test('yields between pieces of many places, not of few', () => {
    const pieces = (count: number): number => [...sortInPieces(count, (a, b) => b - a)].length;
    expect(pieces(1000)).toBe(0);
    expect(pieces(20_000)).toBeGreaterThan(40);
  });
});
