import { mapInPieces, type Pieces, piecewise } from '../common/index.ts';
import type { ShownEstimates } from '../estimator/index.ts';
import { evaluate, type QueryOutput } from '../plan/index.ts';
import { slotLookup } from './answer-rows.ts';
import type { Value } from './cells.ts';
import { type EstimatedRow, type EstimatedRows, GroupRows } from './known.ts';
import type { ColumnValues } from './query-result.ts';

/** The rows of an answer as its columns, and what their estimates say together. */
export interface GatheredRows {
  /** One an output. */
  readonly columns: readonly ColumnValues[];
  /** The largest relative half-width; null where an estimate has none, 0 where all is exact. */
  readonly maxRelativeError: number | null;
  /** A stratum of some estimate was not read at all. */
  readonly unread: boolean;
  /** Rows that have an estimate without an interval because there was no time. */
  readonly unmade: number;
}

/** Rows that are gathered without a pause. */
const rowsAtOnce = 1024;

/** Gathers rows column by column: there may be a hundred thousand, and to come to each takes longer than to look at it. */
export function* gatherRows(rows: EstimatedRows, outputs: readonly QueryOutput[]): Pieces<GatheredRows> {
  const groups = yield* groupsOf(rows);
  const estimates = yield* showEstimates(rows, groups);
  const keys = rows.at(0)?.reader.keyColumns(groups) ?? []; // they are read alike
  const columns: ColumnValues[] = [];
  for (const { expression, interval } of outputs) {
    const isKey = interval === null && expression.kind === 'slot' && expression.slot === 'key';
    // Outputs have the first intervals; of no rows there is nothing to show.
    const known = interval === null ? isKey && keys[expression.index] : estimates[interval];
    const valueOf = (row: EstimatedRow): Value => evaluate(expression, slotLookup(row));
    columns.push(known || (yield* mapInPieces(rows, valueOf, rowsAtOnce)));
  }
  const errors = estimates.map((each) => each.largestRelativeError(0, rows.length));
  return {
    columns,
    maxRelativeError: errors.includes(null) ? null : Math.max(0, ...errors.map(Number)),
    unread: estimates.some((each) => each.says('UNREAD_STRATUM')),
    unmade: unmadeRows(estimates, rows.length),
  };
}

/** The places of the groups that rows are of. */
function* groupsOf(rows: EstimatedRows): Pieces<Int32Array> {
  if (rows instanceof GroupRows) return rows.groups.places;
  const groups = new Int32Array(rows.length);
  const find = (from: number, to: number): void => {
    for (let row = from; row < to; row++) groups[row] = rows.at(row)!.group.group; // row < length
  };
  yield* piecewise(rows.length, find, rowsAtOnce);
  return groups;
}

/** What rows show of their intervals, one column each. */
function* showEstimates(rows: EstimatedRows, groups: Int32Array): Pieces<ShownEstimates[]> {
  const columns: ShownEstimates[] = [];
  for (let place = 0; place < (rows.at(0)?.estimateCount ?? 0); place++)
    columns.push(yield* rows.at(0)!.reader.intervals.shown(rows, groups, place)); // they are read alike
  return columns;
}

/** Rows that have an estimate for whose interval there was no time. */
function unmadeRows(estimates: readonly ShownEstimates[], rows: number): number {
  const late = estimates.filter((each) => each.says('OUT_OF_TIME'));
  let unmade = 0;
  if (late.length > 0)
    for (let row = 0; row < rows; row++) if (late.some((each) => each.isOutOfTime(row))) unmade++;
  return unmade;
}
