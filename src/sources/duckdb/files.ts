import { QueryError } from '../../common/index.ts';
import type { Control, FileDescription, ForeignFiles } from '../source.ts';
import { appendArrowFile } from './append-arrow.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteText } from './print-literal.ts';
import { readZones } from './zones.ts';

/** The table function that reads files of a format, all of them as one table. @param options `name = value` */
export function readerOf(
  format: 'parquet' | 'csv' | 'json',
  paths: readonly string[],
  ...options: readonly string[]
): string {
  return `read_${format}(${[listOf(paths), ...options].join(', ')})`;
}

const listOf = (paths: readonly string[]): string => `[${paths.map(quoteText).join(', ')}]`;

const strings = async (database: LockedDatabase, sql: string, control?: Control): Promise<string[][]> =>
  await database.query(
    sql,
    async (result) => (await result.getRows()).map((row) => row.map(String)),
    control,
  );

/** The rows of Parquet files by their paths, from the footers. */
export async function rowsByFile(
  database: LockedDatabase,
  paths: readonly string[],
  control?: Control,
): Promise<ReadonlyMap<string, number>> {
  const sql = `SELECT file_name, num_rows FROM parquet_file_metadata(${listOf(paths)})`;
  const counted = await strings(database, sql, control);
  return new Map(counted.map(([name, count]) => [name!, Number(count)])); // two columns
}

/**
 * What Parquet files hold, from their footers.
 * @throws QueryError INVALID_FILE where one is no whole Parquet file, or their columns differ
 */
export async function inspectParquet(
  database: LockedDatabase,
  paths: readonly string[],
): Promise<FileDescription> {
  const described = await strings(database, `DESCRIBE SELECT * FROM ${readerOf('parquet', paths)}`);
  const rows = await rowsByFile(database, paths);
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
  return readerOf(format, paths, `${option} = {${types}}`);
}
