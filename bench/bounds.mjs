/*
 * Asks generated questions within bounds on their errors, and compares the answers with the exact ones.
 *
 *   npm run bounds                                   builds the library; 600 questions of 20 M sessions and 3 M flights
 *   npm run bounds -- --rows 2000000 --queries 120   a quick look
 *   npm run bounds -- --write                        also writes bench/BOUNDS.md
 *   npm run bounds -- --seeds 5                      asks each question over samples of five seeds instead of three
 *
 * Tables and samples are in bounds/tables.mjs, questions in bounds/queries.mjs: predicates that 0.5 % to 50 % of the rows pass,
 * none to two group columns, five kinds of aggregates, bounds of 1, 2, 5 and 10 % at 90, 95 and 99 %.
 *
 * How to read the output. A question that is answered exactly is asked again, since the first answer teaches what its tails are
 * like: `exact first` is the share of exact answers at first, `exact` that in the end, and of these `needlessly` counts where an
 * oracle would have taken a sample. `estimates` are those of sampled answers alone, `within` is the share of them whose error,
 * against the exact answer, is within the bound; `outside` counts the others, and `allowed` is how many the confidences and
 * chance allow (with the probability of three standard deviations). Estimates of one answer go together: `allowed` knows that.
 * `faster` is the median of DuckDB's time over ours, in sampled answers; the machine's other work is in both.
 *
 * An oracle knows the spread over the whole sample and reads just the rows that bring all intervals within the bound (narrow); those
 * that also make them sound have 30 matches and a skewness of at most 1/z². It needs no forecast; the engine's takes 4,096 rows
 * at least. Counted where a tenth of the rows match, or more. Nor need an oracle show that its intervals are sound: where more than
 * 2.5 times its rows were read, a smaller sample of the same seed, which holds the first of the same rows, tells whether 2.5 times fewer
 * would have been certified.
 *
 * The exit code is 0 where all promises are kept, 1 where one is not, 2 for wrong options.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DuckDBInstance, version as duckdbVersion } from '@duckdb/node-api';
import { generateSessions } from '../data/generate-sessions.mjs';
import { openEngine } from '../dist/index.js';
import { askAll } from './bounds/ask.mjs';
import { reportBounds } from './bounds/report.mjs';
import { checkPromises } from './bounds/score.mjs';
import { flights, sessions } from './bounds/tables.mjs';
import { threads } from './measure.mjs';

const generated = fileURLToPath(new URL('../data/generated/', import.meta.url));
const resultsFile = fileURLToPath(new URL('BOUNDS.md', import.meta.url));
const flightsModule = createRequire(import.meta.url).resolve('vega-datasets');
const flightsFile = join(dirname(flightsModule), '..', 'data', 'flights-3m.parquet');
const seed = 1;

/** Shows that something goes on, apart from the output. @param {string} what */
const note = (what) => console.error(`… ${what}`);

const usage = 'usage: node bench/bounds.mjs [--rows N] [--queries N] [--seeds N] [--write] [--dump FILE]';

/** The command's options; says how to use it and ends where they make no sense. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        rows: { type: 'string', default: '20000000' },
        queries: { type: 'string', default: '600' },
        seeds: { type: 'string', default: '3' },
        write: { type: 'boolean', default: false },
        dump: { type: 'string' },
      },
    });
    const whole = (/** @type {'rows' | 'queries' | 'seeds'} */ name) => {
      const number = Number(values[name]);
      if (!Number.isSafeInteger(number) || number < 1)
        throw new RangeError(`--${name} must be a whole number, 1 or more`);
      return number;
    };
    return { ...values, rows: whole('rows'), queries: whole('queries'), seeds: whole('seeds') };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

/**
 * Asks everything, in a folder that goes away.
 * @param {{queries: number, seeds: number}} options
 * @param {Readonly<Record<string, string>>} files of the tables
 */
async function measureBounds({ queries, seeds }, files) {
  const dataDir = await mkdtemp(join(generated, 'bounds-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const duckdb = await instance.connect();
  const allowedPaths = Object.values(files).map(dirname);
  const engine = await openEngine({ dataDir, allowedPaths });
  const hindsight = await openEngine({ dataDir: join(dataDir, 'hindsight'), allowedPaths });
  try {
    // As in the engine: a division by zero is NULL.
    await duckdb.run('SET ieee_floating_point_ops = false');
    for (const [name, file] of Object.entries(files)) {
      await duckdb.run(`CREATE VIEW ${name} AS SELECT * FROM read_parquet('${file}')`);
      for (const each of [engine, hindsight]) await each.query(`CREATE TABLE ${name} FROM '${file}'`);
    }
    const sampleSeeds = Array.from({ length: seeds }, (_, place) => place + 1);
    return await askAll({ engine, dataDir, hindsight, duckdb, tables: [sessions, flights], queries, seeds: sampleSeeds, note }); // prettier-ignore
  } finally {
    await engine.close();
    await hindsight.close();
    duckdb.closeSync();
    instance.closeSync();
    await rm(dataDir, { recursive: true });
  }
}

async function main() {
  const options = readOptions();
  const { rows, queries, seeds } = options;
  await mkdir(generated, { recursive: true });
  note('making the table, unless it is there');
  const { path } = await generateSessions({ path: join(generated, `sessions-${rows}.parquet`), rows, seed });
  const outcomes = await measureBounds(options, { sessions: path, flights: flightsFile });
  const cores = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  const head = `${queries} questions over samples of ${seeds} seeds; ${rows.toLocaleString('en-US')} sessions, 3,000,000 flights; ${cores}, Node ${process.version}, DuckDB ${duckdbVersion()} with ${threads} threads`;
  const text = `${head}\n\n${reportBounds(outcomes)}`;
  console.log(text);
  if (options.dump !== undefined) await writeFile(options.dump, JSON.stringify(outcomes));
  if (options.write) {
    const today = new Date().toISOString().slice(0, 10);
    const title = `# Bounds kept\n\nWritten by \`npm run bounds -- --write\` on ${today}; \`bounds.mjs\` says how to read it.`;
    await writeFile(resultsFile, `${title}\n\n\`\`\`text\n${text}\n\`\`\`\n`);
  }
  return checkPromises(outcomes).every(({ kept }) => kept) ? 0 : 1;
}

process.exitCode = await main();
