import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { loadSampleRows } from '../sample-rows.mjs';
import { wouldFewerDo } from './hindsight.mjs';
import { keepTruth, readStrata, rowsOfOracle } from './oracle.mjs';
import { generateQueries, learnColumns } from './queries.mjs';

/** Times the oracle's rows that may be read, of predicates that so large a share of the rows passes. */
export const rowsTimesMax = 2.5;
export const rowsSelectivityMin = 0.1;
/** Rows that the engine reads at least, for its forecasts. */
const pilotRows = 4096;

/** What an oracle reads that gives sound intervals and reads a pilot too; infinite where it has no answer. @param {import('./oracle.mjs').OracleRows} oracle */
export const rowsPromised = ({ sound }) =>
  sound === null ? Number.POSITIVE_INFINITY : Math.max(sound, pilotRows);

/** Exact values may differ by what rounding leaves: sums over threads are not repeatable to the last digit. */
const roundingMax = 1e-9;

/**
 * What came of asking a question over samples of one seed.
 * @typedef {object} Outcome
 * @property {import('./queries.mjs').BoundsQuery} query
 * @property {number} seed
 * @property {number} selectivity share of the table's rows that match
 * @property {'approximate' | 'exact' | 'precomputed'} firstMode of the answer to the question asked for the first time
 * @property {'approximate' | 'exact' | 'precomputed'} mode of the answer that counts: asked again where it was exact at first
 * @property {string} sample
 * @property {string} reason
 * @property {boolean} met
 * @property {readonly CellOutcome[]} cells that are estimates
 * @property {number} wrongExact values that are said to be exact and are not, and groups that are not there
 * @property {number} rowsRead
 * @property {import('./oracle.mjs').OracleRows | null} oracle of the sample that answered; null where none did
 * @property {boolean | null} fewerWouldDo with 2.5 times fewer rows the bound would have been kept; null: no more than so many times an oracle's rows were read
 * @property {string | null} missedSample of an exact answer, a sample that an oracle would have answered from; null: there is none
 * @property {number} duckdbMs
 * @property {number} ownMs
 * @property {readonly Forecast[]} forecasts one a run
 */

/**
 * What the engine predicted of a run, and what came of it. Errors are the largest relative half-width.
 * @typedef {object} Forecast
 * @property {string} mode
 * @property {number} predictedMs
 * @property {number} elapsedMs
 * @property {number | null} predictedError
 * @property {number | null} achievedError
 * @property {number} support the least of the estimates'
 */

/**
 * An estimate beside the truth.
 * @typedef {object} CellOutcome
 * @property {number} error |estimate − truth| / (bound · |truth|): more than 1 is outside the bound
 * @property {boolean} claimed it is certified, and its interval within the bound
 */

/** The engine, whichever build. @typedef {{query: (sql: string) => Promise<any>}} Engine */

/**
 * @typedef {object} BoundsRequest
 * @property {Engine} engine
 * @property {string} dataDir the engine's
 * @property {Engine} hindsight another, with the same tables and no samples
 * @property {import('@duckdb/node-api').DuckDBConnection} duckdb where the tables are views of the same rows
 * @property {readonly import('./tables.mjs').BoundsTable[]} tables
 * @property {number} queries in all
 * @property {readonly number[]} seeds of the samples; each question is asked once with each
 * @property {(query: import('./queries.mjs').BoundsQuery) => boolean} [isAsked] false leaves a question out
 * @property {(query: import('./queries.mjs').BoundsQuery) => string} [statementOf] what is asked for the bound; else the bound as it is
 * @property {number} [timedRuns] of a sampled answer
 * @property {(what: string) => void} note
 */

/** @param {import('./queries.mjs').BoundsQuery} query */
const withinBound = ({ sql, bound, confidence }) =>
  `${sql} ERROR WITHIN ${bound}% AT CONFIDENCE ${confidence}%`;

/**
 * Asks everything.
 * @param {BoundsRequest} request
 * @returns {Promise<Outcome[]>}
 */
export async function askAll(request) {
  const { tables, queries, note } = request;
  const outcomes = [];
  for (const [place, table] of tables.entries()) {
    note(`${table.name}: exact answers`);
    const facts = await learnColumns(request.duckdb, table);
    const count = Math.floor((queries + place) / tables.length);
    const asked = generateQueries(table, facts, count, 1 + place).filter(request.isAsked ?? (() => true));
    outcomes.push(...(await askTable(request, table, asked)));
  }
  return outcomes;
}

