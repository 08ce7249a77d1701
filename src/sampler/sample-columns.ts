import { formatType } from '../plan/index.ts';
import type { Column } from '../samples/index.ts';
import type { ScannedRows } from '../sources/index.ts';
import { gatherValidity, gatherValues } from './gather.ts';

/** The table's own columns of the sample file, from the scanned rows. @param order of the sample's rows, places in the scan */
export function ownColumns(rows: ScannedRows, order: Int32Array): Column[] {
  return rows.columns.map(({ column, values, validity, dictionary }) => ({
    name: column.name,
    sqlType: formatType(column.type),
    storage: column.storage,
    values: gatherValues(values, column.storage, order),
    validity: gatherValidity(validity, order),
    dictionary,
  }));
}
