import type { Storage } from '../../columns/index.ts';

/** How whole numbers and codes are stored that a test can be about. */
export type WordStorage = Exclude<Storage, 'int64' | 'float32' | 'float64'>;

/** A column's value lies in a range, both of whose ends are arguments; or it does not. */
export interface RangeTest {
  readonly kind: 'range';
  /** Its place among the columns. */
  readonly column: number;
  readonly storage: WordStorage;
  readonly negated: boolean;
}

/** A row passes where a column's value lies in a range, or where a bit of a bitmap is set. */
export type VectorTest = RangeTest | { readonly kind: 'valid'; readonly bitmap: number };

/** A column's value, over a divisor if there is one, less a centre: both are arguments. It is 0 in rows that a mask leaves out. */
export interface VectorMeasure {
  readonly column: number;
  readonly storage: WordStorage | 'float64';
  readonly isDivided: boolean;
  /** Values of 16 bits or less, and a centre that is a whole number: so it is taken off before they become doubles. */
  readonly isWhole: boolean;
  /** Its place among the masks. */
  readonly mask: number;
}

/** What rows add to a sum where a mask lets them through: a product of measures, which are 0 where the first mask does not, or 1. */
export interface VectorSum {
  /** None: rows are counted. */
  readonly factors: readonly number[];
  readonly mask: number;
}

/** What a loop over vectors is generated from. */
export interface VectorShape {
  /** The storage of each column. */
  readonly columns: readonly Storage[];
  readonly bitmaps: number;
  /** The tests that rows have to pass; and behind them those that some are to pass besides, for measures that do not take all. */
  readonly masks: readonly (readonly VectorTest[])[];
  readonly measures: readonly VectorMeasure[];
  /** The first counts the rows that the first mask lets through. */
  readonly sums: readonly VectorSum[];
}
