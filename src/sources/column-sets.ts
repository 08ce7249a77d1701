import type { Control } from './source.ts';

/** What there is to know of the values of some columns together. */
export interface ColumnSetCounts {
  /** Different values: exact, or an estimate from a share of the rows. */
  readonly distinct: number;
  /** For each cap K that was asked for: Σ min(F, K), and how many values have fewer rows than K. */
  readonly byCap: readonly { readonly kept: number; readonly rare: number }[];
}

/** Counts of column sets, for choosing samples. */
export interface ColumnSetScan {
  /**
   * @param share of the rows, in (0, 1], that is counted; below 1 the numbers are estimates
   * @param caps whole numbers, 1 or more
   * @throws QueryError of the source
   */
  count(
    columns: readonly string[],
    caps: readonly number[],
    share: number,
    control: Control,
  ): Promise<ColumnSetCounts>;
  /** The largest squared coefficient of variation, variance ÷ mean², of numeric columns; 0 where none has one. */
  spread(columns: readonly string[], share: number, control: Control): Promise<number>;
  /** Ends it. What it used is given back behind; the end of the source waits for that. */
  close(): void;
}
