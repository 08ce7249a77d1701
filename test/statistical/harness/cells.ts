import { finish } from '../../../src/common/index.ts';
import { confirmTails, GroupEstimator, type TailRows, type Witness } from '../../../src/estimator/index.ts';
import {
  doubleType,
  type Estimate,
  layoutMoments,
  type Moments,
  type ReasonCode,
} from '../../../src/plan/index.ts';
import { bindAggregate, inOnePiece } from '../../support/ask-sample.ts';
import { Drawing, type Knowledge } from './draws.ts';
import {
  type Allocation,
  type Domain,
  makePopulation,
  type Population,
  type Surroundings,
} from './population.ts';

/** What is asked, and of each its true value over the rows of a domain. */
const outputs: Readonly<Record<string, (x: Float64Array, y: Float64Array) => number>> = {
  'COUNT(*)': (x) => x.length,
  'SUM(x)': (x) => sum(x),
  'AVG(x)': (x) => sum(x) / x.length,
  'STDDEV(x)': (x) => {
    const mean = sum(x) / x.length;
    return Math.sqrt(sum(x.map((value) => (value - mean) ** 2)) / (x.length - 1));
  },
  'SUM(x) / SUM(y)': (x, y) => sum(x) / sum(y),
};

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** What the draws of a cell came to: one allocation, tail, domain, output and confidence. */
export interface CoverageCell {
  readonly allocation: string;
  readonly tail: string;
  readonly domain: string;
  readonly output: string;
  readonly confidence: number;
  draws: number;
  /** Matching rows drawn, in all. */
  support: number;
  /** Rows of equal weight that would tell as much, in all: Kish's (Σw)² / Σw². */
  effectiveSupport: number;
  /** Intervals with ends, and what became of them. */
  intervals: number;
  below: number;
  above: number;
  certified: number;
  certifiedMisses: number;
  /** Of the intervals that are not certified, by each reason that they bear, and by it alone: how many, and how many miss. */
  reasons: Partial<Record<ReasonCode, ReasonTally>>;
  /** Relative half-widths of the first draws. */
  widths: number[];
}

/** Intervals that bear a reason, those of them that bear no other, and how many of either do not hold the truth. */
export interface ReasonTally {
  all: number;
  misses: number;
  alone: number;
  aloneMisses: number;
}

/** Widths that are kept of a cell. */
const widthsMax = 1000;

/** Which cells are measured. */
export interface CellSelection {
  readonly allocation: Allocation;
  readonly tail: string;
  readonly by: 'conditions' | 'groups';
  /** Names of domains; absent: all. */
  readonly domains?: readonly string[];
  readonly confidences: readonly number[];
  /** Rows of another kind; absent: there are none. */
  readonly within?: Surroundings;
}

/** Measures the coverage of cells. */
export function measureCoverage(
  { allocation, tail, by, domains, confidences, within }: CellSelection,
  draws: number,
  known: Knowledge = 'moments',
): CoverageCell[] {
  const names = Object.keys(outputs);
  const columns = ['x', 'y'].map((name) => ({ name, type: doubleType }));
  const query = bindAggregate(`SELECT ${names.join(', ')} FROM t WHERE x > y`, columns); // the harness applies conditions itself
  const { layout, aggregateTotals } = layoutMoments(query);
  const population = makePopulation(allocation, tail, by, 20_261_122, within);
  const drawing = new Drawing(allocation, population, layout, known);
  const wanted = population.domains.filter(({ name }) => domains?.includes(name) ?? true);
  const truths = wanted.map((domain) => truthsOf(population, domain));
  const cells = new Map<string, CoverageCell>();
  for (let draw = 0; draw < draws; draw++) {
    drawing.draw(draw);
    for (const [place, domain] of wanted.entries()) {
      const moments = drawing.moments(domain);
      const effective = effectiveRows(moments);
      const witness = known !== 'moments' ? witnessOf(drawing.moments(domain, true)) : undefined;
      let rows: TailRows | null = null;
      for (const confidence of confidences) {
        const estimator = new GroupEstimator({
          query,
          aggregateTotals,
          moments,
          key: () => null,
          confidence,
          witness,
        });
        const [group] = estimator.meet();
        const groups = [{ group: group!, estimates: estimator.estimate(group!) }]; // without GROUP BY there is one
        const [confirmed] = finish(
          confirmTails(moments, groups, () => inOnePiece((rows ??= drawing.rows(domain)))),
        );
        for (const [output, { estimate }] of confirmed!.entries()) {
          const name = names[output]!; // as many estimates as outputs
          const key = [domain.name, name, confidence].join('|');
          const cell = cells.get(key) ?? emptyCell(allocation.name, tail, domain.name, name, confidence);
          cells.set(key, cell);
          cell.effectiveSupport += effective;
          count(cell, estimate, truths[place]!.get(name)!); // one map a domain, every output in it
        }
      }
    }
  }
  return [...cells.values()];
}

/** A witness of one group. */
const witnessOf = (moments: Moments): Witness => ({
  moments,
  cellsOf: () => ({ from: 0, to: moments.cellCount }),
});

/** @see Kish, "Survey Sampling", 1965, section 11.7 */
function effectiveRows({ cellCount, cellStratum, sums, layout, populationRows, rowsRead }: Moments): number {
  let [weights, squares] = [0, 0];
  for (let cell = 0; cell < cellCount; cell++) {
    const weight = populationRows[cellStratum[cell]!]! / rowsRead[cellStratum[cell]!]!; // one stratum a cell
    const rows = sums[cell * layout.monomials.length]!; // slot 0 counts
    weights += weight * rows;
    squares += weight ** 2 * rows;
  }
  return squares === 0 ? 0 : weights ** 2 / squares;
}

function truthsOf({ x, y, classOf }: Population, { classes }: Domain): Map<string, number> {
  const inside = (_: number, row: number): boolean => classes.includes(classOf[row]!);
  const [ownX, ownY] = [x.filter(inside), y.filter(inside)];
  return new Map(Object.entries(outputs).map(([name, truth]) => [name, truth(ownX, ownY)]));
}

function emptyCell(
  allocation: string,
  tail: string,
  domain: string,
  output: string,
  confidence: number,
): CoverageCell {
  const counts = {
    draws: 0,
    support: 0,
    effectiveSupport: 0,
    intervals: 0,
    below: 0,
    above: 0,
    certified: 0,
    certifiedMisses: 0,
  };
  return { allocation, tail, domain, output, confidence, ...counts, reasons: {}, widths: [] };
}

/** An interval without ends claims nothing: it is no interval. */
function count(
  cell: CoverageCell,
  { low, high, certified, reasons, support, relativeError }: Estimate,
  truth: number,
): void {
  cell.draws++;
  cell.support += support;
  if (certified) cell.certified++;
  if (low === null || high === null) return;
  cell.intervals++;
  if (truth < low) cell.below++;
  if (truth > high) cell.above++;
  const missed = truth < low || truth > high ? 1 : 0;
  if (certified) cell.certifiedMisses += missed;
  for (const reason of reasons) {
    const tally = (cell.reasons[reason] ??= { all: 0, misses: 0, alone: 0, aloneMisses: 0 });
    tally.all++;
    tally.misses += missed;
    if (reasons.length > 1) continue;
    tally.alone++;
    tally.aloneMisses += missed;
  }
  if (relativeError !== null && cell.widths.length < widthsMax) cell.widths.push(relativeError);
}
