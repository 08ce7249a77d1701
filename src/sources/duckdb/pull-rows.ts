import duckdb from '@duckdb/node-bindings';
import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import {
  allocate,
  bitmapBytes,
  bytesOf,
  codeStorage,
  type ColumnArray,
  isValid,
  type NumberArray,
  setValid,
  type Storage,
} from '../../columns/index.ts';
import type { Pause } from '../../common/index.ts';
import type { SampledColumn, ScannedRows } from '../build-scan.ts';
import { type Control, pauseOf } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteName } from './print-literal.ts';

/** A column that is being filled chunk by chunk. */
interface Target {
  readonly values: ColumnArray | BigUint64Array;
  /** Whether the values are places in a dictionary, which come as INTEGER. */
  readonly isCode: boolean;
  /** null until the first NULL. */
  validity: Uint8Array | null;
  /** What a NULL row holds. */
  readonly nullValue: number;
}

/**
 * Picks rows and brings them out of DuckDB into typed arrays. Texts become codes there: no JavaScript string is made for a row. All of that
 * is one statement, which holds the rows while it runs: to keep them in a table takes several times as long.
 * @param pick a SELECT of `h` (INTEGER, the stratum), `u` (UBIGINT, the priority) and `c0` … as each column's storage wants it
 */
export async function pullRows(
  database: LockedDatabase,
  pick: string,
  columns: readonly SampledColumn[],
  control: Control,
): Promise<ScannedRows> {
  return await database.query(
    pullStatement(pick, columns),
    async (result) => {
      const head: Head = {
        count: null,
        dictionaries: columns.map(({ dictionary }) =>
          dictionary ? { texts: [], size: null, met: 0 } : null,
        ),
      };
      // SQL does not promise that parts of a union come one after the other: rows that are there before all of the head wait for it.
      const waiting: { readonly chunk: DuckDBDataChunk; readonly from: number }[] = [];
      let targets: readonly Target[] | null = null;
      let row = 0;
      for await (const chunk of chunksOf(result)) {
        control.signal?.throwIfAborted();
        const from = readHead(chunk, head);
        if (from < chunk.rowCount) waiting.push({ chunk, from });
        if (!isWhole(head)) continue;
        targets ??= await makeTargets(columns, head, pauseOf(control));
        for (const each of waiting.splice(0)) {
          for (const [place, target] of targets.entries())
            copyVector(each.chunk, each.from, place, target, row, head.count);
          row += each.chunk.rowCount - each.from;
        }
      }
      if (!isWhole(head) || targets === null || row !== head.count)
        throw new Error('DuckDB ended before all rows were there');
      return pulled(columns, head, targets);
    },
    control,
  );
}

/** The chunks of a result, each fetched while the one before it is used. */
async function* chunksOf(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk, void, undefined> {
  const fetch = (): Promise<DuckDBDataChunk | null> => {
    const fetched = result.fetchChunk();
    fetched.catch(() => undefined); // it is waited for below
    return fetched;
  };
  let next = fetch();
  try {
    for (;;) {
      const chunk = await next;
      if (chunk === null || chunk.rowCount === 0) return;
      next = fetch();
      yield chunk;
    }
  } finally {
    // Whoever has the connection next must not meet a call of ours.
    await next.catch(() => undefined);
  }
}

/** The texts of a column in their order, as far as they are known. */
interface Texts {
  readonly texts: string[];
  /** How many there are; null: that was not told yet. */
  size: number | null;
  met: number;
}

/** What a result tells beside its rows. */
interface Head {
  /** Number of rows; null: it was not told yet. */
  count: number | null;
  /** null: the column holds no texts. */
  readonly dictionaries: readonly (Texts | null)[];
}

/** All that rows are to be understood by has been told. */
function isWhole(head: Head): head is Head & { readonly count: number } {
  return (
    head.count !== null && head.dictionaries.every((texts) => texts === null || texts.met === texts.size)
  );
}

/** What stands in place of a stratum in rows of the head: of the number of rows, of a dictionary's size, and of its entries. */
const countMark = -1;
const sizeMark = (place: number): number => -2 - 2 * place;
const entryMark = (place: number): number => -3 - 2 * place;

/** The statement: the head, with negative numbers in place of strata, and the rows, texts as their places in their dictionary. */
function pullStatement(pick: string, columns: readonly SampledColumn[]): string {
  const names = columns.map((_, place) => `c${place}`);
  const texts = columns.flatMap(({ dictionary }, place) => (dictionary ? [place] : []));
  const nulls = columns.map((column, place) => `NULL::${resultType(column)} AS c${place}`);
  const entries = texts.map(
    (place) =>
      `d${place} AS MATERIALIZED (SELECT c${place} AS entry, row_number() OVER (ORDER BY c${place}) - 1 AS code FROM (SELECT DISTINCT c${place} FROM p WHERE c${place} IS NOT NULL))`,
  );
  const head = [
    `SELECT ${[`${countMark} AS h`, 'count(*)::UBIGINT AS u', ...nulls, 'NULL::VARCHAR AS entry'].join(', ')} FROM p`,
    ...texts.flatMap((place) => [
      `SELECT ${[sizeMark(place), 'count(*)::UBIGINT', ...nulls, 'NULL'].join(', ')} FROM d${place}`,
      `SELECT ${[entryMark(place), 'code::UBIGINT', ...nulls, 'entry'].join(', ')} FROM d${place}`,
    ]),
  ];
  const coded = names.map((name, place) => (texts.includes(place) ? `d${place}.code::INTEGER` : name));
  const joins = texts.map((place) => `LEFT JOIN d${place} ON c${place} = d${place}.entry`);
  const rows = `SELECT ${['h', 'u', ...coded, 'NULL'].join(', ')} FROM ${['p', ...joins].join(' ')}`;
  return `WITH ${[`p AS MATERIALIZED (${pick})`, ...entries].join(', ')} ${[...head, rows].join(' UNION ALL ')}`;
}

/** Takes in the rows of a chunk that belong to the head, which come before all others of it. @returns how many they are */
function readHead(chunk: DuckDBDataChunk, head: Head): number {
  const strata = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk.chunk, 0), chunk.rowCount * 4);
  const marks = new Int32Array(strata.buffer, strata.byteOffset, chunk.rowCount);
  const rows = marks.findIndex((each) => each >= 0);
  const own = rows < 0 ? chunk.rowCount : rows;
  if (marks.at(-1)! < 0 && own < chunk.rowCount) throw new Error('DuckDB has mixed parts of a union'); // no chunk is empty
  if (own === 0) return 0;
  const numbers = chunk.getColumnValues(1);
  const entries = chunk.getColumnValues(chunk.columnCount - 1);
  for (let row = 0; row < own; row++) {
    const mark = marks[row]!; // row < length
    const number = Number(numbers[row]);
    const dictionary = head.dictionaries[Math.floor((sizeMark(0) - mark) / 2)];
    if (mark === countMark) head.count = number;
    else if ((sizeMark(0) - mark) % 2 === 0)
      dictionary!.size = number; // of a column with a dictionary
    else {
      dictionary!.texts[number] = entries[row] as string; // the same
      dictionary!.met++;
    }
  }
  return own;
}

