import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, quantile } from 'simple-statistics';
import { measure } from '../measure.mjs';
import { makeSamples, open, withDataDir } from './tables.mjs';

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const command = here('../../dist/cli.js');

const startRuns = { warmUps: 2, runs: 9 };
/** A statement of three columns, whose answer without a bound reads the sample whole. */
const threeColumns = 'SELECT os, COUNT(*), AVG(session_time) FROM sessions WHERE bitrate > 3000 GROUP BY os';
/** One that a small part of it answers. */
const bounded =
  'SELECT os, COUNT(*), AVG(bitrate) FROM sessions WHERE bitrate > 3000 GROUP BY os ERROR WITHIN 10%';
const clients = 16;
const clientsMs = 3000;
const askedMax = 1000;
const askedMs = 10_000;

/**
 * Measures starts, answers of one engine in a row, and how much more many clients get from it.
 * @param {import('./tables.mjs').BenchTable} table sessions
 * @param {string} dataDir with its samples, of an engine that is closed
 * @param {string | null} kept folder of data folders that are kept
 * @param {(what: string) => void} note
 */
export async function measureStarts(table, dataDir, kept, note) {
  const rows = Math.min(5_000_000, Math.floor(table.rows / 10));
  const large = { ...table, samples: [{ name: 'large', method: `UNIFORM ${rows} ROWS` }] };
  return await withDataDir(kept, `${table.name}-${table.rows}-large`, async (largeDir) => {
    await makeSamples(large, largeDir, note);
    const answer = await measureFirstAnswer(largeDir, `${threeColumns} AT CONFIDENCE 95%`);
    const shell = await measureCommand(largeDir, bounded);
    return { sampleRows: rows, answer, shell, ...(await measureWarm(table, dataDir, note)) };
  });
}

/** @typedef {Awaited<ReturnType<typeof measureStarts>>} StartsMeasurement */

/**
 * The same in a process of its own, see starts-process.mjs.
 * @param {import('./tables.mjs').BenchTable} table sessions
 * @param {string} dataDir @param {string | null} kept
 */
export async function startsApart({ rows }, dataDir, kept) {
  const args = [here('starts-process.mjs'), String(rows), dataDir, ...(kept === null ? [] : [kept])];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return /** @type {StartsMeasurement} */ (JSON.parse(stdout));
}

/** From when the process is started until it prints the answer. @param {string} dataDir @param {string} sql */
async function measureFirstAnswer(dataDir, sql) {
  const times = [];
  let rowsRead = 0;
  for (let run = 0; run < startRuns.warmUps + startRuns.runs; run++) {
    const startMs = performance.now();
    const child = spawn(process.execPath, [here('first-answer.mjs'), dataDir, sql], { stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
    const ended = once(child, 'close'); // the next begins when this one has made room
    const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
    times.push(performance.now() - startMs);
    await ended;
    const { mode, rowsRead: read } = JSON.parse(String(line));
    if (mode !== 'approximate') throw new Error(`the first answer is ${mode}`);
    rowsRead = read;
  }
  return { ms: median(times.slice(startRuns.warmUps)), rowsRead };
}

/** `ballpark query`, from start to end, and whether it loads DuckDB. @param {string} dataDir @param {string} sql */
async function measureCommand(dataDir, sql) {
  const run = promisify(execFile);
  const args = [command, '--data-dir', dataDir, 'query', '--format', 'json', sql];
  const { ms, last } = await measure(() => run(process.execPath, args), startRuns);
  if (!last.stdout.includes('approximate')) throw new Error('the command does not answer from the sample');
  const { stderr } = await run(process.execPath, ['--import', here('tell-libraries.mjs'), ...args]);
  return { ms, loadsDuckDB: /duckdb/i.test(stderr) };
}

/**
 * Answers of engines that are warm: how late the slowest of a hundred is, and how many a second many clients get on all threads next
 * to one client on one thread.
 * @param {import('./tables.mjs').BenchTable} table @param {string} dataDir @param {(what: string) => void} note
 */
async function measureWarm({ queries }, dataDir, note) {
  note('one engine, many questions');
  const asked = queries.find(({ name }) => name === 's3');
  const sql = `${asked.sql} ERROR WITHIN ${asked.within}`;
  const times = [];
  const engine = await open(dataDir);
  await throughput(engine, sql, 1, clientsMs / 3);
  for (const startMs = performance.now(); times.length < askedMax && performance.now() - startMs < askedMs;)
    times.push((await measure(async () => (await engine.query(sql)).rows, { warmUps: 0, runs: 1 })).ms);
  // Each thread's code is optimised for itself.
  await throughput(engine, sql, clients, 2 * clientsMs);
  const many = await throughput(engine, sql, clients, clientsMs);
  await engine.close();
  const single = await open(dataDir, 1);
  await throughput(single, sql, 1, clientsMs / 3);
  const one = await throughput(single, sql, 1, clientsMs);
  await single.close();
  return { asked, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), clients, many, one };
}

/**
 * Answers a second that clients get who each ask again as soon as they have an answer.
 * @param {import('../../dist/index.js').Engine} engine @param {string} sql @param {number} count of clients @param {number} ms for so long
 */
async function throughput(engine, sql, count, ms) {
  const startMs = performance.now();
  let answers = 0;
  const ask = async () => {
    while (performance.now() - startMs < ms) {
      void (await engine.query(sql)).rows; // reading them makes them
      answers++;
    }
  };
  await Promise.all(Array.from({ length: count }, ask));
  return (answers / (performance.now() - startMs)) * 1000;
}