/** @param {BoundsRequest} request @param {import('./tables.mjs').BoundsTable} table @param {import('./queries.mjs').BoundsQuery[]} asked */
async function askTable(request, table, asked) {
  const { duckdb, seeds, note } = request;
  const [[count]] = (await duckdb.runAndReadAll(`SELECT count(*) FROM ${table.name}`)).getRows();
  const rows = Number(count);
  const truths = [];
  for (const query of asked) truths.push(await findTruth(duckdb, query, rows));
  const outcomes = [];
  for (const seed of seeds) {
    note(`${table.name}: samples with seed ${seed}`);
    const samples = await buildSamples(request, table, rows, seed);
    const first = [];
    for (const truth of truths) first.push(await askOnce(request, truth, samples, seed));
    // An exact answer teaches the engine what tails are like: asked again, it may take a sample.
    for (const [place, truth] of truths.entries()) {
      const known = first[place];
      const again = known.mode === 'exact' ? await askOnce(request, truth, samples, seed) : known;
      const forecasts = again === known ? known.forecasts : [...known.forecasts, ...again.forecasts];
      outcomes.push({ ...again, forecasts, firstMode: known.mode });
    }
  }
  return outcomes;
}

/**
 * The true answer to a question.
 * @typedef {object} Truth
 * @property {import('./queries.mjs').BoundsQuery} query
 * @property {string} name of the table that has it
 * @property {Map<string, number | null>} values by group
 * @property {number} selectivity
 * @property {number} duckdbMs
 */

/** @returns {Promise<Truth>} */
async function findTruth(duckdb, query, rows) {
  const name = `truth_${query.table.name}_${query.id}`;
  await keepTruth(duckdb, query, name);
  const startMs = performance.now();
  (await duckdb.runAndReadAll(query.sql)).getRows();
  const duckdbMs = performance.now() - startMs;
  const places = query.keys.map((_, place) => `key${place}`);
  const found = await duckdb.runAndReadAll(
    `SELECT ${['value', 'matches', ...places].join(', ')} FROM ${name}`,
  );
  const values = new Map();
  let matches = 0;
  for (const [value, matching, ...key] of found.getRows()) {
    values.set(JSON.stringify(key), value === null ? null : Number(value));
    matches += Number(matching);
  }
  return { query, name, values, selectivity: matches / rows, duckdbMs };
}

/** @returns {Promise<Map<string, import('./oracle.mjs').LoadedSample>>} */
async function buildSamples({ engine, dataDir, duckdb }, table, rows, seed) {
  const folder = join(dataDir, 'samples');
  const loaded = new Map();
  const definitions = table.samples(rows);
  for (const { name } of definitions) await engine.query(`DROP SAMPLE IF EXISTS ${name}`);
  for (const sample of definitions) {
    const before = new Set(await readdir(folder).catch(() => []));
    await engine.query(`CREATE SAMPLE ${sample.name} ON ${table.name} ${sample.method} SEED ${seed}`);
    const file = (await readdir(folder)).find(
      (name) => !before.has(name) && /^sample-\d+\.arrow$/.test(name),
    );
    await duckdb.run(`DROP TABLE IF EXISTS ${sample.name}`);
    await loadSampleRows(duckdb, join(folder, file), sample.name, table.types64);
    const strata = await readStrata(join(folder, file.replace(/\.arrow$/, '.strata.arrow')));
    loaded.set(sample.name, { sample, strata });
  }
  return loaded;
}

/**
 * @param {BoundsRequest} request
 * @param {Truth} truth
 * @param {Map<string, import('./oracle.mjs').LoadedSample>} samples
 * @param {number} seed
 * @returns {Promise<Outcome>}
 */
