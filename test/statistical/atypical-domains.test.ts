import { expect, test } from 'vitest';
import { measureCoverage } from './harness/cells.ts';
import { allocations } from './harness/population.ts';

const draws = 300;
const large = allocations.find(({ name }) => name === 'large')!; // one of them

// What the column's moments tell is not true of these rows.
test.each([
  ['lognormal 2', 'normal'],
  ['Pareto 1.5', 'normal'],
  ['Pareto 1.5', 'exponential'],
  ['lognormal 2', 'lognormal 1'],
])('a domain that is %s in a column that is %s', (tail, outside) => {
  const domain = '3 %';
  const cells = measureCoverage(
    {
      allocation: large,
      tail,
      by: 'conditions',
      domains: [domain],
      confidences: [0.95],
      within: { domain, tail: outside },
    },
    draws,
  );
  const shares = cells.map(({ output, certified, below, above, intervals }) => ({
    output,
    coverage: 1 - (below + above) / intervals,
    certified: certified / draws,
  }));
  const bad = shares.filter(({ output, coverage }) => output !== 'COUNT(*)' && coverage < 0.9);
  expect(bad.length).toBeGreaterThan(0);
  expect(bad.filter(({ certified }) => certified >= 0.05)).toEqual([]);
});
