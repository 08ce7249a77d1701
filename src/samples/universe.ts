import type { ColumnReader } from './held-columns.ts';

/*
 * Samples that keep all rows of the keys drawn. Rows of one key lie contiguously, keys in random order, so the rows of the first d
 * keys are a simple random sample of d keys.
 */

/** Exact sums over the table's keys that have a value of a column: Σ nᵃ sᵇ at place {@link keyMomentPlace}, a + b ≤ 3. */
export interface KeySums {
  /** n is the key's rows with a value, s its Σ (x − mean) over them; NaN where the column has no numbers. */
  readonly sums: Float64Array;
}

/** What a build knows of all keys of the table. */
export interface UniverseTable {
  /** Columns that a key is made of. */
  readonly columns: readonly string[];
  /** Different keys, D; a NULL is a value of them. */
  readonly keys: number;
  /** Rows of the largest. */
  readonly rowsMax: number;
  /** Of all rows, n being the rows of a key. */
  readonly ofRows: KeySums;
  /** By column. */
  readonly ofColumns: ReadonlyMap<string, KeySums>;
}

/** Where the rows of the keys drawn lie. */
export interface KeyIndex {
  readonly universe: UniverseTable;
  /** For each key in the sample, in random order, its first row; one more entry closes the last. */
  readonly starts: Int32Array;
}

/** The exponents (a, b) of nᵃ sᵇ that are kept. */
export const keyMomentOrders: readonly (readonly [number, number])[] = [
  [0, 0], [1, 0], [2, 0], [3, 0], [0, 1], [1, 1], [2, 1], [0, 2], [1, 2], [0, 3],
]; // prettier-ignore
const momentPlaces = 16;

/** Where Σ nᵃ sᵇ lies. */
const keyMomentPlace = (a: number, b: number): number => 4 * a + b;

/** Sums in their places, NaN for those that are not given. @param sumOf the sum of given exponents */
function keySums(sumOf: (a: number, b: number) => number): KeySums {
  const sums = new Float64Array(momentPlaces).fill(Number.NaN);
  for (const [a, b] of keyMomentOrders) sums[keyMomentPlace(a, b)] = sumOf(a, b);
  return { sums };
}

/** Names of the columns that a universe sample's strata file has beside the others; it has one stratum. */
export const universeColumn = {
  keyPrefix: 'universe:',
  key: (name: string): string => `universe:${name}`,
  keys: 'keys',
  rowsMax: 'keyRowsMax',
  ofRows: (a: number, b: number): string => `key${a}${b}`,
  ofColumn: (a: number, b: number, name: string): string => `key${a}${b}:${name}`,
};

/** Reads what a strata file says of keys; null where rows were drawn. @throws QueryError DAMAGED_SAMPLE */
export async function readUniverse(reader: ColumnReader): Promise<UniverseTable | null> {
  const names = new Set(reader.manifest.columns.map(({ name }) => name));
  if (!names.has(universeColumn.keys)) return null;
  const values = new Map<string, number>();
  for (const name of names)
    if (name.startsWith('key') || name.startsWith(universeColumn.keyPrefix))
      values.set(name, Number((await reader.load(name, reader.manifest.rows)).values[0] ?? 0));
  const number = (name: string): number => values.get(name) ?? Number.NaN;
  const counted = universeColumn.ofColumn(0, 0, '');
  const columns = [...names].flatMap((name) =>
    name.startsWith(counted) ? [name.slice(counted.length)] : [],
  );
  return {
    columns: [...names].flatMap((name) =>
      name.startsWith(universeColumn.keyPrefix) ? [name.slice(universeColumn.keyPrefix.length)] : [],
    ),
    keys: number(universeColumn.keys),
    rowsMax: number(universeColumn.rowsMax),
    ofRows: keySums((a, b) => number(universeColumn.ofRows(a, b))),
    ofColumns: new Map(
      columns.map((name) => [name, keySums((a, b) => number(universeColumn.ofColumn(a, b, name)))]),
    ),
  };
}

/** Where keys start, from each row's key: whole numbers from 0 that never fall. @param rows more than none */
export function keyStarts(keyOfRow: Int32Array, rows: number): Int32Array {
  const count = rows === 0 ? 0 : keyOfRow[rows - 1]! + 1; // rows > 0
  const starts = new Int32Array(count + 1);
  for (let row = rows - 1; row >= 0; row--) starts[keyOfRow[row]!] = row; // the last one written is the first row
  starts[count] = rows;
  return starts;
}
