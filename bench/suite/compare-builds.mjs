import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { longRuns, measure } from '../measure.mjs';
import { withDataDir } from './tables.mjs';

const program = fileURLToPath(new URL('build-process.mjs', import.meta.url));

const uniform = 'UNIFORM 1%';
const city = 'STRATIFIED BY (city) CAP 1000';
const alone = {
  uniform: `CREATE SAMPLE uniform ON sessions ${uniform}`,
  city: `CREATE SAMPLE city ON sessions ${city}`,
};
/** Both by one statement, and one after the other: what is created second may go by the first. */
const ways = [
  [`CREATE SAMPLES ON sessions ${uniform} AS uniform, ${city} AS city`],
  [alone.city, alone.uniform],
  [alone.uniform, alone.city],
];

/**
 * Creates the samples, each way in a process of its own, once, and has DuckDB scan all columns twice, which is what a build needs at least.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb
 * @param {import('./tables.mjs').BenchTable} table
 */
export async function compareBuilds(duckdb, table) {
  const scan = `SELECT max(COLUMNS(*)) FROM ${table.name}`;
  const compared = [];
  for (const statements of ways) {
    const twoScans = await measure(async () => {
      await duckdb.runAndReadAll(scan);
      await duckdb.runAndReadAll(scan);
    }, longRuns);
    const builds = await withDataDir(null, 'builds', async (dataDir) => {
      const args = [program, table.path, dataDir, JSON.stringify(statements)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return /** @type {BuildMeasurement[]} */ (JSON.parse(stdout));
    });
    compared.push({ twoScansMs: twoScans.ms, builds });
  }
  return compared;
}

/** @typedef {{name: string, rows: number, strata: number, bytes: number}} BuiltSample */
/** @typedef {{samples: readonly BuiltSample[], ms: number, peakBytes: number}} BuildMeasurement of one statement */
/** @typedef {Awaited<ReturnType<typeof compareBuilds>>} BuildsComparison */