/** The types whose vectors have just the layout of a storage. */
const sqlTypes = {
  int8: 'TINYINT', int16: 'SMALLINT', int32: 'INTEGER', int64: 'BIGINT', uint8: 'UTINYINT', uint16: 'USMALLINT', float32: 'FLOAT', float64: 'DOUBLE',
} as const satisfies Record<Storage, string>; // prettier-ignore

/** A column's value as its storage wants it, in SQL over `t`: what the picked rows hold. */
export function storedExpression({ name, type, storage, dictionary }: SampledColumn): string {
  const column = `t.${quoteName(name)}`;
  if (dictionary) return column;
  const cast = `::${sqlTypes[storage]}`;
  if (type.kind === 'decimal') return `round(${column}::DOUBLE * 1e${type.scale})${cast}`;
  if (type.kind === 'date') return `(${column} - DATE '1970-01-01')${cast}`;
  if (type.kind === 'timestamp') return `epoch_us(${column})${cast}`;
  return `${column}${cast}`;
}

/** A column's type in the result: how many texts there are is not known before. */
const resultType = ({ storage, dictionary }: SampledColumn): string => dictionary ? 'INTEGER' : sqlTypes[storage]; // prettier-ignore

/** Room for the rows: their strata, their priorities and each column. To make an array for millions takes milliseconds. */
async function makeTargets(
  columns: readonly SampledColumn[],
  { count, dictionaries }: Head & { readonly count: number },
  pause: Pause,
): Promise<readonly Target[]> {
  const targets: Target[] = [
    { values: allocate('int32', count), isCode: false, validity: null, nullValue: 0 },
  ];
  await pause();
  targets.push({ values: new BigUint64Array(count), isCode: false, validity: null, nullValue: 0 });
  for (const [place, { storage }] of columns.entries()) {
    await pause();
    const entries = dictionaries[place]?.texts.length;
    targets.push({
      values: allocate(entries === undefined ? storage : codeStorage(entries), count),
      isCode: entries !== undefined,
      validity: null,
      nullValue: entries ?? 0,
    });
  }
  return targets;
}

/** The rows as the arrays that they were brought into hold them. */
function pulled(
  columns: readonly SampledColumn[],
  { count, dictionaries }: Head & { readonly count: number },
  [stratum, priority, ...own]: readonly Target[],
): ScannedRows {
  return {
    count,
    stratum: stratum!.values as Int32Array, // two arrays before the columns
    priority: priority!.values as BigUint64Array,
    columns: columns.map((column, place) => {
      const dictionary = dictionaries[place]?.texts ?? null;
      const storage = dictionary === null ? column.storage : codeStorage(dictionary.length);
      const { values, validity } = own[place]!; // one a column
      return { column: { ...column, storage }, values: values as ColumnArray, validity, dictionary };
    }),
  };
}

/** Copies the values of a vector from a place on to theirs in the target, and its NULLs into the validity. @param count of all rows */
function copyVector(
  chunk: DuckDBDataChunk,
  from: number,
  place: number,
  target: Target,
  row: number,
  count: number,
): void {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, place);
  const rows = chunk.rowCount - from;
  const { values, isCode } = target;
  const width = isCode ? 4 : values.BYTES_PER_ELEMENT;
  const data = duckdb.vector_get_data(vector, chunk.rowCount * width).subarray(from * width);
  if (isCode) (values as NumberArray).set(new Int32Array(data.buffer, data.byteOffset, rows), row);
  else bytesOf(values as ColumnArray).set(data, row * width); // any typed array has bytes
  // DuckDB has validity in words of 64 bits, and none where no row is NULL.
  const bits = duckdb.vector_get_validity(vector, Math.ceil(chunk.rowCount / 64) * 8);
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
    if (isValid(bits, from + i)) setValid(target.validity, row + i);
    else values[row + i] = target.nullValue as never; // the storage is not int64: the column has a dictionary or is a number
  }
}
