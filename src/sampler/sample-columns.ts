import type { Pieces } from '../common/index.ts';
import { formatType } from '../plan/index.ts';
import { type Column, priorityColumnName, stratumColumnName } from '../samples/index.ts';
import type { ScannedRows } from '../sources/index.ts';
import { gatherValidity, gatherValues } from './gather.ts';
import { prioritiesOf } from './order-rows.ts';

/** A column of the table with its rows as they came. */
type RowColumn = ScannedRows['columns'][number];

/** A column of the sample file. @param order of the sample's rows, places in the scan */
export function* ownColumn(
  { column, values, validity, dictionary }: RowColumn,
  order: Int32Array,
): Pieces<Column> {
  return {
    name: column.name,
    sqlType: formatType(column.type),
    storage: column.storage,
    values: yield* gatherValues(values, column.storage, order),
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

/** The columns that tell a row's stratum and its priority. @param order of the sample's rows, places in the scan */
export function* placeColumns(
  { stratum, priority }: Pick<ScannedRows, 'stratum' | 'priority'>,
  order: Int32Array,
): Pieces<Column[]> {
  const plain = { validity: null, dictionary: null };
  return [
    {
      name: stratumColumnName,
      sqlType: 'INTEGER',
      storage: 'int32',
      values: yield* gatherValues(stratum, 'int32', order),
      ...plain,
    },
    {
      name: priorityColumnName,
      sqlType: 'DOUBLE',
      storage: 'float64',
      values: yield* prioritiesOf(priority, order),
      ...plain,
    },
  ];
}
