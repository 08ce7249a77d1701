import { readFile } from 'node:fs/promises';
import { DuckDBDataChunk, DOUBLE, ENUM, INTEGER } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';

/** Rows that a chunk of DuckDB holds. */
const chunkRows = 2048;

/**
 * A column of the sample file: its values, or codes and what they stand for.
 * @typedef {{name: string, texts: string[] | null, batches: (Int32Array | Float64Array)[]}} FileColumn
 */

/** The columns of a sample file, by batches. @param {string} path the Arrow file @returns {Promise<FileColumn[]>} */
async function readColumns(path) {
  const file = tableFromIPC(await readFile(path));
  return file.schema.fields.map(({ name }, place) => {
    const { data } = file.getChildAt(place);
    const { dictionary } = data[0];
    const batches = data.map(({ values, length }) => values.subarray(0, length)); // behind the last row is padding
    return { name, texts: dictionary ? [...dictionary] : null, batches };
  });
}

/**
 * Columns of a sample file as arrays over all its rows: values, or codes and the texts that they stand for.
 * @param {string} path the Arrow file
 */
export async function readSampleArrays(path) {
  const columns = await readColumns(path);
  return new Map(
    columns.map(({ name, texts, batches }) => {
      const values = new batches[0].constructor(batches.reduce((rows, { length }) => rows + length, 0));
      let place = 0;
      for (const batch of batches) {
        values.set(batch, place);
        place += batch.length;
      }
      return [name, { values, texts }];
    }),
  );
}

/**
 * A sample has times and 64-bit integers as doubles; in DuckDB they are to be what they are in the base table.
 * What sessions have of them.
 */
export const sessionTypes =
  'make_timestamp(ts::BIGINT) AS ts, session_id::BIGINT AS session_id, bytes::BIGINT AS bytes';

/**
 * Loads a sample file into a table of DuckDB, in the file's order: texts as ENUM, which are codes here too; a row's place in its
 * stratum as `rank`.
 * @param {import('@duckdb/node-api').DuckDBConnection} connection
 * @param {string} path the Arrow file
 * @param {string} table
 * @param {string} types64 columns that are doubles only in the sample, with their types
 */
export async function loadSampleRows(connection, path, table, types64) {
  const columns = await readColumns(path);
  const strata = columns.find(({ name }) => name === '__stratum').batches;
  columns.push({ name: 'rank', texts: null, batches: ranksOf(strata) });
  const types = columns.map(({ texts, batches }) =>
    texts !== null ? ENUM(texts) : batches[0] instanceof Float64Array ? DOUBLE : INTEGER,
  );
  const declared = columns.map(({ name }, place) => `${name} ${types[place].toString()}`);
  await connection.run(`CREATE TEMP TABLE loading (${declared.join(', ')})`);
  const appender = await connection.createAppender('loading');
  for (const [batch, { length }] of strata.entries()) {
    for (let start = 0; start < length; start += chunkRows) {
      const rows = Math.min(chunkRows, length - start);
      const chunk = DuckDBDataChunk.create(types, rows);
      for (const [place, { batches }] of columns.entries()) {
        const vector = chunk.getColumnVector(place);
        vector.items.set(batches[batch].subarray(start, start + rows));
        vector.flush();
      }
      appender.appendDataChunk(chunk);
    }
  }
  appender.closeSync();
  await connection.run(`CREATE TABLE ${table} AS SELECT * REPLACE (${types64}) FROM loading`);
  await connection.run('DROP TABLE loading');
}

/** The file has the rows of a stratum in the order of their ranks. @param {Int32Array[]} strata */
function ranksOf(strata) {
  /** @type {number[]} */
  const seen = [];
  return strata.map((batch) =>
    batch.map((stratum) => {
      const rank = seen[stratum] ?? 0;
      seen[stratum] = rank + 1;
      return rank;
    }),
  );
}
