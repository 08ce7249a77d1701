import {
  type AggregateQuery,
  compareValues,
  evaluate,
  type Lookup,
  type QueryOrder,
  type Scalar,
  Unevaluable,
} from '../plan/index.ts';

/** The values of a group's slots. */
export interface GroupSlots {
  readonly keys: readonly Scalar[];
  /** Point values where they are estimates. */
  readonly aggregates: readonly Scalar[];
  /** What an accessor says of the group, found when it is asked for. */
  readonly accessor: (index: number) => Scalar;
}

/** Groups after HAVING, ORDER BY, OFFSET and LIMIT. */
export interface ChosenRows<Row> {
  readonly shown: readonly Row[];
  /** By HAVING. */
  readonly dropped: readonly Row[];
  /** By OFFSET, in their order. */
  readonly before: readonly Row[];
  /** By LIMIT, in their order. */
  readonly after: readonly Row[];
}

/** Gives an expression over slots the values of a group. */
export function slotLookup({ keys, aggregates, accessor }: GroupSlots): Lookup {
  return (leaf) => {
    if (leaf.kind !== 'slot') throw new Unevaluable('only keys, aggregates and accessors have values here');
    if (leaf.slot === 'accessor') return accessor(leaf.index);
    return (leaf.slot === 'key' ? keys : aggregates)[leaf.index] ?? null;
  };
}

/**
 * Applies HAVING, ORDER BY, OFFSET and LIMIT to groups; of estimates it takes the point values.
 * @throws Unevaluable where an expression is left to the source
 */
export function chooseRows<Row extends GroupSlots>(
  query: AggregateQuery,
  rows: readonly Row[],
): ChosenRows<Row> {
  const { having, orderBy, limit, offset } = query;
  const kept: Row[] = [];
  const dropped: Row[] = [];
  for (const row of rows)
    (having === null || evaluate(having, slotLookup(row)) === true ? kept : dropped).push(row);
  if (orderBy.length > 0) {
    const sortable = kept.map((row) => ({
      row,
      values: orderBy.map(({ expression }) => evaluate(expression, slotLookup(row))),
    }));
    sortable.sort((a, b) => compareRows(query, a.values, b.values));
    for (const [place, { row }] of sortable.entries()) kept[place] = row;
  }
  const end = limit === null ? kept.length : offset + limit;
  return { shown: kept.slice(offset, end), dropped, before: kept.slice(0, offset), after: kept.slice(end) };
}

function compareRows({ orderBy }: AggregateQuery, a: readonly Scalar[], b: readonly Scalar[]): number {
  for (const [place, order] of orderBy.entries()) {
    const compared = compareInOrder(a[place] ?? null, b[place] ?? null, order);
    if (compared !== 0) return compared;
  }
  return 0;
}

/** Compares two values by an item of ORDER BY: negative where the first comes first. */
export function compareInOrder(a: Scalar, b: Scalar, { expression, descending, nulls }: QueryOrder): number {
  if (a === null || b === null) return a === b ? 0 : (a === null) === (nulls === 'last') ? 1 : -1;
  const { type } = expression;
  const order = compareValues(a, type, b, type);
  return descending ? -order : order;
}
