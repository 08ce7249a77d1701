import { createReadStream } from 'node:fs';
import {
  type DuckDBAppender,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import * as duck from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { QueryError } from '../../common/index.ts';
import type { Control } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteName } from './print-literal.ts';

/** How values of an Arrow type come into DuckDB. */
interface Conversion {
  readonly type: DuckDBType;
  /** From what Arrow's `get` gives, never null. */
  readonly convert: (value: never) => DuckDBValue;
}

const plain = (type: DuckDBType): Conversion => ({ type, convert: (value: DuckDBValue) => value });

const integerTypes: Readonly<Record<string, DuckDBType>> = {
  Int8: duck.TINYINT, Int16: duck.SMALLINT, Int32: duck.INTEGER, Int64: duck.BIGINT,
  Uint8: duck.UTINYINT, Uint16: duck.USMALLINT, Uint32: duck.UINTEGER, Uint64: duck.UBIGINT,
}; // prettier-ignore

/** A decimal's 128 bits, least significant word first, as one integer. */
function decimalInteger(words: Uint32Array): bigint {
  const unsigned = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(words.length * 32, unsigned);
}

function conversionOf(type: arrow.DataType, column: string): Conversion {
  if (arrow.DataType.isDictionary(type)) return conversionOf(type.dictionary as arrow.DataType, column); // `get` looks the value up
  if (arrow.DataType.isInt(type)) return plain(integerTypes[String(type)]!); // all eight are listed
  if (arrow.DataType.isFloat(type))
    return plain(type.precision === arrow.Precision.DOUBLE ? duck.DOUBLE : duck.FLOAT);
  if (arrow.DataType.isUtf8(type) || arrow.DataType.isLargeUtf8(type)) return plain(duck.VARCHAR);
  if (arrow.DataType.isBool(type)) return plain(duck.BOOLEAN);
  // Arrow's `get` gives dates and timestamps as milliseconds, with decimals where the unit is finer.
  if (arrow.DataType.isDate(type)) {
    return { type: duck.DATE, convert: (ms: number) => new DuckDBDateValue(Math.floor(ms / 86_400_000)) };
  }
  if (arrow.DataType.isTimestamp(type)) {
    const Stamp = type.timezone ? DuckDBTimestampTZValue : DuckDBTimestampValue;
    const convert = (ms: number): DuckDBValue => new Stamp(BigInt(Math.round(ms * 1000)));
    return { type: type.timezone ? duck.TIMESTAMPTZ : duck.TIMESTAMP, convert };
  }
  if (arrow.DataType.isDecimal(type) && type.precision <= 38) {
    const { precision, scale } = type;
    const convert = (words: Uint32Array): DuckDBValue =>
      new DuckDBDecimalValue(decimalInteger(words), precision, scale);
    return { type: duck.DECIMAL(precision, scale), convert };
  }
  throw new QueryError(
    'NOT_SUPPORTED',
    `column ${column} has the Arrow type ${arrow.Type[type.typeId]}, which cannot be read yet`,
    {
      hint: 'write the file as Parquet',
    },
  );
}

const chunkRows = 2048;

function appendBatch(
  appender: DuckDBAppender,
  batch: arrow.RecordBatch,
  conversions: readonly Conversion[],
): void {
  for (let start = 0; start < batch.numRows; start += chunkRows) {
    const rows = Math.min(chunkRows, batch.numRows - start);
    const chunk = DuckDBDataChunk.create(
      conversions.map(({ type }) => type),
      rows,
    );
    for (const [place, { convert }] of conversions.entries()) {
      const vector = batch.getChildAt(place)!; // as many children as fields
      const values = Array.from({ length: rows }, (_, row): DuckDBValue => {
        const value: unknown = vector.get(start + row);
        return value === null ? null : convert(value as never); // the conversion was chosen for the type
      });
      chunk.setColumnValues(place, values);
    }
    appender.appendDataChunk(chunk);
  }
}

/**
 * Appends an Arrow IPC file (or stream) to a table of the database.
 * @param create make the table with the file's columns first
 * @throws QueryError INVALID_FILE where the file is not Arrow IPC, NOT_SUPPORTED for a type without a counterpart
 */
export async function appendArrowFile(
  database: LockedDatabase,
  path: string,
  table: string,
  create: boolean,
  control: Control,
): Promise<void> {
  let reader: arrow.AsyncRecordBatchFileReader | arrow.AsyncRecordBatchStreamReader | arrow.RecordBatchReader;
  try {
    reader = await arrow.RecordBatchReader.from(createReadStream(path));
    await reader.open();
  } catch (error) {
    throw new QueryError('INVALID_FILE', `${path} is not an Arrow IPC file`, { cause: error });
  }
  const { fields } = reader.schema;
  const conversions = fields.map(({ name, type }) => conversionOf(type as arrow.DataType, name));
  if (create) {
    const columns = fields.map(
      ({ name }, place) => `${quoteName(name)} ${conversions[place]!.type.toString()}`,
    );
    await database.run(`CREATE TABLE ${table} (${columns.join(', ')})`, control);
  }
  await database.call(async (connection) => {
    const appender = await connection.createAppender(table);
    try {
      for await (const batch of reader) {
        control.signal?.throwIfAborted();
        appendBatch(appender, batch, conversions);
        appender.flushSync();
      }
    } catch (error) {
      if (error instanceof QueryError || control.signal?.aborted) throw error;
      throw new QueryError('INVALID_FILE', `${path} cannot be read as an Arrow IPC file`, { cause: error });
    } finally {
      appender.closeSync();
    }
  }, control);
}
