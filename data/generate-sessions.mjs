/*
 * Makes the demo table: sessions of a video service, like the one that BlinkDB was measured on (Agarwal et al., EuroSys 2013).
 * In: a number of rows and a seed. Out: a Parquet file; the same rows and seed give the same bytes, with any number of threads.
 *
 *   node data/generate-sessions.mjs --rows 50000000 --seed 1 --out data/generated/sessions-50m.parquet
 */
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { citiesStatement, sessionsQuery } from './session-columns.mjs';

/**
 * @typedef {object} SessionsRequest
 * @property {string} path where the Parquet file is to be
 * @property {number} rows 1 or more
 * @property {number} seed a whole number, 0 or more
 * @property {number} [threads] default: the cores this process may use
 */

/** Raised whenever the same request would give other rows. */
const generatorVersion = 1;
const manifestKey = 'ballpark.sessions';
const memoryLimit = '2GiB';

const quote = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;

/**
 * Makes the file, unless it is there already: under a temporary name, renamed when it is whole.
 * @param {SessionsRequest} request
 * @returns {Promise<{path: string, made: boolean}>} the absolute path; `made` is false where the file was there
 * @throws {RangeError} where rows, seed or threads are out of range; Error where the path holds a file of someone else's
 */
export async function generateSessions({ path, rows, seed, threads = availableParallelism() }) {
  requireWhole('rows', rows, 1);
  requireWhole('seed', seed, 0);
  requireWhole('threads', threads, 1);
  const target = resolve(path);
  const manifest = JSON.stringify({ generatorVersion, rows, seed });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: memoryLimit,
    temp_directory: '',
  });
  try {
    const connection = await instance.connect();
    if ((await readManifest(connection, target)) === manifest) return { path: target, made: false };
    await mkdir(dirname(target), { recursive: true });
    await writeSessions(connection, target, { rows, seed }, manifest);
    return { path: target, made: true };
  } finally {
    instance.closeSync();
  }
}

/** @param {string} name @param {number} value @param {number} least */
function requireWhole(name, value, least) {
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} must be a whole number, ${least} or more`);
}

/**
 * The manifest that the file was made with; null where there is no file.
 * @param {import('@duckdb/node-api').DuckDBConnection} connection
 * @param {string} path
 */
async function readManifest(connection, path) {
  if ((await stat(path).catch(() => null)) === null) return null;
  const sql = `SELECT decode(value) FROM parquet_kv_metadata(${quote(path)}) WHERE decode(key) = ${quote(manifestKey)}`;
  const found = await connection.runAndReadAll(sql).then(
    (result) => result.getRows(),
    () => [], // no Parquet file
  );
  if (found.length === 0)
    throw new Error(
      `${path} is there already and was not made by this generator: remove it, or name another file`,
    );
  return found[0]?.[0];
}

/**
 * @param {import('@duckdb/node-api').DuckDBConnection} connection
 * @param {string} target
 * @param {{rows: number, seed: number}} request
 * @param {string} manifest
 */
async function writeSessions(connection, target, request, manifest) {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await connection.run(citiesStatement);
    await connection.run(
      `COPY (${sessionsQuery(request)}) TO ${quote(temporary)} ` +
        `(FORMAT parquet, KV_METADATA {${quote(manifestKey)}: ${quote(manifest)}})`,
    );
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

const usage = `usage: node data/generate-sessions.mjs --rows N --out FILE [--seed N] [--threads N]
  --rows N      rows of the table, for example 50000000
  --out FILE    the Parquet file to make; kept where it was made with the same rows and seed
  --seed N      default 1
  --threads N   default: all cores`;

/** Runs the command. @param {readonly string[]} args @returns {Promise<number>} the exit code: 0 done, 1 failed, 2 wrong usage */
export async function main(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rows: { type: 'string' },
        out: { type: 'string' },
        seed: { type: 'string', default: '1' },
        threads: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(usage);
      return 0;
    }
    if (!values.rows || !values.out) throw new RangeError('--rows and --out are needed');
    const { path, made } = await generateSessions({
      path: values.out,
      rows: Number(values.rows),
      seed: Number(values.seed),
      ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
    });
    console.log(made ? `made ${path}` : `${path} is there already`);
    return 0;
  } catch (error) {
    const wrongUsage = error instanceof RangeError || String(error.code).startsWith('ERR_PARSE_ARGS');
    console.error(wrongUsage ? `${error.message}\n\n${usage}` : error.message);
    return wrongUsage ? 2 : 1;
  }
}

/** The file that node was started with, links followed. */
const started = await realpath(process.argv[1] ?? '').catch(() => null);
if (started === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
