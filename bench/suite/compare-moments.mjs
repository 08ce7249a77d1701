import { measureInTurns, threads as allThreads, turns, undisturbed } from '../measure.mjs';
import { loadSampleRows } from '../sample-rows.mjs';
import { open, withSample } from './tables.mjs';

/** Numbers of threads to compare at. */
const threadCounts = [...new Set([1, allThreads])];

/** A query without a bound: its sample is read whole. @param {import('./session-queries.mjs').BenchQuery} query */
const unbounded = ({ sql }) => `${sql} AT CONFIDENCE 95%`;

/**
 * Compares what the executor adds up over a sample with DuckDB adding up the same over the same rows, on as many threads.
 * @param {import('./tables.mjs').BenchTable} table
 * @param {string} dataDir with all samples, of an engine that is closed
 * @param {ReadonlyMap<string, string>} files of the samples
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb
 * @param {(what: string) => void} note
 */
export async function compareMoments(table, dataDir, files, duckdb, note) {
  const compared = [];
  for (const { name } of table.samples) {
    const queries = table.queries.filter(({ sample, moments }) => sample === name && moments !== null);
    await loadSampleRows(duckdb, files.get(name), 'sample_rows', table.types64);
    await withSample(table, dataDir, name, async (copy) => {
      const engines = [];
      for (const threads of threadCounts) engines.push({ threads, engine: await open(copy, threads) });
      for (const query of queries) {
        note(`moments of ${query.name}`);
        await duckdb.run(`CREATE TABLE rows_read AS SELECT * FROM sample_rows WHERE ${query.strataFilter}`);
        const sides = [];
        for (const { threads, engine } of engines)
          sides.push(await compareSides(engine, duckdb, query, threads));
        await duckdb.run('DROP TABLE rows_read');
        compared.push({ query, ...sides[0], sides });
      }
      for (const { engine } of engines) await engine.close();
    });
    await duckdb.run('DROP TABLE sample_rows');
  }
  return compared.sort((a, b) => table.queries.indexOf(a.query) - table.queries.indexOf(b.query));
}

/** @typedef {Awaited<ReturnType<typeof compareMoments>>} MomentsComparisons */

/**
 * Both sides on so many threads, one a moment after the other.
 * @param {import('../../dist/index.js').Engine} engine
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb with the rows as `rows_read`
 * @param {import('./session-queries.mjs').BenchQuery} query
 * @param {number} threads
 */
async function compareSides(engine, duckdb, query, threads) {
  const own = executorTimes(engine, query);
  await duckdb.run(`SET threads = ${threads}`);
  const prepared = await duckdb.prepare(momentsSql(query.moments));
  const measured = await measureInTurns(
    { own: own.run, duckdbSide: async () => (await prepared.runAndReadAll()).currentRowCount },
    turns,
  );
  const { duckdbSide } = measured;
  prepared.destroySync();
  await duckdb.run(`SET threads = ${allThreads}`);
  const [[held]] = (await duckdb.runAndReadAll('SELECT count(*) FROM rows_read')).getRows();
  if (Number(held) !== own.rowsRead())
    throw new Error(`${query.name}: the engine read ${own.rowsRead()} rows, DuckDB has ${Number(held)}`);
  return {
    threads,
    duckdbMs: duckdbSide.ms,
    executeMs: own.executeMs(measured.own.runs),
    rowsRead: own.rowsRead(),
    cells: duckdbSide.last,
  };
}

/**
 * Asks a query without a bound again and again, for the executor's part of the time.
 * @param {import('../../dist/index.js').Engine} engine
 * @param {import('./session-queries.mjs').BenchQuery} query
 */
export function executorTimes(engine, query) {
  const times = [];
  let last;
  const run = async () => {
    last = await engine.query(unbounded(query));
    if (last.answer.mode !== 'approximate') throw new Error(`${query.name} is not answered by its sample`);
    times.push(last.answer.timings.executeMs);
  };
  return {
    run,
    /** Of the last so many runs. */
    executeMs: (/** @type {number} */ runs) => undisturbed(times.slice(-runs)),
    rowsRead: () => last.answer.sample.rowsRead,
    rows: () => last.rows,
  };
}

/** The sums for each group and stratum. @param {import('./session-queries.mjs').MomentsQuery} moments */
function momentsSql({ filter, keys, sums }) {
  const cell = ['__stratum', ...keys];
  return `SELECT ${[...cell, 'count(*)', ...sums].join(', ')} FROM rows_read WHERE ${filter} GROUP BY ${cell.join(', ')}`;
}
