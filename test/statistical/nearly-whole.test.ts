import { describe, expect, test } from 'vitest';
import { type CoverageCell, measureCoverage } from './harness/cells.ts';

const draws = 300;
const drawn = 1000;
const promised = ['SUM(x)', 'AVG(x)', 'SUM(x) / SUM(y)'];

function cellsOf(rows: number, tail: string): CoverageCell[] {
  return measureCoverage(
    {
      allocation: { name: `${rows}`, sizes: [rows], drawn: [drawn] },
      tail,
      by: 'conditions',
      domains: ['70 %'],
      confidences: [0.95],
    },
    draws,
  ).filter(({ output }) => promised.includes(output));
}

const coverageOf = ({ below, above, intervals }: CoverageCell): number => 1 - (below + above) / intervals;

/*
 * Of a stratum that was read nearly whole a few rows make all of the error, however small it is: it is no more normal than they.
 */
describe.each([1001, 1002, 1005, 1020, 1100, 1300, 1800])(
  `a stratum of %i rows, of which ${drawn} are drawn`,
  (rows) => {
    test.each(['normal', 'exponential'])('of %s values certifies, and covers', (tail) => {
      for (const cell of cellsOf(rows, tail)) {
        expect(cell.certified / draws).toBeGreaterThan(0.8);
        expect(coverageOf(cell)).toBeGreaterThan(0.935 - 2 * Math.sqrt((0.05 * 0.95) / draws));
      }
    });

    test('is not certified where the rows drawn show a heavy tail', () => {
      for (const { certified } of cellsOf(rows, 'Pareto 1.5')) expect(certified / draws).toBeLessThan(0.05);
    });
  },
);

test('intervals are at most as wide as if twice the rows were in the stratum', () => {
  const widest = (cells: readonly CoverageCell[]): number[] => cells.map(({ widths }) => Math.max(...widths));
  const twice = widest(cellsOf(2 * drawn, 'exponential'));
  for (const [place, width] of widest(cellsOf(drawn + 1, 'exponential')).entries())
    expect(width).toBeLessThan(1.3 * twice[place]!);
});
