import {
  type AggregateQuery,
  type BoundExpression,
  compareValues,
  evaluate,
  type Lookup,
  type Scalar,
  Unevaluable,
} from '../plan/index.ts';
import type { Value } from './cells.ts';

/** A group on its way to a row: the values of its slots, and what its outputs show. */
export interface GroupRow {
  readonly keys: readonly Scalar[];
  /** Point values where they are estimates. */
  readonly aggregates: readonly Scalar[];
  /** One value an output. */
  readonly outputs: readonly Value[];
}

/** Gives an expression over slots the values of a group. */
export function slotLookup({ keys, aggregates }: Pick<GroupRow, 'keys' | 'aggregates'>): Lookup {
  return (leaf) => {
    if (leaf.kind !== 'slot') throw new Unevaluable('only keys and aggregates have values here');
    return (leaf.slot === 'key' ? keys : aggregates)[leaf.index] ?? null;
  };
}

/**
 * Applies HAVING, ORDER BY, OFFSET and LIMIT to groups; of estimates it takes the point values.
 * @throws Unevaluable where an expression is left to the source
 */
export function finishRows<Row extends Pick<GroupRow, 'keys' | 'aggregates'>>(
  query: AggregateQuery,
  rows: readonly Row[],
): Row[] {
  const { having, orderBy, limit, offset } = query;
  const kept =
    having === null ? rows.slice() : rows.filter((row) => evaluate(having, slotLookup(row)) === true);
  if (orderBy.length > 0) {
    const sortable = kept.map((row) => ({
      row,
      values: orderBy.map(({ expression }) => evaluate(expression, slotLookup(row))),
    }));
    sortable.sort((a, b) => compareRows(query, a.values, b.values));
    for (const [place, { row }] of sortable.entries()) kept[place] = row;
  }
  return kept.slice(offset, limit === null ? undefined : offset + limit);
}

function compareRows({ orderBy }: AggregateQuery, a: readonly Scalar[], b: readonly Scalar[]): number {
  for (const [place, { expression, descending, nulls }] of orderBy.entries()) {
    const order = compareNullable(a[place] ?? null, b[place] ?? null, expression, descending, nulls);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNullable(
  a: Scalar,
  b: Scalar,
  { type }: BoundExpression,
  descending: boolean,
  nulls: 'first' | 'last',
): number {
  if (a === null || b === null) return a === b ? 0 : (a === null) === (nulls === 'last') ? 1 : -1;
  const order = compareValues(a, type, b, type);
  return descending ? -order : order;
}
