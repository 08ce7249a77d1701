import { compareWithTruth } from './accuracy.mjs';
import { longRuns, measure, measureAnswer } from './measure.mjs';

/**
 * Asks DuckDB for the exact answer and the engine for one within the bound.
 * @param {import('../dist/index.js').Engine} engine
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where `sessions` is the whole table
 * @param {import('./queries.mjs').BenchQuery} query
 */
export async function compareQuery(engine, duckdb, query) {
  const exact = await measure(async () => (await duckdb.runAndReadAll(query.sql)).getRows(), longRuns);
  const own = await measureAnswer(engine, `${query.sql} ERROR WITHIN ${query.within} AT CONFIDENCE 95%`);
  const accuracy = compareWithTruth(own.rows, exact.results[0], query.keys);
  return { query, exactMs: exact.ms, ownMs: own.ms, executeMs: own.executeMs, answer: own.answer, accuracy };
}

/** @typedef {Awaited<ReturnType<typeof compareQuery>>} QueryComparison */
