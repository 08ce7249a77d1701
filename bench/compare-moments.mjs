import { measure, measureAnswer, shortRuns, threads } from './measure.mjs';

/**
 * Compares what the executor adds up for a query with DuckDB adding up the same over the same rows: first the rows that an answer
 * within the bound reads (where the sample can keep it), then all that the sample has for the query.
 * @param {import('../dist/index.js').Engine} engine one that has no other sample to choose from
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where the sample's rows are a table of the sample's name
 * @param {import('./queries.mjs').BenchQuery} query
 */
export async function compareMoments(engine, duckdb, query) {
  const compared = [];
  for (const bound of [`ERROR WITHIN ${query.within} `, '']) {
    const { executeMs, answer } = await measureAnswer(engine, `${query.sql} ${bound}AT CONFIDENCE 95%`);
    if (answer.mode !== 'approximate') continue;
    const { name, rowsRead } = answer.sample;
    await duckdb.run(
      `CREATE OR REPLACE TABLE rows_read AS SELECT * FROM ${name} ` +
        `WHERE ${query.strataFilter} AND rank < ${await rankLimit(duckdb, query, name, rowsRead)}`,
    );
    const sql = momentsSql(query.moments);
    const { ms: duckdbMs, cells } = await measurePrepared(duckdb, sql);
    await duckdb.run('SET threads = 1');
    const { ms: oneThreadMs } = await measurePrepared(duckdb, sql);
    await duckdb.run(`SET threads = ${threads}`);
    compared.push({ query, sample: name, rowsRead, cells, duckdbMs, oneThreadMs, executeMs });
  }
  return compared;
}

/** @typedef {Awaited<ReturnType<typeof compareMoments>>} MomentsComparisons */

/** @param {import('@duckdb/node-api').DuckDBConnection} duckdb @param {string} sql */
async function measurePrepared(duckdb, sql) {
  const prepared = await duckdb.prepare(sql);
  const { ms, results } = await measure(
    async () => (await prepared.runAndReadAll()).currentRowCount,
    shortRuns,
  );
  prepared.destroySync();
  return { ms, cells: results[0] };
}

/**
 * The rank that every stratum was read up to, for so many rows in all.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb
 * @param {import('./queries.mjs').BenchQuery} query
 * @param {string} sample
 * @param {number} rowsRead
 */
async function rankLimit(duckdb, { strataFilter }, sample, rowsRead) {
  const result = await duckdb.runAndReadAll(
    `SELECT count(*) FROM ${sample} WHERE ${strataFilter} GROUP BY __stratum`,
  );
  const sizes = result.getRows().map(([size]) => Number(size));
  const rowsUnder = (/** @type {number} */ limit) =>
    sizes.reduce((sum, size) => sum + Math.min(limit, size), 0);
  let [low, high] = [0, Math.max(...sizes)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (rowsUnder(middle) < rowsRead) low = middle + 1;
    else high = middle;
  }
  if (rowsUnder(low) !== rowsRead) throw new Error(`no rank limit makes ${rowsRead} rows of ${sample}`);
  return low;
}

/** The sums for each group and stratum. @param {import('./queries.mjs').MomentsQuery} moments */
function momentsSql({ filter, key, sums }) {
  const keys = key === null ? ['__stratum'] : ['__stratum', key];
  return `SELECT ${[...keys, 'count(*)', ...sums].join(', ')} FROM rows_read WHERE ${filter} GROUP BY ${keys.join(', ')}`;
}
