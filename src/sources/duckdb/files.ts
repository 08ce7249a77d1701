import { QueryError } from '../../common/index.ts';
import type { Control, FileDescription, ForeignFiles } from '../source.ts';
import { appendArrowFile } from './append-arrow.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteText } from './print-literal.ts';
import { readZones } from './zones.ts';

/** The table function that reads files of a format, all of them as one table. */
export function readerOf(format: 'parquet' | 'csv' | 'json', paths: readonly string[]): string {
  return `read_${format}([${paths.map(quoteText).join(', ')}])`;
}

const strings = async (database: LockedDatabase, sql: string): Promise<string[][]> =>
  await database.query(sql, async (result) => (await result.getRows()).map((row) => row.map(String)));

/**
 * What Parquet files hold, from their footers.
 * @throws QueryError INVALID_FILE where one is no whole Parquet file, or their columns differ
 */
export async function inspectParquet(
  database: LockedDatabase,
  paths: readonly string[],
): Promise<FileDescription> {
  const described = await strings(database, `DESCRIBE SELECT * FROM ${readerOf('parquet', paths)}`);
  const list = paths.map(quoteText).join(', ');
  const counted = await strings(database, `SELECT file_name, num_rows FROM parquet_file_metadata([${list}])`);
  const rows = new Map(counted.map(([name, count]) => [name, Number(count)]));
  const columns = described.map(([name, type]) => ({ name: name!, type: type! })); // DESCRIBE starts with both
  const zones = await readZones(database, paths, columns);
  return {
    columns,
    zones: paths.map((path) => zones.get(path) ?? null),
    rows: paths.map((path) => {
      const count = rows.get(path);
      if (count === undefined) throw new QueryError('INVALID_FILE', `${path} has no Parquet footer`);
      return count;
    }),
  };
}

/**
 * Writes files of another format as one Parquet file.
 * @throws QueryError INVALID_FILE where one cannot be read as what its name says
 */
export async function writeAsParquet(
  database: LockedDatabase,
  { format, paths, as }: ForeignFiles,
  target: string,
  control: Control,
): Promise<void> {
  let from: string;
  if (format === 'arrow') {
    for (const [place, path] of paths.entries())
      await appendArrowFile(database, path, 'ingested', place === 0, control);
    from = 'ingested';
  } else {
    from = as === undefined ? readerOf(format, paths) : typedReader(format, paths, as);
  }
  try {
    await database.run(`COPY (SELECT * FROM ${from}) TO ${quoteText(target)} (FORMAT parquet)`, control);
  } catch (error) {
    // All that is asked of it is to read the files.
    if (!(error instanceof QueryError) || error.code !== 'EXECUTION') throw error;
    const what = as === undefined ? `as ${format}` : "with the table's columns";
    const message = `${paths.join(', ')} cannot be read ${what}: ${error.message}`;
    throw new QueryError('INVALID_FILE', message, { hint: error.hint, cause: error });
  }
}

/** The reader with columns of the types that are wanted, whatever the values look like: `007` stays a text where texts are. */
function typedReader(
  format: 'csv' | 'json',
  paths: readonly string[],
  columns: FileDescription['columns'],
): string {
  const types = columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(type)}`).join(', ');
  const option = format === 'csv' ? 'types' : 'columns';
  return readerOf(format, paths).replace(/\)$/, `, ${option} = {${types}})`);
}
