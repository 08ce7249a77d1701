import type { AccessorName } from './accessor.ts';
import type { AggregateCall, BoundExpression, OutputColumn } from './bound.ts';

/**
 * The kind of query that samples and strata tables can answer: one table, a filter, groups, aggregates, and expressions over
 * both. Outputs, HAVING and ORDER BY refer to keys, aggregates and accessors by slot.
 */
export interface AggregateQuery {
  readonly table: string;
  /** All columns of the table; a ColumnValue's `column` is a place in them. */
  readonly columns: readonly OutputColumn[];
  /** A row qualifies where every one of these is true. */
  readonly filter: readonly BoundExpression[];
  readonly keys: readonly BoundExpression[];
  /** Each once, in order of appearance. */
  readonly aggregates: readonly AggregateCall[];
  /**
   * The expressions over aggregates whose intervals the answer needs, each once: first those that outputs show or speak of, then what
   * HAVING compares and, with a LIMIT or OFFSET, what the order goes by.
   */
  readonly intervals: readonly BoundExpression[];
  /** So many of them are of outputs. */
  readonly shownIntervals: number;
  /** What is said of them, each once. */
  readonly accessors: readonly QueryAccessor[];
  readonly outputs: readonly QueryOutput[];
  readonly having: BoundExpression | null;
  readonly orderBy: readonly QueryOrder[];
  readonly limit: number | null;
  readonly offset: number;
}
export interface QueryOutput {
  readonly name: string;
  readonly expression: BoundExpression;
  /** Made from keys alone: a label of the group, not an estimate. */
  readonly isKey: boolean;
  /** Its place among the intervals; null where it is shown without: a key, or a value made with accessors. */
  readonly interval: number | null;
}
/** An accessor of one of the query's intervals. */
export interface QueryAccessor {
  readonly name: AccessorName;
  readonly interval: number;
}
export interface QueryOrder {
  readonly expression: BoundExpression;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last';
}
