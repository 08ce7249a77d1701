import type { BoundExpression } from './bound.ts';

/**
 * What an aggregate reads of a row: its argument where the row passes the aggregate's FILTER and the argument is not NULL.
 * Aggregates over the same argument and filter share a measure.
 */
export interface Measure {
  /** null: `COUNT(*)`, every row counts. */
  readonly argument: BoundExpression | null;
  readonly filter: BoundExpression | null;
}

/** A base total: the sum over matching rows of (x − centre)^power, where the measure takes the row. */
export interface Total {
  readonly measure: number;
  readonly power: number;
}

/**
 * A product of measures' powers that is summed over rows: `[]` counts the matching rows, `[{measure: 0, power: 2}]` sums squares.
 * Each measure at most once, in ascending order; power 0 still asks that the measure takes the row.
 */
export type Monomial = readonly Total[];

/** Which sums are kept, and where the totals and their products are found among them. */
export interface MomentLayout {
  readonly measures: readonly Measure[];
  readonly totals: readonly Total[];
  /** The sums kept for each cell; slot 0 counts the matching rows. */
  readonly monomials: readonly Monomial[];
  /** For each total its slot. */
  readonly totalSlot: readonly number[];
  /** For totals j ≤ k at `j * totals.length + k` the slot of their product; −1 where no output needs their covariance. */
  readonly productSlot: readonly number[];
}

/**
 * What a scan of a sample delivers, and all that the estimator sees of it: for every output group and stratum that occur
 * together (a cell) the sums of the layout's monomials over the matching rows, and for every stratum how many rows were read,
 * **matching or not**. Without the latter the randomness of the match count is lost, the classic error of published systems.
 */
export interface Moments {
  readonly layout: MomentLayout;
  /** For each measure the value that was subtracted, near its mean, so that squares lose no digits. */
  readonly centres: Float64Array;
  readonly cellCount: number;
  /** For each cell its group, from 0; cells are sorted by group, then stratum. */
  readonly cellGroup: Int32Array;
  readonly cellStratum: Int32Array;
  /** For each cell, `monomials.length` sums. */
  readonly sums: Float64Array;
  readonly groupCount: number;
  /** For each stratum the rows of the population, N_h. */
  readonly populationRows: Float64Array;
  /** For each stratum the rows read, n_h, matching or not. */
  readonly rowsRead: Float64Array;
  /** For each stratum 0 where the predicate excludes all of it. */
  readonly included: Uint8Array;
  /** For each total whether its contributions are constant within every stratum, so that it is exact from any two rows. */
  readonly constantInStratum: readonly boolean[];
  /** True where the group is a function of the stratum: then no group can be missing. */
  readonly groupsByStratum: boolean;
}

/** A text that two monomials share exactly where they are the same. */
export function monomialKey(monomial: Monomial): string {
  return monomial.map(({ measure, power }) => `${measure}^${power}`).join('*');
}

/** The product of two totals as a monomial: powers of one measure add up. */
export function productOf(a: Total, b: Total): Monomial {
  if (a.measure === b.measure) return [{ measure: a.measure, power: a.power + b.power }];
  return a.measure < b.measure ? [a, b] : [b, a];
}
