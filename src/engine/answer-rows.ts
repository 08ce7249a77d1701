import { type List, mapInPieces, type Pieces, piecewise, sortInPieces } from '../common/index.ts';
import {
  type AggregateQuery,
  type BoundExpression,
  compareValues,
  evaluate,
  type Lookup,
  type QueryOrder,
  type Scalar,
  Unevaluable,
} from '../plan/index.ts';

/** Rows that are looked at without a pause. */
const rowsAtOnce = 512;

/** The values of a group's slots. */
export interface GroupSlots {
  readonly keys: readonly Scalar[];
  /** Point values where they are estimates. */
  readonly aggregates: readonly Scalar[];
  /** What an accessor says of the group, found when it is asked for. */
  accessor(index: number): Scalar;
}

/** Rows of which a part can be taken. Arrays are such lists. */
export interface RowList<Row> extends List<Row> {
  /** Those in [from, to), all unless given. */
  slice(from?: number, to?: number): RowList<Row>;
}

/** Groups after HAVING, ORDER BY, OFFSET and LIMIT. */
export interface ChosenRows<Row> {
  readonly shown: RowList<Row>;
  /** By HAVING. */
  readonly dropped: RowList<Row>;
  /** By OFFSET, in their order. */
  readonly before: RowList<Row>;
  /** By LIMIT, in their order. */
  readonly after: RowList<Row>;
}

/** Gives an expression over slots the values of a group. */
export function slotLookup(slots: GroupSlots): Lookup {
  return (leaf) => {
    if (leaf.kind !== 'slot') throw new Unevaluable('only keys, aggregates and accessors have values here');
    if (leaf.slot === 'accessor') return slots.accessor(leaf.index);
    return (leaf.slot === 'key' ? slots.keys : slots.aggregates)[leaf.index] ?? null;
  };
}

/**
 * Applies HAVING, ORDER BY, OFFSET and LIMIT to groups; of estimates it takes the point values.
 * @throws Unevaluable where an expression is left to the source
 */
export function* chooseRows<Row extends GroupSlots>(
  query: AggregateQuery,
  rows: RowList<Row>,
): Pieces<ChosenRows<Row>> {
  const { having, limit, offset } = query;
  const [kept, dropped] = having === null ? [rows, []] : yield* divide(rows, having);
  const ordered = yield* inOrder(query, kept);
  const end = limit === null ? ordered.length : offset + limit;
  return {
    shown: ordered.slice(offset, end),
    dropped,
    before: ordered.slice(0, offset),
    after: ordered.slice(end),
  };
}

/** The rows that a condition keeps, and those that it drops. */
function* divide<Row extends GroupSlots>(
  rows: RowList<Row>,
  having: BoundExpression,
): Pieces<readonly [kept: Row[], dropped: Row[]]> {
  const kept: Row[] = [];
  const dropped: Row[] = [];
  const decide = (from: number, to: number): void => {
    for (let place = from; place < to; place++) {
      const row = rows.at(place)!; // place < length
      (evaluate(having, slotLookup(row)) === true ? kept : dropped).push(row);
    }
  };
  yield* piecewise(rows.length, decide, rowsAtOnce);
  return [kept, dropped];
}

/** The rows in the order of ORDER BY. */
function* inOrder<Row extends GroupSlots>(
  { orderBy }: AggregateQuery,
  rows: RowList<Row>,
): Pieces<RowList<Row>> {
  if (orderBy.length === 0) return rows;
  const values: (readonly Scalar[])[] = [];
  for (const { expression } of orderBy)
    values.push(yield* mapInPieces(rows, (row) => evaluate(expression, slotLookup(row)), rowsAtOnce));
  const compare = (a: number, b: number): number => {
    for (let item = 0; item < orderBy.length; item++) {
      const compared = compareInOrder(values[item]![a] ?? null, values[item]![b] ?? null, orderBy[item]!); // as many lists of values as items
      if (compared !== 0) return compared;
    }
    return 0;
  };
  const places = yield* sortInPieces(rows.length, compare);
  return places.map((place) => rows.at(place)!); // places of rows
}

/** Compares two values by an item of ORDER BY: negative where the first comes first. */
export function compareInOrder(a: Scalar, b: Scalar, { expression, descending, nulls }: QueryOrder): number {
  if (a === null || b === null) return a === b ? 0 : (a === null) === (nulls === 'last') ? 1 : -1;
  const { type } = expression;
  const order = compareValues(a, type, b, type);
  return descending ? -order : order;
}
