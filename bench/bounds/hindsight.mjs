/*
 * Tells whether fewer rows would have done, by asking a sample that holds no more.
 */
import { rankLimitFor } from './oracle.mjs';

/**
 * Whether the bound would have been kept with so many rows of the sample: a smaller sample of the same seed holds the first ranks of
 * the larger one.
 * @param {import('./ask.mjs').Engine} engine that has the table and no samples
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where the sample's rows are a table of the sample's name
 * @param {import('./queries.mjs').BoundsQuery} query
 * @param {import('./oracle.mjs').LoadedSample} loaded
 * @param {number} rows
 * @param {{seed: number, statement: string}} asked
 */
export async function wouldFewerDo(engine, duckdb, query, loaded, rows, { seed, statement }) {
  const { strata } = loaded.sample;
  const limit = await rankLimitFor(duckdb, query, loaded, rows);
  const method = strata.length === 0 ? `UNIFORM ${limit} ROWS` : `STRATIFIED BY (${strata.join(', ')}) CAP ${limit}`; // prettier-ignore
  await engine.query(`CREATE SAMPLE fewer ON ${query.table.name} ${method} SEED ${seed}`);
  try {
    const { answer } = await engine.query(statement);
    // An exact answer has taught what its tails are like.
    const { answer: last } = answer.mode === 'exact' ? await engine.query(statement) : { answer };
    return last.mode === 'approximate' && last.met;
  } finally {
    await engine.query('DROP SAMPLE fewer');
  }
}
