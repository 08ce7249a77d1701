import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { longRuns, measure } from '../measure.mjs';
import { withDataDir } from './tables.mjs';

const program = fileURLToPath(new URL('build-process.mjs', import.meta.url));

/** Built one after the other in one process. */
const builtSamples = [
  { name: 'uniform', method: 'UNIFORM 1%' },
  { name: 'city', method: 'STRATIFIED BY (city) CAP 1000' },
];

/**
 * Builds samples in a process of their own, once, and has DuckDB scan all columns twice, which is what a build needs at least.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb
 * @param {import('./tables.mjs').BenchTable} table
 */
export async function compareBuilds(duckdb, table) {
  const scan = `SELECT max(COLUMNS(*)) FROM ${table.name}`;
  const twoScans = await measure(async () => {
    await duckdb.runAndReadAll(scan);
    await duckdb.runAndReadAll(scan);
  }, longRuns);
  return await withDataDir(null, 'builds', async (dataDir) => {
    const args = [program, table.path, dataDir, JSON.stringify(builtSamples)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return { twoScansMs: twoScans.ms, builds: /** @type {BuildMeasurement[]} */ (JSON.parse(stdout)) };
  });
}

/** @typedef {{name: string, method: string, ms: number, rows: number, strata: number, bytes: number, peakBytes: number}} BuildMeasurement */
/** @typedef {Awaited<ReturnType<typeof compareBuilds>>} BuildsComparison */
