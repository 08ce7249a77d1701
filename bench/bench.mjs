/*
 * Measures what is claimed about speed, in one run: twelve queries over sessions, six over flights.
 *
 *   npm run bench                        builds the library and runs this on 50 M sessions, made on first use
 *   npm run bench -- --rows 5000000      a quick look; several sizes, with commas between, show how times grow
 *   npm run bench -- --only answers      some parts, of answers, moments, loops, passes, builds and starts
 *   npm run bench -- --data FOLDER       keeps the samples in a folder, and takes them from there the next time
 *   npm run bench -- --rows 10000000,50000000,200000000 --write
 *                                        also writes bench/RESULTS.md and the plot bench/results.svg
 *
 * How to read the output. Times are medians of warm runs, those of moments and loops lower quartiles of runs in
 * turns, behind half a second of each side alone; only their ratios mean something, since both sides of a ratio are
 * measured on the same machine a moment apart. At the end stand the promises, with what was measured; `so far` where a promise is
 * of a larger table. The exit code is 0 where all are kept, 1 where one is broken, 2 for wrong options.
 *
 * Answers: DuckDB runs the statement without its bound over the Parquet file, the engine with it, having all samples to choose from.
 * `faster` is how many times its time is ours, warm; `first` is the time of the statement's very first run. `reached` is the largest
 * relative half-width reported; `error` the median and the largest relative error that the answer's cells really have, `hold the
 * truth` how many of the intervals do (95 % should, at least).
 * Where a sample was read, DuckDB samples too while it scans, as large a share of the table as the engine read: single rows
 * (`USING SAMPLE … bernoulli`), and whole vectors (`TABLESAMPLE system`). Its counts and sums are scaled up; it gives no intervals.
 * The engine answers a statement anew each time, but it may have learned about the tails of its values from the first run.
 *
 * Moments: what the executor adds up of the rows that the sample has for a query, without a bound, where there is one sample alone.
 * `ours` is the engine's `executeMs`, with choosing what to read, and making rows of the estimates; compiling is in it only the first
 * time, which does not count: a sample keeps what was compiled, as DuckDB its prepared statement. DuckDB only adds up: the same counts and sums (to
 * the third power, which intervals are certified by) of the same rows by a prepared statement, on as many threads, from a table in
 * memory with texts as ENUM and without the rows of strata that the filter excludes. Quantiles list values and add up nothing.
 *
 * Loops: the same on one thread, next to loops written by hand for each query over the same arrays, which add up the same:
 * suite/naive-loops.mjs and suite/best-loops.mjs.
 *
 * Passes: loops by hand for several queries over a sample, one query after the other, and all of them block by block. Where these
 * take as long, a pass that queries share gains nothing.
 *
 * Builds: two samples in a process of their own, once in each order (CREATE SAMPLES begins with the stratified one, and the other then goes
 * by its totals), against the least that a build in two scans could take; `peak` is the most memory that the process has had by then,
 * DuckDB's included.
 *
 * Starts: of new processes, with the files in the page cache; then one engine that is asked again and again. Measured from a process
 * that has done nothing else.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DuckDBInstance, version as duckdbVersion } from '@duckdb/node-api';
import { threads } from './measure.mjs';
import { compareAnswers } from './suite/compare-answers.mjs';
import { compareBuilds } from './suite/compare-builds.mjs';
import { compareLoops } from './suite/compare-loops.mjs';
import { compareMoments } from './suite/compare-moments.mjs';
import { comparePasses } from './suite/compare-passes.mjs';
import { startsApart } from './suite/measure-starts.mjs';
import { plotAnswers } from './suite/plot.mjs';
import { checkPromises, reportPromises } from './suite/promises.mjs';
import { reportAnswers, reportBuilds, reportGrowth, reportLoops, reportMoments, reportPasses, reportStarts } from './suite/report.mjs'; // prettier-ignore
import {
  flightsTable,
  generated,
  makeSamples,
  open,
  seed,
  sessionsTable,
  withDataDir,
} from './suite/tables.mjs';

const fileBeside = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const parts = ['answers', 'moments', 'loops', 'passes', 'builds', 'starts'];
/** Those of flights are too short for the others to tell anything. */
const partsOfFlights = ['answers', 'moments'];

/** Shows that something goes on, apart from the output. @param {string} what */
const note = (what) => console.error(`… ${what}`);

/**
 * Measures parts over one table.
 * @param {import('./suite/tables.mjs').BenchTable} table
 * @param {readonly string[]} only
 * @param {string | null} kept folder of data folders that are kept
 * @param {(text: string) => void} say hears of each part as soon as it is known
 */
async function measureTable(table, only, kept, say) {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const duckdb = await instance.connect();
  /** @type {Partial<import('./suite/promises.mjs').SizeMeasurement>} */
  const measured = {};
  try {
    await duckdb.run(`CREATE VIEW ${table.name} AS SELECT * FROM read_parquet('${table.path}')`);
    if (only.includes('builds')) {
      note('builds');
      measured.builds = await compareBuilds(duckdb, table);
      say(reportBuilds(measured.builds));
    }
    if (only.some((part) => part !== 'builds')) {
      await withDataDir(kept, `${table.name}-${table.rows}`, async (dataDir) => {
        Object.assign(measured, await measureSamples(table, { only, dataDir, kept, duckdb }, say));
      });
    }
  } finally {
    duckdb.closeSync();
    instance.closeSync();
  }
  return { rows: table.rows, ...measured };
}

