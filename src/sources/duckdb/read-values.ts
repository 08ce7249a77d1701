import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  type DuckDBResult,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { type Pause, QueryError, withoutPause } from '../../common/index.ts';
import { narrowInteger, type Scalar, typeFromDuckDB } from '../../plan/index.ts';
import type { ExactResult } from '../source.ts';

/** Rows that an answer may have; beyond it nobody reads, and memory ends. */
const resultRowsMax = 1_000_000;

/** A value of DuckDB in the form of its SQL type; types passed through as text. */
function toScalar(value: DuckDBValue): Scalar {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (typeof value === 'bigint') return narrowInteger(value);
  if (value instanceof DuckDBDecimalValue) return narrowInteger(value.value);
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return narrowInteger(value.micros);
  if (value instanceof DuckDBTimeValue) return narrowInteger(value.micros);
  if (value instanceof DuckDBIntervalValue) {
    return { months: value.months, days: value.days, micros: Number(value.micros) };
  }
  return value.toString();
}

/**
 * Reads a whole result.
 * @param pause lets others go on: a chunk of a hundred columns takes tens of milliseconds, and the rubbish it leaves as long again
 * @param bytesMax that its values may take, as JavaScript holds them: eight each, and two for each letter of a text
 * @throws QueryError LIMIT_EXCEEDED where it has more rows than an answer may have, or takes more memory
 */
export async function readResult(
  result: DuckDBResult,
  pause: Pause = withoutPause,
  bytesMax = Infinity,
): Promise<ExactResult> {
  const names = result.columnNames();
  const columns = result
    .columnTypes()
    .map((type, place) => ({ name: names[place]!, type: typeFromDuckDB(type.toString()) })); // as many names as types
  const values: Scalar[][] = columns.map(() => []);
  let [rowCount, bytes] = [0, 0];
  const take = (column: Scalar[], value: Scalar): void => {
    bytes += 8 + (typeof value === 'string' ? 2 * value.length : 0);
    column.push(value);
  };
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return { columns, rowCount, values };
    rowCount += chunk.rowCount;
    if (rowCount > resultRowsMax) {
      throw new QueryError('LIMIT_EXCEEDED', `the answer has more than ${resultRowsMax} rows`, {
        hint: 'add LIMIT, or aggregate',
      });
    }
    for (const [place, column] of values.entries()) {
      chunk.visitColumnValues(place, (value) => take(column, toScalar(value)));
      if (bytes > bytesMax) {
        throw new QueryError('LIMIT_EXCEEDED', `the answer takes more than ${bytesMax / 2 ** 20} MiB`, {
          hint: 'add LIMIT, or ask for fewer columns',
        });
      }
      await pause();
    }
  }
}
