import type { Storage } from '../../columns/index.ts';

/** How whole numbers and codes are stored that a condition can be about. */
export type WordStorage = Exclude<Storage, 'int64' | 'float32' | 'float64'>;

/** A row passes where a column's value lies in a range, both of whose ends are arguments; or where it does not. */
export interface VectorCondition {
  /** Its place among the columns. */
  readonly column: number;
  readonly storage: WordStorage;
  readonly negated: boolean;
}

/** A column's value, over a divisor if there is one, less a centre: both are arguments. */
export interface VectorMeasure {
  readonly column: number;
  readonly storage: WordStorage | 'float64';
  readonly isDivided: boolean;
  /** Values of 16 bits or less, and a centre that is a whole number: so it is taken off before they become doubles. */
  readonly isWhole: boolean;
}

/** What a loop over vectors is generated from. */
export interface VectorShape {
  /** The storage of each column. */
  readonly columns: readonly Storage[];
  readonly conditions: readonly VectorCondition[];
  readonly measures: readonly VectorMeasure[];
  /** Of each sum the measures whose product it adds up; the count is not among them. */
  readonly products: readonly (readonly number[])[];
}
