import { isValid } from '../columns/index.ts';
import type { ColumnReader, HeldColumn } from './held-columns.ts';
import { readUniverse, type UniverseTable } from './universe.ts';

/**
 * The strata of a sample, from the column file beside it: for each its key, how many rows the table has of it (N_h) and the
 * sample (n_h), and the exact totals of the table's numeric columns, which the build's scan saw anyway.
 */
export interface StrataTable {
  readonly count: number;
  /** N_h */
  readonly population: Float64Array;
  /** n_h */
  readonly sampled: Int32Array;
  /** 1: the outliers of a key, which the sample holds whole; 0: the other rows of it, or all where outliers are not apart. */
  readonly takeAll: Uint8Array;
  /** Rows of a sample of equal weights that would estimate as well, where the strata have nothing to do with the question. */
  readonly effectiveRows: number;
  /** Key columns in the order of STRATIFIED BY; none for a uniform sample. */
  readonly keys: readonly StratumKey[];
  /** By column name. */
  readonly statistics: ReadonlyMap<string, ColumnStatistics>;
  /** What is known of all keys of the table where keys were drawn; null: rows were. */
  readonly universe: UniverseTable | null;
}

/** One key column: a value or null for each stratum. Integers, DECIMAL and times as bigint, others as they are. */
export interface StratumKey {
  readonly name: string;
  readonly sqlType: string;
  readonly values: readonly (string | number | bigint | boolean | null)[];
}

/** Exact totals of a column, one entry a stratum; over the rows where it is not NULL. */
export interface ColumnStatistics {
  readonly count: Float64Array;
  /** Rows that are NaN or infinite. */
  readonly nonFinite: Float64Array;
  /** Least and greatest value (DECIMAL scaled, DATE days, TIMESTAMP microseconds); NaN where there is none. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Exact sum of an integer or DECIMAL (scaled); null: not such a type, or beyond 64 bits in some stratum. */
  readonly sum: BigInt64Array | null;
  /** Mean in the column's unit; NaN where there is none. */
  readonly mean: Float64Array;
  /** Centred moments Σ(x − mean)^k for k = 2 … 6, in the column's unit; NaN where the digits were lost. */
  readonly centred: readonly Float64Array[];
}

/** Names of the columns of a strata file. */
export const strataColumn = {
  population: 'population',
  sampled: 'sampled',
  takeAll: 'outliers',
  key: (name: string): string => `key:${name}`,
  statistic: (statistic: string, name: string): string => `${statistic}:${name}`,
};

/** The orders of the centred moments that are kept. */
export const centredOrders = [2, 3, 4, 5, 6] as const;

/** Reads all columns of a strata file. @throws QueryError DAMAGED_SAMPLE */
export async function readStrataTable(reader: ColumnReader): Promise<StrataTable> {
  const { rows, columns } = reader.manifest;
  const loaded = new Map<string, HeldColumn>();
  for (const { name } of columns) loaded.set(name, await reader.load(name, rows));
  const doubles = (name: string): Float64Array => loaded.get(name)!.values as Float64Array; // written as float64
  const named = (prefix: string): string[] =>
    [...loaded.keys()].flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  const population = doubles(strataColumn.population);
  const sampled = loaded.get(strataColumn.sampled)!.values as Int32Array; // written as int32
  return {
    count: rows,
    population,
    sampled,
    takeAll: (loaded.get(strataColumn.takeAll)?.values as Uint8Array | undefined) ?? new Uint8Array(rows), // written as uint8
    effectiveRows: effectiveRows(population, sampled),
    universe: await readUniverse(reader),
    keys: named('key:').map((name) => readKey(name, loaded.get(strataColumn.key(name))!, rows)),
    statistics: new Map(
      named('count:').map((name) => {
        const of = (statistic: string): Float64Array => doubles(strataColumn.statistic(statistic, name));
        const sum = loaded.get(strataColumn.statistic('sum', name))?.values;
        return [
          name,
          {
            count: of('count'),
            nonFinite: of('nonFinite'),
            low: of('low'),
            high: of('high'),
            sum: sum instanceof BigInt64Array ? sum : null,
            mean: of('mean'),
            centred: centredOrders.map((order) => of(`m${order}`)),
          },
        ];
      }),
    ),
  };
}

/**
 * (Σ N_h)² / Σ (N_h² / n_h)
 * @see Kish, "Survey Sampling", 1965, section 11.7: the loss of precision by unequal weights
 */
function effectiveRows(population: Float64Array, sampled: Int32Array): number {
  let all = 0;
  let weighted = 0;
  for (const [stratum, rows] of population.entries()) {
    if (rows === 0) continue;
    all += rows;
    weighted += rows ** 2 / sampled[stratum]!; // infinite where a stratum has no row in the sample
  }
  return all === 0 ? 0 : all ** 2 / weighted;
}

function readKey(name: string, column: HeldColumn, rows: number): StratumKey {
  const { manifest, values, validity, dictionary } = column;
  const read = (row: number): StratumKey['values'][number] => {
    if (validity !== null && !isValid(validity, row)) return null;
    const value = values[row]!; // row < rows
    if (dictionary !== null) return dictionary[Number(value)]!; // codes of valid rows are in the dictionary
    return manifest.sqlType === 'BOOLEAN' ? value === 1 : value;
  };
  return { name, sqlType: manifest.sqlType, values: Array.from({ length: rows }, (_, row) => read(row)) };
}
