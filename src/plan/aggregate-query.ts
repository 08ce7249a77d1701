import type { AggregateCall, BoundExpression, OutputColumn } from './bound.ts';

/**
 * The kind of query that samples and strata tables can answer: one table, a filter, groups, aggregates, and expressions over
 * both. Outputs, HAVING and ORDER BY refer to keys and aggregates by slot.
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
}
export interface QueryOrder {
  readonly expression: BoundExpression;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last';
}