async function askOnce(request, truth, samples, seed) {
  const { engine, duckdb, statementOf = withinBound, timedRuns = 3 } = request;
  const { query, selectivity, duckdbMs } = truth;
  const statement = statementOf(query);
  const { rows, answer, ms } = await time(engine, statement);
  const compared = compare(rows, truth);
  const times = [ms];
  const forecasts = [forecastOf(answer, rows)];
  const oracleOf = (/** @type {import('./oracle.mjs').LoadedSample} */ loaded) =>
    rowsOfOracle(duckdb, query, loaded, truth.name, compared.groups);
  let oracle = null;
  let missedSample = null;
  let fewerWouldDo = null;
  if (answer.mode === 'approximate') {
    times.length = 0; // the first time is for loading too
    for (let run = 0; run < timedRuns; run++) {
      const again = await time(engine, statement);
      times.push(again.ms);
      forecasts.push(forecastOf(again.answer, again.rows));
    }
    const loaded = samples.get(answer.sample.name);
    const { rowsRead } = answer.sample;
    oracle = await oracleOf(loaded);
    if (selectivity >= rowsSelectivityMin && rowsRead > rowsTimesMax * rowsPromised(oracle))
      fewerWouldDo = await wouldFewerDo(request.hindsight, duckdb, query, loaded, rowsRead / rowsTimesMax, { seed, statement }); // prettier-ignore
  } else if (answer.mode === 'exact') {
    for (const [name, loaded] of samples)
      if (missedSample === null && (await oracleOf(loaded)).sound !== null) missedSample = name;
  }
  return {
    query,
    seed,
    selectivity,
    firstMode: answer.mode,
    mode: answer.mode,
    sample: answer.sample?.name ?? '',
    reason: answer.reason,
    met: answer.met,
    cells: compared.cells,
    wrongExact: compared.wrongExact,
    rowsRead: answer.sample?.rowsRead ?? 0,
    oracle,
    fewerWouldDo,
    missedSample,
    duckdbMs,
    ownMs: median(times),
    forecasts: forecasts.filter((each) => each !== null),
  };
}

/** @param {Engine} engine @param {string} statement */
async function time(engine, statement) {
  const startMs = performance.now();
  const { rows, answer } = await engine.query(statement); // reading `rows` makes them
  return { rows, answer, ms: performance.now() - startMs };
}

/** @returns {Forecast | null} null where nothing was predicted */
function forecastOf({ mode, predicted, achieved }, /** @type {readonly (readonly any[])[]} */ rows) {
  if (predicted === null) return null;
  const supports = rows
    .flat()
    .filter(isEstimate)
    .map(({ support }) => support);
  return {
    mode,
    predictedMs: predicted.elapsedMs,
    elapsedMs: achieved.elapsedMs,
    predictedError: predicted.maxRelativeError,
    achievedError: achieved.maxRelativeError,
    support: supports.reduce((least, support) => Math.min(least, support), Number.POSITIVE_INFINITY),
  };
}

/** Puts each estimate beside the truth. @param {readonly (readonly any[])[]} rows @param {Truth} truth */
function compare(rows, { query, values }) {
  const share = query.bound / 100;
  const cells = [];
  const groups = new Set();
  let wrongExact = 0;
  for (const row of rows) {
    const group = JSON.stringify(row.slice(0, query.keys.length).map(String));
    groups.add(group);
    const cell = row[query.keys.length];
    const estimate = isEstimate(cell) ? cell : { value: cell === null ? null : Number(cell), exact: true };
    const value = values.get(group);
    if (value === undefined) wrongExact++;
    else if (estimate.exact) {
      const error = value === null || estimate.value === null ? Number(value !== estimate.value) : Math.abs(estimate.value - value) / Math.max(Math.abs(value), Number.MIN_VALUE); // prettier-ignore
      if (error > roundingMax) wrongExact++;
    } else {
      const { value: estimated, low, high, certified } = estimate;
      const halfWidth = Math.max(high - estimated, estimated - low);
      cells.push({
        error: value === null ? Number.POSITIVE_INFINITY : Math.abs(estimated - value) / (share * Math.abs(value)),
        claimed: certified && low !== null && high !== null && halfWidth <= share * Math.abs(estimated) * (1 + roundingMax),
      }); // prettier-ignore
    }
  }
  if (values.size > rows.length && cells.length === 0) wrongExact++; // an answer without estimates leaves no group out
  return { cells, groups, wrongExact };
}

/** @param {unknown} cell */
const isEstimate = (cell) => typeof cell === 'object' && cell !== null && 'certified' in cell;
