import { type Pieces, piecewise } from '../common/index.ts';
import { isOutOfTime } from '../estimator/index.ts';
import { evaluate, type QueryOutput } from '../plan/index.ts';
import { slotLookup } from './answer-rows.ts';
import type { Value } from './cells.ts';
import type { EstimatedRow } from './known.ts';

/** The rows of an answer as its columns, and what their estimates say together. */
export interface GatheredRows {
  /** One an output. */
  readonly columns: readonly (readonly Value[])[];
  /** The largest relative half-width; null where an estimate has none, 0 where all is exact. */
  readonly maxRelativeError: number | null;
  /** A stratum of some estimate was not read at all. */
  readonly unread: boolean;
  /** Rows that have an estimate without an interval because there was no time. */
  readonly unmade: number;
}

/** Rows that are gathered without a pause. */
const rowsAtOnce = 1024;

/** Gathers rows in one loop: there may be a hundred thousand, and to come to each takes longer than to look at it. */
export function* gatherRows(
  rows: readonly EstimatedRow[],
  outputs: readonly QueryOutput[],
): Pieces<GatheredRows> {
  const columns = outputs.map((output) => ({ valueOf: valuesOf(output), values: Array<Value>(rows.length) }));
  let largest = 0;
  let [isUnbounded, unread, unmade] = [false, false, 0];
  const gather = (from: number, to: number): void => {
    for (let place = from; place < to; place++) {
      const row = rows[place]!; // place < length
      for (const { valueOf, values } of columns) values[place] = valueOf(row);
      let isLate = false;
      for (const { estimate } of row.estimates) {
        const { relativeError, reasons } = estimate;
        if (relativeError === null) isUnbounded = true;
        else if (relativeError > largest) largest = relativeError;
        if (reasons.length === 0) continue;
        unread ||= reasons.includes('UNREAD_STRATUM');
        isLate ||= isOutOfTime(estimate);
      }
      if (isLate) unmade++;
    }
  };
  yield* piecewise(rows.length, gather, rowsAtOnce);
  return {
    columns: columns.map(({ values }) => values),
    maxRelativeError: isUnbounded ? null : largest,
    unread,
    unmade,
  };
}

/** What an output shows of a row. */
function valuesOf({ expression, interval }: QueryOutput): (row: EstimatedRow) => Value {
  if (interval !== null) return ({ estimates }) => estimates[interval]!.estimate; // outputs have the first intervals
  if (expression.kind === 'slot' && expression.slot === 'key') {
    const { index } = expression;
    return ({ keys }) => keys[index] ?? null;
  }
  return (row) => evaluate(expression, slotLookup(row));
}
