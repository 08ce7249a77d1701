import duckdb from '@duckdb/node-bindings';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import {
  allocate,
  bitmapBytes,
  bytesOf,
  bytesPerValue,
  codeStorage,
  type ColumnArray,
  type Dictionary,
  isValid,
  setValid,
  type Storage,
} from '../../columns/index.ts';
import type { Pause } from '../../common/index.ts';
import type { SampledColumn, ScannedRows } from '../build-scan.ts';
import { type Control, pauseOf } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { readResult } from './read-values.ts';

/** A column that is being filled chunk by chunk. */
interface Target {
  readonly values: ColumnArray | BigUint64Array;
  readonly bytesPerRow: number;
  /** null until the first NULL. */
  validity: Uint8Array | null;
  /** What a NULL row holds. */
  readonly nullValue: number;
}

/**
 * Brings the picked rows out of DuckDB into typed arrays. Texts become codes there: no JavaScript string is made for a row.
 */
export async function pullRows(
  database: LockedDatabase,
  columns: readonly SampledColumn[],
  control: Control,
): Promise<ScannedRows> {
  const counted = await database.query('SELECT count(*) FROM picked', readResult, control);
  const count = Number(counted.values[0]?.[0] ?? 0);
  const dictionaries: (Dictionary | null)[] = [];
  for (const [place, { dictionary }] of columns.entries()) {
    dictionaries.push(dictionary ? await readDictionary(database, place, control) : null);
  }
  const { stratum, priority, own: targets } = await makeTargets(columns, dictionaries, count, pauseOf(control)); // prettier-ignore
  const codes = columns.map((_, place) =>
    dictionaries[place] === null ? `c${place}` : `enum_code(c${place}::d${place})`,
  );
  const selected = codes.map((code, place) => `${code}::${sqlTypeOf(targets[place]!)} AS c${place}`);
  await database.query(
    `SELECT ${['h', 'u', ...selected].join(', ')} FROM picked`,
    async (result) => {
      let row = 0;
      for (;;) {
        control.signal?.throwIfAborted();
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        for (const [place, each] of [stratum, priority, ...targets].entries())
          copyVector(chunk, place, each, row, count);
        row += chunk.rowCount;
      }
    },
    control,
  );
  return {
    count,
    stratum: stratum.values as Int32Array,
    priority: priority.values as BigUint64Array,
    columns: columns.map((column, place) => {
      const dictionary = dictionaries[place] ?? null;
      const storage = dictionary === null ? column.storage : codeStorage(dictionary.length);
      const { values, validity } = targets[place]!; // one a column
      return { column: { ...column, storage }, values: values as ColumnArray, validity, dictionary };
    }),
  };
}

/** Room for so many rows. To make an array for millions takes milliseconds. */
async function makeTargets(
  columns: readonly SampledColumn[],
  dictionaries: readonly (Dictionary | null)[],
  count: number,
  pause: Pause,
): Promise<{ readonly stratum: Target; readonly priority: Target; readonly own: readonly Target[] }> {
  const target = async (storage: Storage, nullValue: number): Promise<Target> => {
    await pause();
    return { values: allocate(storage, count), bytesPerRow: bytesPerValue(storage), validity: null, nullValue }; // prettier-ignore
  };
  const stratum = await target('int32', 0);
  await pause();
  const priority = { values: new BigUint64Array(count), bytesPerRow: 8, validity: null, nullValue: 0 };
  const own: Target[] = [];
  for (const [place, { storage }] of columns.entries()) {
    const entries = dictionaries[place]?.length;
    own.push(await (entries === undefined ? target(storage, 0) : target(codeStorage(entries), entries)));
  }
  return { stratum, priority, own };
}

/** The type whose vectors have just the target's layout. */
function sqlTypeOf({ values }: Target): string {
  const names: readonly (readonly [new (length: number) => unknown, string])[] = [
    [Int8Array, 'TINYINT'], [Int16Array, 'SMALLINT'], [Int32Array, 'INTEGER'], [BigInt64Array, 'BIGINT'],
    [Uint8Array, 'UTINYINT'], [Uint16Array, 'USMALLINT'], [Float32Array, 'FLOAT'], [Float64Array, 'DOUBLE'],
  ]; // prettier-ignore
  return names.find(([Type]) => values instanceof Type)![1]; // all storages are listed
}

/** Makes the column's ENUM, ordered as DuckDB orders text, and reads its entries. */
async function readDictionary(
  database: LockedDatabase,
  place: number,
  control: Control,
): Promise<Dictionary> {
  const distinct = `SELECT DISTINCT c${place} FROM picked WHERE c${place} IS NOT NULL ORDER BY 1`;
  await database.run(`DROP TYPE IF EXISTS d${place}`, control);
  await database.run(`CREATE OR REPLACE TABLE entries${place} AS ${distinct}`, control);
  await database.run(
    `CREATE TYPE d${place} AS ENUM (SELECT c${place} FROM entries${place} ORDER BY 1)`,
    control,
  );
  const entries: string[] = [];
  await database.query(
    `SELECT c${place} FROM entries${place} ORDER BY 1`,
    async (result) => {
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      ) {
        for (const text of chunk.getColumnValues(0)) entries.push(text as string); // a VARCHAR that is not NULL
      }
    },
    control,
  );
  return entries;
}

/** Copies a vector's bytes to their place, and its NULLs into the validity. */
function copyVector(chunk: DuckDBDataChunk, place: number, target: Target, row: number, count: number): void {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, place);
  const rows = chunk.rowCount;
  const { values, bytesPerRow } = target;
  const bytes = bytesOf(values as ColumnArray); // any typed array has bytes
  bytes.set(duckdb.vector_get_data(vector, rows * bytesPerRow), row * bytesPerRow);
  // DuckDB has validity in words of 64 bits, and none where no row is NULL.
  const bits = duckdb.vector_get_validity(vector, Math.ceil(rows / 64) * 8);
  if (bits === null || bits.length === 0) {
    if (target.validity !== null) for (let i = 0; i < rows; i++) setValid(target.validity, row + i);
    return;
  }
  if (target.validity === null) {
    target.validity = new Uint8Array(bitmapBytes(count));
    // Whole bytes at once: millions of rows may have come before the first NULL.
    target.validity.fill(0xff, 0, row >> 3);
    for (let i = row & ~7; i < row; i++) setValid(target.validity, i);
  }
  for (let i = 0; i < rows; i++) {
    if (isValid(bits, i)) setValid(target.validity, row + i);
    else values[row + i] = target.nullValue as never; // the storage is not int64: the column has a dictionary or is a number
  }
}
