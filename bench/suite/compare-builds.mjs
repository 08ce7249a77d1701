import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { longRuns, measure } from '../measure.mjs';
import { withDataDir } from './tables.mjs';

const program = fileURLToPath(new URL('build-process.mjs', import.meta.url));

const uniform = { name: 'uniform', method: 'UNIFORM 1%' };
const city = { name: 'city', method: 'STRATIFIED BY (city) CAP 1000' };
/** Built one after the other in one process: as CREATE SAMPLES does, and the other way round. What is built second may go by the first. */
const orders = [
  [city, uniform],
  [uniform, city],
];

/**
 * Builds samples, each order in a process of its own, once, and has DuckDB scan all columns twice, which is what a build needs at least.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb
 * @param {import('./tables.mjs').BenchTable} table
 */
export async function compareBuilds(duckdb, table) {
  const scan = `SELECT max(COLUMNS(*)) FROM ${table.name}`;
  const compared = [];
  for (const order of orders) {
    const twoScans = await measure(async () => {
      await duckdb.runAndReadAll(scan);
      await duckdb.runAndReadAll(scan);
    }, longRuns);
    const builds = await withDataDir(null, 'builds', async (dataDir) => {
      const args = [program, table.path, dataDir, JSON.stringify(order)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return /** @type {BuildMeasurement[]} */ (JSON.parse(stdout));
    });
    compared.push({ twoScansMs: twoScans.ms, builds });
  }
  return compared;
}

/** @typedef {{name: string, method: string, ms: number, rows: number, strata: number, bytes: number, peakBytes: number}} BuildMeasurement */
/** @typedef {Awaited<ReturnType<typeof compareBuilds>>} BuildsComparison */
