import { expect, test } from 'vitest';
import { type CoverageCell, measureCoverage } from './harness/cells.ts';
import type { Knowledge } from './harness/draws.ts';
import type { Allocation } from './harness/population.ts';

/*
 * Where nothing is known of the table, the rest of the sample bears witness of tails: light ones are certified and covered, heavy
 * ones are not certified. As a planted bug the rows of the estimate bear witness of themselves.
 */

const draws = 300;
/** Two Monte-Carlo standard errors of a coverage of 95 %. */
const slack = 2 * Math.sqrt((0.95 * 0.05) / draws);
const allocation: Allocation = { name: 'one', sizes: [120_000], drawn: [4000] };

function measure(tail: string, known: Knowledge): CoverageCell[] {
  return measureCoverage({ allocation, tail, by: 'conditions', confidences: [0.95] }, draws, known).filter(
    ({ output, support }) => output !== 'COUNT(*)' && support > 30 * draws,
  );
}

const certifiedShare = ({ certified }: CoverageCell): number => certified / draws;
const coverage = ({ below, above, intervals }: CoverageCell): number => 1 - (below + above) / intervals;

test('light tails are certified, and covered', () => {
  const cells = measure('exponential', 'witness').filter(({ domain, output }) => ['70 %', '12 %'].includes(domain) && output !== 'STDDEV(x)'); // prettier-ignore
  expect(cells).toHaveLength(6);
  for (const cell of cells) {
    expect(certifiedShare(cell)).toBeGreaterThan(0.8);
    const covered = 1 - cell.certifiedMisses / cell.certified;
    expect(covered).toBeGreaterThan(0.935 - slack);
    expect(covered).toBeLessThan(0.965 + slack);
  }
});

test.each(['Pareto 1.5', 'lognormal 2'])('heavy tails are not: %s', (tail) => {
  const cells = measure(tail, 'witness');
  expect(cells.filter((cell) => coverage(cell) < 0.9).length).toBeGreaterThan(10);
  for (const cell of cells) expect(certifiedShare(cell)).toBeLessThan(0.05);
});

test('third moments of the rows read only are noticed', () => {
  const slipped = measure('Pareto 1.5', 'itself').filter(
    (cell) => coverage(cell) < 0.9 && certifiedShare(cell) >= 0.05,
  );
  expect(slipped.length).toBeGreaterThan(0);
});
