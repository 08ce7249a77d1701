/*
 * A process that creates samples and says how long it took and how much memory it needed, as JSON:
 * node build-process.mjs <Parquet file> <data folder> <JSON of the statements, without their seed>
 */
import { dirname } from 'node:path';
import { openEngine } from '../../dist/index.js';

const [path, dataDir, statements] = process.argv.slice(2);
const engine = await openEngine({ dataDir, allowedPaths: [dirname(path)] });
await engine.query(`CREATE TABLE sessions FROM '${path}'`);
const builds = [];
for (const sql of JSON.parse(statements)) {
  const startMs = performance.now();
  const result = await engine.query(`${sql} SEED 1`);
  const ms = performance.now() - startMs;
  const samples = result.toObjects().map(({ sample, rows, strata, bytes }) => ({
    name: sample,
    rows: Number(rows),
    strata: Number(strata),
    bytes: Number(bytes),
  }));
  // Node gives the peak in KiB.
  builds.push({ samples, ms, peakBytes: process.resourceUsage().maxRSS * 1024 });
}
await engine.close();
console.log(JSON.stringify(builds));
