import { type Pieces, piecewise } from '../common/index.ts';
import { isOutOfTime } from '../estimator/index.ts';
import { type Estimate, evaluate, type QueryOutput } from '../plan/index.ts';
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
  const estimates: Estimate[] = [];
  let largest = 0;
  let [isUnbounded, unread, unmade] = [false, false, 0];
  const gather = (from: number, to: number): void => {
    for (let place = from; place < to; place++) {
      const row = rows[place]!; // place < length
      let isLate = false;
      for (let shown = 0; shown < row.estimateCount; shown++) {
        const estimate = (estimates[shown] = row.estimateAt(shown));
        const { relativeError, reasons } = estimate;
        if (relativeError === null) isUnbounded = true;
        else if (relativeError > largest) largest = relativeError;
        if (reasons.length === 0) continue;
        unread ||= reasons.includes('UNREAD_STRATUM');
        isLate ||= isOutOfTime(estimate);
      }
      if (isLate) unmade++;
      for (const { valueOf, values } of columns) values[place] = valueOf(row, estimates);
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

/** What an output shows of a row with its estimates. */
function valuesOf({
  expression,
  interval,
}: QueryOutput): (row: EstimatedRow, estimates: readonly Estimate[]) => Value {
  if (interval !== null) return (_, estimates) => estimates[interval]!; // outputs have the first intervals
  if (expression.kind === 'slot' && expression.slot === 'key') {
    const { index } = expression;
    return (row) => row.key(index);
  }
  return (row) => evaluate(expression, slotLookup(row));
}
