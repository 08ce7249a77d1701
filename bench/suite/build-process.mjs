/*
 * A process that builds samples and says how long it took and how much memory it needed, as JSON:
 * node build-process.mjs <Parquet file> <data folder> <JSON of the samples>
 */
import { dirname } from 'node:path';
import { openEngine } from '../../dist/index.js';

const [path, dataDir, samples] = process.argv.slice(2);
const engine = await openEngine({ dataDir, allowedPaths: [dirname(path)] });
await engine.query(`CREATE TABLE sessions FROM '${path}'`);
const builds = [];
for (const { name, method } of JSON.parse(samples)) {
  const startMs = performance.now();
  const result = await engine.query(`CREATE SAMPLE ${name} ON sessions ${method} SEED 1`);
  const ms = performance.now() - startMs;
  const [row] = result.toObjects();
  const figures = { rows: Number(row.rows), strata: Number(row.strata), bytes: Number(row.bytes) };
  // Node gives the peak in KiB.
  builds.push({ name, method, ms, ...figures, peakBytes: process.resourceUsage().maxRSS * 1024 });
}
await engine.close();
console.log(JSON.stringify(builds));
