import { DuckDBInstance } from '@duckdb/node-api';

/** Writes a Parquet file with one column `x` of doubles. */
export async function writeDoubles(path: string, values: Float64Array): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run('CREATE TABLE t (x DOUBLE)');
  const appender = await connection.createAppender('t');
  for (const value of values) {
    appender.appendDouble(value);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(`COPY t TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}
