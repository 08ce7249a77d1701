/*
 * Measures what is claimed about speed, in one run on one table.
 *
 *   npm run bench                        builds the library and runs this on 50 M sessions, made on first use
 *   node bench/bench.mjs --rows 1000000  a quick look
 *   node bench/bench.mjs --write         also writes bench/RESULTS.md
 *
 * How to read the output. Times are medians of warm runs; only their ratios mean something, since both sides of a ratio are
 * measured on the same machine a moment apart.
 *
 * Answers: DuckDB runs the statement without its bound over the Parquet file, the engine with it. `faster` is how many times
 * DuckDB's time is ours. `widest` is the largest relative half-width reported, `worst error` the largest relative error that the
 * answer really has, `hold the truth` how many of the intervals do (95 % should, at least). `precomputed` answers come
 * exactly from the totals of the strata, without reading a row: query 1 as written is one. 1a and 1b ask nearly the same in ways
 * that must read rows. `exact` means that no sample could promise the bound, so DuckDB was asked, in the engine.
 *
 * Moments: for each query the rows that an answer within the bound reads, then all rows that the sample has for it. `ours` is the
 * engine's `executeMs`, on one thread, where there is one sample alone: compiling, reading, and for the first also a pilot, the
 * estimates from it, and how much to read. DuckDB only adds up: the same moments of the same rows by a prepared statement, on all
 * cores and then on one, from a table in memory with texts as ENUM and without the rows of strata that the filter excludes.
 *
 * Builds: once each, against the least that a build in two scans could take.
 */
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DuckDBInstance, version as duckdbVersion } from '@duckdb/node-api';
import { generateSessions } from '../data/generate-sessions.mjs';
import { openEngine } from '../dist/index.js';
import { measureBuild, measureTwoScans, samples } from './compare-builds.mjs';
import { compareMoments } from './compare-moments.mjs';
import { compareQuery } from './compare-queries.mjs';
import { threads } from './measure.mjs';
import { queries } from './queries.mjs';
import { reportBuilds, reportMoments, reportQueries } from './report.mjs';
import { loadSampleRows, sessionTypes } from './sample-rows.mjs';

const generated = fileURLToPath(new URL('../data/generated/', import.meta.url));
const resultsFile = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const seed = 1;

/** Shows that something goes on, apart from the output. @param {string} what */
const note = (what) => console.error(`… ${what}`);

/**
 * Builds the samples, and loads the rows of each into DuckDB.
 * @param {import('../dist/index.js').Engine} engine
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb
 * @param {string} dataDir
 */
async function buildSamples(engine, duckdb, dataDir) {
  const folder = join(dataDir, 'samples');
  const builds = [];
  const loaded = new Set();
  for (const sample of samples) {
    note(`building ${sample.name}`);
    builds.push(await measureBuild(engine, sample));
    const files = (await readdir(folder)).filter((name) => /^sample-\d+\.arrow$/.test(name));
    const file = files.find((name) => !loaded.has(name));
    loaded.add(file);
    await loadSampleRows(duckdb, join(folder, file), sample.name, sessionTypes);
  }
  return builds;
}

/**
 * Compares moments, with an engine for each sample that has no other to choose from: choosing is not what is measured here.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where the samples are tables
 * @param {string} dataDir of an engine that is closed
 */
async function compareAllMoments(duckdb, dataDir) {
  const compared = [];
  for (const { name } of samples) {
    const copy = `${dataDir}-${name}`;
    await cp(dataDir, copy, { recursive: true });
    const engine = await openEngine({ dataDir: copy, allowedPaths: [generated] });
    try {
      for (const other of samples) if (other.name !== name) await engine.query(`DROP SAMPLE ${other.name}`);
      for (const query of queries) {
        if (query.sample === name && query.moments !== null)
          compared.push(...(await compareMoments(engine, duckdb, query)));
      }
    } finally {
      await engine.close();
      await rm(copy, { recursive: true });
    }
  }
  return compared.sort((a, b) => queries.indexOf(a.query) - queries.indexOf(b.query));
}

/**
 * Measures everything, and says each part as soon as it is known.
 * @param {string} path the table
 * @param {string} dataDir
 * @param {(text: string) => void} say
 */
async function measureAll(path, dataDir, say) {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const duckdb = await instance.connect();
  await duckdb.run(`CREATE VIEW sessions AS SELECT * FROM read_parquet('${path}')`);
  const engine = await openEngine({ dataDir, allowedPaths: [generated] });
  const compared = [];
  try {
    await engine.query(`CREATE TABLE sessions FROM '${path}'`);
    const twoScansMs = await measureTwoScans(duckdb);
    say(reportBuilds(await buildSamples(engine, duckdb, dataDir), twoScansMs));
    for (const query of queries) {
      note(`query ${query.name}`);
      compared.push(await compareQuery(engine, duckdb, query));
    }
    say(reportQueries(compared));
  } finally {
    await engine.close();
  }
  note('moments');
  say(reportMoments(await compareAllMoments(duckdb, dataDir)));
  duckdb.closeSync();
  instance.closeSync();
}

/** @param {number} rows */
function describeMachine(rows) {
  const cores = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  return `${rows.toLocaleString('en-US')} sessions, seed ${seed}; ${cores}, Node ${process.version}, DuckDB ${duckdbVersion()} with ${threads} threads`;
}

const usage = 'usage: node bench/bench.mjs [--rows N] [--write]';

/** The command's options; says how to use it and ends where they make no sense. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: { rows: { type: 'string', default: '50000000' }, write: { type: 'boolean', default: false } },
    });
    const rows = Number(values.rows);
    if (!Number.isSafeInteger(rows) || rows < 1)
      throw new RangeError('--rows must be a whole number, 1 or more');
    return { rows, write: values.write };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

async function main() {
  const { rows, write } = readOptions();
  note('making the table, unless it is there');
  const { path } = await generateSessions({ path: join(generated, `sessions-${rows}.parquet`), rows, seed });
  const dataDir = await mkdtemp(join(generated, 'bench-'));
  /** @type {string[]} */
  const said = [];
  const say = (/** @type {string} */ text) => {
    console.log(`\n${text}`);
    said.push(text);
  };
  try {
    say(describeMachine(rows));
    await measureAll(path, dataDir, say);
  } finally {
    await rm(dataDir, { recursive: true });
  }
  if (write) {
    const head =
      '# Benchmark results\n\nWritten by `npm run bench -- --write`; `bench.mjs` says how to read it.';
    await writeFile(resultsFile, `${head}\n\n\`\`\`text\n${said.join('\n\n')}\n\`\`\`\n`);
  }
}

await main();
