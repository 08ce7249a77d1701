import type { Pieces } from '../common/index.ts';
import {
  type Column,
  keyColumnName,
  keyMomentOrders,
  priorityColumnName,
  stratumColumnName,
  universeColumn,
} from '../samples/index.ts';
import type { KeyTotals, ScannedKeys, ScannedStrata } from '../sources/index.ts';
import { gatherValues } from './gather.ts';
import { orderByKey } from './order-rows.ts';
import { ownColumns } from './sample-columns.ts';
import { strataColumns } from './strata-columns.ts';
import type { DrawnSample } from './write-sample.ts';

const plain = { validity: null, dictionary: null };
const double = (name: string, values: Float64Array): Column => ({
  name,
  sqlType: 'DOUBLE',
  storage: 'float64',
  values,
  ...plain,
});
const integer = (name: string, values: Int32Array): Column => ({
  name,
  sqlType: 'INTEGER',
  storage: 'int32',
  values,
  ...plain,
});

/** The files of a sample that keeps all rows of the keys drawn: keys in the order of their priorities, each row with its key's place. */
export function* keyedSample(
  columns: readonly string[],
  strata: ScannedStrata,
  { rows, priority, ...known }: ScannedKeys,
): Pieces<DrawnSample> {
  const order = yield* orderByKey(rows.stratum, rows.priority);
  const place = (yield* gatherValues(rows.stratum, 'int32', order)) as Int32Array; // gathered as it was
  return {
    strata,
    outliers: null,
    rows: order.length,
    columns: [
      ...(yield* ownColumns(rows, order)),
      integer(stratumColumnName, new Int32Array(order.length)),
      double(priorityColumnName, (yield* gatherValues(priority, 'float64', order)) as Float64Array), // gathered as it was
      integer(keyColumnName, place),
    ],
    strataColumns: [
      ...(yield* strataColumns(
        strata,
        Int32Array.from(strata.population, () => order.length),
      )),
      ...universeColumns(columns, strata.count, known),
    ],
  };
}

/** What the strata file says of all keys of the table. @param count strata: one, or none where the table is empty */
function universeColumns(
  columns: readonly string[],
  count: number,
  { population, rowsMax, ofRows, ofColumns }: Omit<ScannedKeys, 'rows' | 'priority'>,
): Column[] {
  const column = (name: string, value: number): Column => double(name, new Float64Array(count).fill(value));
  const totals = (name: (a: number, b: number) => string, of: KeyTotals): Column[] =>
    keyMomentOrders.map(([a, b]) => column(name(a, b), of(a, b)));
  return [
    column(universeColumn.keys, population),
    column(universeColumn.rowsMax, rowsMax),
    ...columns.map((name) => column(universeColumn.key(name), population)),
    ...totals(universeColumn.ofRows, ofRows),
    ...ofColumns.flatMap((each) =>
      totals((a, b) => universeColumn.ofColumn(a, b, each.column.name), each.totals),
    ),
  ];
}
