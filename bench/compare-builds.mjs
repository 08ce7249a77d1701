import { longRuns, measure } from './measure.mjs';

export const samples = [
  { name: 'uniform', method: 'UNIFORM 1%' },
  { name: 'os_genre', method: 'STRATIFIED BY (os, genre) CAP 50000' },
  { name: 'city', method: 'STRATIFIED BY (city) CAP 1000' },
];

/** Time for two scans of every column, which is what a build needs at least. @param {import('@duckdb/node-api').DuckDBConnection} duckdb */
export async function measureTwoScans(duckdb) {
  const scan = 'SELECT max(COLUMNS(*)) FROM sessions';
  const { ms } = await measure(async () => {
    await duckdb.runAndReadAll(scan);
    await duckdb.runAndReadAll(scan);
  }, longRuns);
  return ms;
}

/**
 * Builds a sample, once.
 * @param {import('../dist/index.js').Engine} engine
 * @param {{readonly name: string, readonly method: string}} sample
 */
export async function measureBuild(engine, { name, method }) {
  const { ms, results } = await measure(
    () => engine.query(`CREATE SAMPLE ${name} ON sessions ${method} SEED 1`),
    { warmUps: 0, runs: 1 },
  );
  const [row] = results[0].toObjects();
  return { name, method, ms, rows: Number(row.rows), strata: Number(row.strata), bytes: Number(row.bytes) };
}

/** @typedef {Awaited<ReturnType<typeof measureBuild>>} BuildMeasurement */
