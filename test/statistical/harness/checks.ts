import { type CoverageCell, measureCoverage } from './cells.ts';
import { shareOfFirst } from './merging.ts';
import type { Allocation } from './population.ts';

/** Draws of each cell: enough that what the design forbids shows, few enough to be quick. */
const draws = 500;
/** Two Monte-Carlo standard errors of a coverage of 95 %. */
const slack = 2 * Math.sqrt((0.95 * 0.05) / draws);

interface Check {
  readonly what: string;
  readonly allocation: Allocation;
  readonly tail: string;
  readonly domain: string;
  readonly outputs: readonly string[];
  /** Whether a cell at 95 % is as it should be. */
  readonly holds: (cell: CoverageCell) => boolean;
}

const covers = ({ intervals, below, above }: CoverageCell): boolean => {
  const coverage = 1 - (below + above) / intervals;
  return coverage >= 0.925 - slack && coverage <= 0.975 + slack;
};
const isRarelyCertified = ({ certified }: CoverageCell): boolean => certified < 0.05 * draws;
const isMostlyCertified = ({ certified }: CoverageCell): boolean => certified > 0.5 * draws;

const strata = (count: number, size: number): number[] => Array.from({ length: count }, () => size);

const checks: readonly Check[] = [
  {
    what: 'most of the population drawn',
    allocation: { name: 'most', sizes: [2000], drawn: [1600] },
    tail: 'normal',
    domain: '70 %',
    outputs: ['SUM(x)', 'AVG(x)', 'COUNT(*)'],
    holds: covers,
  },
  {
    what: 'two rows of each stratum',
    allocation: { name: 'pairs', sizes: strata(60, 100), drawn: strata(60, 2) },
    tail: 'normal',
    domain: '70 %',
    outputs: ['SUM(x)', 'AVG(x)'],
    holds: covers,
  },
  {
    what: 'a handful of rows',
    allocation: { name: 'few', sizes: [10_000], drawn: [9] },
    tail: 'normal',
    domain: '70 %',
    outputs: ['AVG(x)'],
    holds: covers,
  },
  {
    what: 'unequal weights',
    allocation: { name: 'uneven', sizes: [50_000, 2000], drawn: [200, 400] },
    tail: 'normal',
    domain: '70 %',
    outputs: ['SUM(x)', 'AVG(x)'],
    holds: (cell) => covers(cell) && isMostlyCertified(cell),
  },
  {
    what: 'many rows of small weight do not make up for few of large weight',
    allocation: { name: 'heavy', sizes: [250_000, 10_000], drawn: [250, 4000] },
    tail: 'normal',
    domain: '1 %',
    outputs: ['AVG(x)'],
    holds: isRarelyCertified,
  },
  {
    what: 'a tail that draws miss',
    allocation: { name: 'large', sizes: [100_000], drawn: [2000] },
    tail: 'Pareto 1.5',
    domain: '12 %',
    outputs: ['SUM(x)', 'AVG(x)'],
    holds: isRarelyCertified,
  },
];

/** Parts of a stratum that were cut at different sizes. */
const parts = { sizes: [1000, 1000], caps: [300, 100] } as const;

/** The promises of the design that are not kept; none where the source is right. Repeats exactly. */
export function brokenPromises(): string[] {
  const broken = checks.flatMap(({ what, allocation, tail, domain, outputs, holds }) =>
    measureCoverage({ allocation, tail, by: 'conditions', domains: [domain], confidences: [0.95] }, draws)
      .filter(({ output }) => outputs.includes(output))
      .filter((cell) => !holds(cell))
      .map((cell) => `${what}: ${cell.output}`),
  );
  const share = shareOfFirst(parts, 300, draws);
  const stdError = Math.sqrt(0.25 / 100 / draws);
  return Math.abs(share - 0.5) < 4 * stdError ? broken : [...broken, "parts of unequal caps: a row's chance"];
}
