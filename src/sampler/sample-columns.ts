import { allocate, bitmapBytes, isValid, setValid } from '../columns/index.ts';
import { type Pieces, piecewise, rowsAtOnce } from '../common/index.ts';
import { formatType } from '../plan/index.ts';
import { type Column, priorityColumnName, runStride, stratumColumnName } from '../samples/index.ts';
import type { ScannedRows } from '../sources/index.ts';
import type { BlockedMoves } from './blocked-moves.ts';
import { gatherValidity, gatherValues } from './gather.ts';
import { type RowOrder, sharesOf } from './order-rows.ts';

/** A column of the table with its rows as they came. */
type RowColumn = ScannedRows['columns'][number];

/** A column of the sample file. @param order of the sample's rows, places in the scan @param moves see {@link gatherValues} */
export function* ownColumn(
  { column, values, validity, dictionary }: RowColumn,
  order: Int32Array,
  moves: BlockedMoves | null = null,
): Pieces<Column> {
  return {
    name: column.name,
    sqlType: formatType(column.type),
    storage: column.storage,
    values: yield* gatherValues(values, column.storage, order, moves),
    validity: yield* gatherValidity(validity, order),
    dictionary,
  };
}

/** The table's own columns of the sample file, from the scanned rows. @param order of the sample's rows, places in the scan */
export function* ownColumns({ columns }: ScannedRows, order: Int32Array): Pieces<Column[]> {
  const own: Column[] = [];
  for (const column of columns) own.push(yield* ownColumn(column, order));
  return own;
}

/**
 * The columns that tell a row's stratum and its priority.
 * @param priority of the scanned rows @param moves see {@link gatherValues}
 */
export function* placeColumns(
  priority: BigUint64Array,
  { order, sizes, runs }: RowOrder,
  moves: BlockedMoves | null = null,
): Pieces<Column[]> {
  const plain = { validity: null, dictionary: null };
  const strata = Int32Array.from(sizes.keys());
  return [
    yield* spreadColumn(
      { name: stratumColumnName, sqlType: 'INTEGER', storage: 'int32', values: strata, ...plain },
      { order, runs },
    ),
    {
      name: priorityColumnName,
      sqlType: 'DOUBLE',
      storage: 'float64',
      values: yield* gatherValues(yield* sharesOf(priority), 'float64', order, moves),
      ...plain,
    },
  ];
}

/** A column of the sample file that has one value in all rows of a stratum. @param ofStrata with a row for each stratum */
export function* spreadColumn(
  ofStrata: Column,
  { order, runs }: Pick<RowOrder, 'order' | 'runs'>,
): Pieces<Column> {
  const values = allocate(ofStrata.storage, order.length) as Int32Array; // a value is put back into an array of its own kind
  const from = ofStrata.values as Int32Array;
  let spread = 0;
  for (let run = 0; run < runs.length; run += runStride) {
    const [stratum, first, end] = [runs[run]!, runs[run + 1]!, runs[run + 2]!]; // whole runs
    values.fill(from[stratum]!, first, end); // one value a stratum
    spread += end - first;
    if (spread < rowsAtOnce) continue;
    spread = 0;
    yield;
  }
  return { ...ofStrata, values, validity: yield* spreadValidity(ofStrata.validity, runs, order.length) };
}

/** null where no row is NULL. */
function* spreadValidity(
  ofStrata: Uint8Array | null,
  runs: Int32Array,
  rows: number,
): Pieces<Uint8Array | null> {
  if (ofStrata === null) return null;
  const validity = new Uint8Array(bitmapBytes(rows));
  let nulls = 0;
  for (let run = 0; run < runs.length; run += runStride) {
    const [stratum, first, end] = [runs[run]!, runs[run + 1]!, runs[run + 2]!]; // whole runs
    if (!isValid(ofStrata, stratum)) nulls += end - first;
    else
      yield* piecewise(end - first, (from, to) => {
        for (let row = first + from; row < first + to; row++) setValid(validity, row);
      });
  }
  return nulls === 0 ? null : validity;
}
