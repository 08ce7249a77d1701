import { describe, expect, test } from 'vitest';
import { bestLoops } from '../../bench/suite/best-loops.mjs';
import { cellsOf, type LoopColumn, loopInput } from '../../bench/suite/loop-input.mjs';
import { naiveLoops } from '../../bench/suite/naive-loops.mjs';
import { checkPromises, type SizeMeasurement } from '../../bench/suite/promises.mjs';
import { seededRandom } from '../../src/common/index.ts';

/* `npm run bench` without its times: both loops of a query add up the same, and promises are broken where figures say so. */

const rows = 30_000;
const genres = ['comedy', 'drama', 'western'];
const cities = ['c0001', 'c0099', 'c0100', 'c1001'];

/** A sample of rows in runs of odd lengths, in six strata: two values of os for each genre. */
function drawColumns(): ReadonlyMap<string, LoopColumn> {
  const source = seededRandom(1);
  const random = (): number => source.next();
  const draw = (below: number): number => Math.floor(random() * below);
  const strata = new Int32Array(rows);
  for (let start = 0; start < rows;) {
    const end = start + 1 + draw(200);
    strata.fill(draw(6), start, end);
    start = end;
  }
  const numbers = (value: () => number): LoopColumn => ({
    values: Float64Array.from({ length: rows }, value),
    texts: null,
  });
  const integers = (value: () => number): LoopColumn => ({
    values: Int16Array.from({ length: rows }, value),
    texts: null,
  });
  const codes = (texts: readonly string[]): LoopColumn => ({ ...integers(() => draw(texts.length)), texts });
  return new Map<string, LoopColumn>([
    ['__stratum', { values: strata, texts: null }],
    ['genre', { values: strata.map((stratum) => stratum % 3), texts: genres }],
    ['city', codes(cities)],
    ['browser', codes(['chrome', 'edge'])],
    ['bitrate', integers(() => 300 + draw(5701))],
    ['buffering_ms', integers(() => draw(3000))],
    ['session_time', numbers(() => 1 + 1000 * random())],
    ['bytes', numbers(() => draw(1e9))],
    ['ts', numbers(() => (Date.UTC(2025, 0, 1) + draw(365 * 86_400_000)) * 1000)],
  ]);
}

describe('loops by hand', () => {
  const input = loopInput(drawColumns());
  test.each(Object.keys(naiveLoops))('%s: the naive and the best add up the same', (name) => {
    const [naive, best] = [naiveLoops, bestLoops].map((loops) => {
      const cells = new Float64Array(4 * cellsOf(input, name));
      loops[name]!(input)(cells); // both have one for each query
      return cells;
    }) as [Float64Array, Float64Array]; // two in, two out
    expect(naive.some((value) => value !== 0)).toBe(true);
    for (const slot of [0, 1, 2, 3]) {
      const own = (cells: Float64Array): Float64Array => cells.filter((_, place) => place % 4 === slot);
      const largest = own(naive).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const [cell, value] of own(naive).entries())
        expect(Math.abs(value - own(best)[cell]!)).toBeLessThanOrEqual(1e-9 * largest); // as many cells
    }
  });
});

describe('promises', () => {
  const answer = (name: string, ownMs: number, within: string | null = '2%') => ({
    query: { name, within },
    exactMs: 1000,
    ownMs,
    answer: { met: true },
  });
  const verdicts = (...sizes: SizeMeasurement[]) => checkPromises(sizes, []).map(({ kept }) => kept);

  test('are kept or broken by the figures of bounded queries', () => {
    const at = (ownMs: number) => ({
      rows: 50_000_000,
      answers: [answer('a', 5), answer('b', ownMs), answer('c', 9000, null)],
    });
    expect(verdicts(at(19))).toEqual([true, true, true]);
    expect(verdicts(at(39))).toEqual([false, true, true]); // the mean is 72
    expect(verdicts(at(41))).toEqual([false, false, true]);
    expect(checkPromises([at(41)], []).map(({ figure }) => figure)).toEqual(['69.8×', '24.4× (b)', 'all']);
  });

  test('of large tables are not judged by small ones', () =>
    expect(verdicts({ rows: 1_000_000, answers: [answer('a', 900)] })).toEqual([null, null, true]));

  test('say how times grow', () => {
    const at = (rows: number, ownMs: number) => ({ rows, answers: [answer('a', ownMs)] });
    expect(verdicts(at(50_000_000, 2), at(200_000_000, 3))).toEqual([true, true, true, true, true, false]);
  });
});
