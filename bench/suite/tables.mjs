import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateSessions } from '../../data/generate-sessions.mjs';
import { openEngine } from '../../dist/index.js';
import { sessionTypes } from '../sample-rows.mjs';
import { flightQueries } from './flight-queries.mjs';
import { sessionQueries } from './session-queries.mjs';

export const generated = fileURLToPath(new URL('../../data/generated/', import.meta.url));
const flightsModule = createRequire(import.meta.url).resolve('vega-datasets');
const flightsFile = join(flightsModule, '../../data/flights-3m.parquet');
const flightsRows = 3_000_000;
export const seed = 1;

/**
 * A table with the samples that a user might have of it, and what is asked.
 * @typedef {object} BenchTable
 * @property {string} name
 * @property {string} path the Parquet file
 * @property {number} rows
 * @property {string} types64 see {@link loadSampleRows}
 * @property {readonly BenchSample[]} samples
 * @property {readonly import('./session-queries.mjs').BenchQuery[]} queries
 */

/** @typedef {{readonly name: string, readonly method: string}} BenchSample */

/** @type {readonly BenchSample[]} */
export const sessionSamples = [
  { name: 'uniform', method: 'UNIFORM 1%' },
  { name: 'os_genre', method: 'STRATIFIED BY (os, genre) CAP 50000' },
  { name: 'city', method: 'STRATIFIED BY (city) CAP 2000' },
];

/** Sessions, made unless they are there. @param {number} rows @returns {Promise<BenchTable>} */
export async function sessionsTable(rows) {
  const { path } = await generateSessions({ path: join(generated, `sessions-${rows}.parquet`), rows, seed });
  const shared = { name: 'sessions', types64: sessionTypes };
  return { ...shared, path, rows, samples: sessionSamples, queries: sessionQueries };
}

/** Flights, which a package brings; the samples are those of the demo. @returns {BenchTable} */
export function flightsTable() {
  return {
    name: 'flights',
    path: flightsFile,
    rows: flightsRows,
    types64: 'make_timestamp(date::BIGINT) AS date, delay::BIGINT AS delay, distance::BIGINT AS distance',
    samples: [
      { name: 'uniform', method: 'UNIFORM 60000 ROWS' },
      { name: 'by_origin', method: 'STRATIFIED BY (origin) CAP 2000' },
    ],
    queries: flightQueries,
  };
}

/** @param {string} dataDir @param {number} [threads] default: all cores */
export const open = (dataDir, threads) =>
  openEngine({ dataDir, allowedPaths: [generated], ...(threads === undefined ? {} : { threads }) });

/**
 * Makes a table and its samples in a data folder, unless they are there.
 * @param {BenchTable} table
 * @param {string} dataDir
 * @param {(what: string) => void} note
 * @returns {Promise<ReadonlyMap<string, string>>} the file of each sample
 */
export async function makeSamples({ name, path, samples }, dataDir, note) {
  const list = join(dataDir, 'bench-samples.json');
  const folder = join(dataDir, 'samples');
  const known = await readFile(list, 'utf8').catch(() => null); // not made yet
  if (known !== null) return new Map(JSON.parse(known).map(([sample, file]) => [sample, join(folder, file)]));
  /** @type {Map<string, string>} */
  const files = new Map();
  const engine = await openEngine({ dataDir, allowedPaths: [dirname(path)] });
  try {
    await engine.query(`CREATE TABLE ${name} FROM '${path}'`);
    for (const sample of samples) {
      note(`building ${sample.name} of ${name}`);
      await engine.query(`CREATE SAMPLE ${sample.name} ON ${name} ${sample.method} SEED ${seed}`);
      const before = new Set(files.values());
      const after = (await readdir(folder)).filter((file) => /^sample-\d+\.arrow$/.test(file));
      const paths = after.map((file) => join(folder, file));
      files.set(
        sample.name,
        paths.find((file) => !before.has(file)),
      );
    }
  } finally {
    await engine.close();
  }
  await writeFile(list, JSON.stringify([...files].map(([sample, file]) => [sample, basename(file)])));
  return files;
}

/**
 * Uses a data folder: one in a folder that is kept, or one that goes away.
 * @template T
 * @param {string | null} kept null: none is
 * @param {string} name of the data folder in it
 * @param {(dataDir: string) => Promise<T>} use
 */
export async function withDataDir(kept, name, use) {
  if (kept !== null) return await use(join(kept, name));
  const dataDir = await mkdtemp(join(generated, `bench-${name}-`));
  try {
    return await use(dataDir);
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

/**
 * Uses the data folder of an engine that has one sample alone: choosing is not what is measured there.
 * @template T
 * @param {BenchTable} table
 * @param {string} dataDir of an engine that is closed
 * @param {string} sample
 * @param {(dataDir: string) => Promise<T>} use
 */
export async function withSample({ samples }, dataDir, sample, use) {
  const copy = `${dataDir}-${sample}`;
  await cp(dataDir, copy, { recursive: true });
  try {
    const engine = await open(copy);
    for (const { name } of samples) if (name !== sample) await engine.query(`DROP SAMPLE ${name}`);
    await engine.close();
    return await use(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
}
