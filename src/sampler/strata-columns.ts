import { allocate, bitmapBytes, codeStorage, type ColumnArray, setValid } from '../columns/index.ts';
import { compareText, type Pieces, QueryError } from '../common/index.ts';
import { formatType, type Scalar } from '../plan/index.ts';
import { centredOrders, type Column, strataColumn } from '../samples/index.ts';
import type { ScannedStrata } from '../sources/index.ts';

const plain = (name: string, sqlType: string, storage: Column['storage'], values: ColumnArray): Column => ({
  name,
  sqlType,
  storage,
  values,
  validity: null,
  dictionary: null,
});
const doubles = (name: string, values: Float64Array): Column => plain(name, 'DOUBLE', 'float64', values);

/** The columns of the strata file. @param sizes rows of each stratum in the sample */
export function* strataColumns(strata: ScannedStrata, sizes: Int32Array): Pieces<Column[]> {
  const statistics = strata.columns.flatMap(({ column: { name }, ...scanned }) => {
    const of = (statistic: string, values: Float64Array): Column =>
      doubles(strataColumn.statistic(statistic, name), values);
    return [
      of('count', scanned.count),
      of('nonFinite', scanned.nonFinite),
      of('low', scanned.low),
      of('high', scanned.high),
      of('mean', scanned.mean),
      ...centredOrders.map((order, place) => of(`m${order}`, scanned.centred[place]!)), // one array an order
      ...(scanned.sum === null
        ? []
        : [plain(strataColumn.statistic('sum', name), 'BIGINT', 'int64', scanned.sum)]),
    ];
  });
  const keys: Column[] = [];
  for (const { column, values } of strata.keys) {
    keys.push(keyColumn(strataColumn.key(column.name), formatType(column.type), values));
    yield;
  }
  return [
    doubles(strataColumn.population, strata.population),
    plain(strataColumn.sampled, 'INTEGER', 'int32', sizes),
    ...(strata.takeAll === null ? [] : [plain(strataColumn.takeAll, 'BOOLEAN', 'uint8', strata.takeAll)]),
    ...keys,
    ...statistics,
  ];
}

/** A key column with a row for each stratum: texts as a dictionary, numbers and booleans as they are; NULL is a key like any other. */
export function keyColumn(name: string, sqlType: string, values: readonly Scalar[]): Column {
  const validity = new Uint8Array(bitmapBytes(values.length));
  for (const [row, value] of values.entries()) if (value !== null) setValid(validity, row);
  const column = { name, sqlType, validity: values.includes(null) ? validity : null };
  const sample = values.find((value) => value !== null) ?? null;
  if (typeof sample === 'string') {
    const dictionary = [...new Set(values.filter((value) => typeof value === 'string'))].sort(compareText);
    const codes = new Map<Scalar, number>(dictionary.map((text, code) => [text, code]));
    const storage = codeStorage(dictionary.length);
    const array = allocate(storage, values.length) as Int32Array; // codes are numbers
    for (const [row, value] of values.entries()) array[row] = codes.get(value) ?? dictionary.length;
    return { ...column, storage, values: array, dictionary };
  }
  if (typeof sample === 'boolean')
    return { ...column, storage: 'uint8', values: Uint8Array.from(values, Number), dictionary: null };
  if (sqlType === 'FLOAT' || sqlType === 'DOUBLE') {
    return { ...column, storage: 'float64', values: Float64Array.from(values, Number), dictionary: null };
  }
  const integers = values.map((value) => BigInt((value ?? 0) as number | bigint)); // integers, DECIMAL and times
  if (integers.some((value) => BigInt.asIntN(64, value) !== value)) {
    throw new QueryError('NOT_SUPPORTED', `strata of ${name} cannot be kept: it has values beyond 64 bits`);
  }
  return { ...column, storage: 'int64', values: BigInt64Array.from(integers), dictionary: null };
}
