import { formatType, isNumeric, type OutputColumn } from '../../plan/index.ts';
import type { Control } from '../source.ts';
import { readerOf, rowsByFile } from './files.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteName } from './print-literal.ts';
import { readResult } from './read-values.ts';
import { statisticExpressions } from './strata-statistics.ts';

/** Integers whose variance is no less lie about a whole number as well as about their mean. */
const wideVariance = 64;

/** Rows that the centre of a column is taken from. */
export const centreRows = 100_000;

/**
 * For each column a number near its mean, from the rows in the middle of the table: numbers of rows, and much that is written as time
 * goes on, grow from the first row to the last. Columns without a mean have 0; integers that are spread widely have a whole number.
 */
export async function readCentres(
  database: LockedDatabase,
  paths: readonly string[],
  columns: readonly OutputColumn[],
  control: Control,
): Promise<number[]> {
  const numbers = columns.filter(({ type }) => isNumeric(type));
  const middle = numbers.length === 0 ? [] : await middleRows(database, paths, control);
  if (middle.length === 0) return columns.map(() => 0);
  // Files have their columns in orders of their own, and a table the types of its first file.
  const values = numbers.map(({ name, type }) => `CAST(${quoteName(name)} AS ${formatType(type)}) AS ${quoteName(name)}`); // prettier-ignore
  const read = middle.map(({ path, from, to }) => {
    const reader = readerOf('parquet', [path], 'file_row_number = true');
    // DuckDB skips the row groups before and behind.
    return `SELECT ${values.join(', ')} FROM ${reader} WHERE file_row_number BETWEEN ${from} AND ${to - 1}`;
  });
  const means = numbers.map((column) => {
    const { mean, variance } = statisticExpressions(column, 0);
    const rounded = `CASE WHEN ${variance} >= ${wideVariance} THEN round(${mean}) ELSE ${mean} END`;
    return `coalesce(${column.type.kind === 'integer' ? rounded : mean}, 0)::DOUBLE`;
  });
  const found = await database.query(
    `SELECT ${means.join(', ')} FROM (${read.join(' UNION ALL ')})`,
    readResult,
    control,
  );
  const centres = new Map(numbers.map(({ name }, place) => [name, Number(found.values[place]?.[0] ?? 0)]));
  return columns.map(({ name }) => centres.get(name) ?? 0);
}

/** The rows [from, to) of files that lie in the middle of all their rows. */
async function middleRows(
  database: LockedDatabase,
  paths: readonly string[],
  control: Control,
): Promise<{ readonly path: string; readonly from: number; readonly to: number }[]> {
  const rowsOf = await rowsByFile(database, paths, control);
  const rows = paths.map((path) => rowsOf.get(path) ?? 0);
  const total = rows.reduce((sum, own) => sum + own, 0);
  const first = Math.max(0, Math.floor((total - centreRows) / 2));
  let start = 0;
  const own = paths.map((path, place) => {
    const before = start;
    start += rows[place]!; // one count a file
    return {
      path,
      from: Math.max(0, first - before),
      to: Math.min(rows[place]!, first + centreRows - before),
    };
  });
  return own.filter(({ from, to }) => from < to);
}