/**
 * Measures what needs the table's samples.
 * @param {import('./suite/tables.mjs').BenchTable} table
 * @param {{only: readonly string[], dataDir: string, kept: string | null, duckdb: import('@duckdb/node-api').DuckDBConnection}} how
 * @param {(text: string) => void} say
 */
async function measureSamples(table, { only, dataDir, kept, duckdb }, say) {
  const title = `${table.rows.toLocaleString('en-US')} ${table.name}`;
  /** @type {Partial<import('./suite/promises.mjs').SizeMeasurement>} */
  const measured = {};
  const files = await makeSamples(table, dataDir, note);
  if (only.includes('answers')) {
    measured.answers = await answersOf(table, dataDir, duckdb);
    say(reportAnswers(`Answers over ${title}: exact by DuckDB, ours at 95 %, DuckDB's own samples`, measured.answers)); // prettier-ignore
  }
  if (only.includes('moments')) {
    measured.moments = await compareMoments(table, dataDir, files, duckdb, note);
    say(reportMoments(`Moments of samples of ${title}: DuckDB in memory, our executor`, measured.moments));
  }
  if (only.includes('loops')) {
    measured.loops = await compareLoops(table, dataDir, files, note);
    say(reportLoops(measured.loops));
  }
  if (only.includes('passes')) say(reportPasses(await comparePasses(table, files, note)));
  if (only.includes('starts')) {
    note('starts');
    measured.starts = await startsApart(table, dataDir, kept);
    say(reportStarts(measured.starts));
  }
  return measured;
}

/** @param {import('./suite/tables.mjs').BenchTable} table @param {string} dataDir @param {import('@duckdb/node-api').DuckDBConnection} duckdb */
async function answersOf(table, dataDir, duckdb) {
  const engine = await open(dataDir);
  const compared = [];
  for (const query of table.queries) {
    note(`answer to ${query.name}`);
    compared.push(await compareAnswers(engine, duckdb, table, query));
  }
  await engine.close();
  return compared;
}

const usage = 'usage: node bench/bench.mjs [--rows N,…] [--only PART,…] [--data FOLDER] [--write]';

/** The command's options; says how to use it and ends where they make no sense. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        rows: { type: 'string', default: '50000000' },
        only: { type: 'string', default: parts.join(',') },
        data: { type: 'string' },
        write: { type: 'boolean', default: false },
      },
    });
    const sizes = values.rows.split(',').map(Number);
    if (!sizes.every((rows) => Number.isSafeInteger(rows) && rows >= 100_000))
      throw new RangeError('--rows must be whole numbers, 100000 or more, with commas between');
    const only = values.only.split(',');
    const unknown = only.find((part) => !parts.includes(part));
    if (unknown !== undefined) throw new RangeError(`--only ${unknown}: the parts are ${parts.join(', ')}`);
    const kept = values.data === undefined ? null : resolve(values.data);
    return { sizes: sizes.sort((a, b) => a - b), only, kept, write: values.write };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/** @param {readonly string[]} said @param {string | null} plot an SVG file; null without answers */
async function writeResults(said, plot) {
  const head =
    '# Benchmark results\n\nWritten by `npm run bench -- --write`; `bench.mjs` says how to read it.';
  const image = plot === null ? '' : '\n\n![How long answers take, by query and by size](results.svg)';
  await writeFile(fileBeside('RESULTS.md'), `${head}${image}\n\n\`\`\`text\n${said.join('\n\n')}\n\`\`\`\n`);
  if (plot !== null) await writeFile(fileBeside('results.svg'), plot);
}

async function main() {
  const { sizes, only, kept, write } = readOptions();
  await mkdir(generated, { recursive: true });
  /** @type {string[]} */
  const said = [];
  const say = (/** @type {string} */ text) => {
    console.log(`\n${text}`);
    said.push(text);
  };
  const cores = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  const today = new Date().toISOString().slice(0, 10);
  say(`${today}; ${cores}, Node ${process.version}, DuckDB ${duckdbVersion()} with ${threads} threads; sessions of seed ${seed}`); // prettier-ignore
  const measured = [];
  for (const rows of sizes) {
    note('making the table, unless it is there');
    measured.push(await measureTable(await sessionsTable(rows), only, kept, say));
  }
  const ofFlights = only.filter((part) => partsOfFlights.includes(part));
  const flights = ofFlights.length === 0 ? {} : await measureTable(flightsTable(), ofFlights, kept, say);
  const answered = measured.flatMap(({ rows, answers }) =>
    answers === undefined ? [] : [{ rows, answers }],
  );
  if (answered.length > 0) say(reportGrowth(answered));
  const checks = checkPromises(measured, flights.moments ?? []);
  say(reportPromises(checks));
  if (write) await writeResults(said, answered.length === 0 ? null : plotAnswers(answered));
  return checks.some(({ kept }) => kept === false) ? 1 : 0;
}

process.exitCode = await main();
