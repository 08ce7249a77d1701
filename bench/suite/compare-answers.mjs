import { compareWithTruth } from '../accuracy.mjs';
import { longRuns, measure, measureAnswer } from '../measure.mjs';
import { seed } from './tables.mjs';

/** DuckDB's samples cost about what a scan does. */
const sampledRuns = { warmUps: 1, runs: 3 };

/** DuckDB's ways to sample while it scans. */
const samplings = /** @type {const} */ ({
  bernoulli: (from, percent) => `${from} USING SAMPLE ${percent} PERCENT (bernoulli, ${seed})`,
  system: (from, percent) => `${from} TABLESAMPLE system(${percent} PERCENT) REPEATABLE (${seed})`,
});

/**
 * Asks DuckDB for the exact answer, the engine for one within the bound, and DuckDB for one from as large a share of the rows as the
 * engine read.
 * @param {import('../../dist/index.js').Engine} engine
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where the whole table is a view of its name
 * @param {import('./tables.mjs').BenchTable} table
 * @param {import('./session-queries.mjs').BenchQuery} query
 */
export async function compareAnswers(engine, duckdb, table, query) {
  const read = async (/** @type {string} */ sql) => (await duckdb.runAndReadAll(sql)).getRows();
  const exact = await measure(() => read(query.sql), longRuns);
  const truth = exact.last;
  const bound = query.within === null ? '' : `ERROR WITHIN ${query.within} `;
  const own = await measureAnswer(engine, `${query.sql} ${bound}AT CONFIDENCE 95%`);
  const share = (own.answer.sample?.rowsRead ?? 0) / table.rows;
  const sampled = [];
  if (share > 0) {
    for (const [way, sampling] of Object.entries(samplings)) {
      const sql = sampledSql(query, table.name, sampling, share * 100);
      const { ms, last } = await measure(() => read(sql), sampledRuns);
      const rows = last.map((row) =>
        row.map((value, place) => (query.totals.includes(place) ? Number(value) / share : value)),
      );
      sampled.push({ way, ms, accuracy: compareWithTruth(rows.filter(hasValues), truth, query.keys, true) });
    }
  }
  return {
    query,
    exactMs: exact.ms,
    ownMs: own.ms,
    firstMs: own.firstMs,
    executeMs: own.executeMs,
    estimateMs: own.answer.timings.estimateMs,
    answer: own.answer,
    accuracy: compareWithTruth(own.rows, truth, query.keys),
    sampled,
  };
}

/** @typedef {Awaited<ReturnType<typeof compareAnswers>>} AnswerComparison */

/** A sample may hold no row that an aggregate takes. @param {readonly unknown[]} row */
const hasValues = (row) => !row.includes(null);

/**
 * The query over a part of the table, before rows are filtered and grouped.
 * @param {import('./session-queries.mjs').BenchQuery} query
 * @param {string} table
 * @param {(from: string, percent: string) => string} sampling
 * @param {number} percent
 */
function sampledSql({ sql }, table, sampling, percent) {
  const part = sampling(`SELECT * FROM ${table}`, percent.toFixed(6));
  return sql.replace(`FROM ${table}`, `FROM (${part})`);
}
