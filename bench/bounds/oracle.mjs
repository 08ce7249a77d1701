/*
 * An oracle knows the spread that a sample's rows have before it reads any, and so how few of them are enough.
 */
import { readFile } from 'node:fs/promises';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { tableFromIPC } from 'apache-arrow';

/**
 * Sums of a cell's influences u over all rows that the sample has of a stratum.
 * @typedef {{stratum: number, matches: number, sum: number, squares: number, cubes: number}} StratumSums
 */

/**
 * Rows that an oracle reads; null where the whole sample is not enough.
 * @typedef {object} OracleRows
 * @property {number | null} narrow for intervals within the bound
 * @property {number | null} sound for intervals that are right as well: with matches enough, and little enough skewness
 */

/** Matches that a sound interval takes: as many as certification asks for. */
const matchesMin = 30;

/** Rows of the strata in the table, N_h, and in the sample, n_h. @typedef {{population: number[], sampled: number[]}} Strata */

/** A sample whose rows are a table of its name. @typedef {{sample: import('./tables.mjs').SampleOf, strata: Strata}} LoadedSample */

/** @param {string} path of the file of strata @returns {Promise<Strata>} */
export async function readStrata(path) {
  const file = tableFromIPC(await readFile(path));
  const column = (/** @type {string} */ name) => [...file.getChild(name)].map(Number);
  return { population: column('population'), sampled: column('sampled') };
}

/**
 * Keeps the true answer, for answers to be compared with and for the oracle: a row a group with its keys, the value, and the
 * companions that influences speak of.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where the table is
 * @param {import('./queries.mjs').BoundsQuery} query
 * @param {string} name of the table to make
 */
export async function keepTruth(duckdb, { table, aggregate, keys, conditions }, name) {
  const companions = Object.entries(aggregate.companions).map(([as, sql]) => `${sql}::DOUBLE AS ${as}`);
  const columns = [
    ...keys.map((key, place) => `(${key})::VARCHAR AS key${place}`),
    `(${aggregate.sql})::DOUBLE AS value`,
    'count(*)::DOUBLE AS matches',
    ...companions,
  ];
  await duckdb.run(
    `CREATE TABLE ${name} AS SELECT ${columns.join(', ')} FROM ${table.name} WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}` +
      (keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`),
  );
}

/**
 * The fewest rows, first ranks of all strata that the query does not exclude, at which the half-width by the normal distribution
 * and the spread over the whole sample keeps the bound in every group of the answer.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where the sample's rows are a table of the sample's name
 * @param {import('./queries.mjs').BoundsQuery} query
 * @param {LoadedSample} loaded
 * @param {string} truth the table of {@link keepTruth}
 * @param {ReadonlySet<string>} groups those of the answer
 * @returns {Promise<OracleRows>}
 */
export async function rowsOfOracle(duckdb, query, { sample, strata }, truth, groups) {
  const included = await includedStrata(duckdb, query, sample);
  const cells = (await sumCells(duckdb, query, sample, truth)).filter(({ group }) => groups.has(group));
  const most = included.reduce((max, stratum) => Math.max(max, strata.sampled[stratum]), 0);
  const z = normalQuantile((1 + query.confidence / 100) / 2, 0, 1);
  const rowsUntil = (/** @type {(error: CellError, value: number) => boolean} */ isEnough) => {
    const keeps = (/** @type {number} */ limit) =>
      cells.every(({ value, parts }) => isEnough(errorAt(parts, strata, limit), value));
    if (cells.length < groups.size || !keeps(most)) return null;
    let [low, high] = [1, most]; // low is not enough: one row has no spread
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (keeps(middle)) high = middle;
      else low = middle;
    }
    return included.reduce((rows, stratum) => rows + Math.min(high, strata.sampled[stratum]), 0);
  };
  const isNarrow = (/** @type {CellError} */ { variance }, /** @type {number} */ value) =>
    z * Math.sqrt(variance) <= (query.bound / 100) * Math.abs(value);
  const isSound = (/** @type {CellError} */ { variance, skewness, matches }) =>
    variance === 0 || (matches >= matchesMin && skewness <= 1 / z ** 2);
  return {
    narrow: rowsUntil(isNarrow),
    // A count's interval is right however few matches there are.
    sound: rowsUntil((error, value) => isNarrow(error, value) && (query.aggregate.kind === 'COUNT' || isSound(error))), // prettier-ignore
  };
}

/**
 * The rank limit under which so many rows are read.
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb
 * @param {import('./queries.mjs').BoundsQuery} query
 * @param {LoadedSample} loaded
 * @param {number} rows
 */
export async function rankLimitFor(duckdb, query, { sample, strata }, rows) {
  const sizes = (await includedStrata(duckdb, query, sample)).map((stratum) => strata.sampled[stratum]);
  const rowsUnder = (/** @type {number} */ limit) =>
    sizes.reduce((sum, size) => sum + Math.min(limit, size), 0);
  let [low, high] = [1, Math.max(...sizes)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (rowsUnder(middle) <= rows) low = middle;
    else high = middle;
  }
  return low;
}

/** What an estimate's error is like. @typedef {{variance: number, skewness: number, matches: number}} CellError */

/**
 * V = Σ_h N_h² (1 − r_h/N_h) s²_h / r_h and the skewness Σ_h w_h³ (1 − f_h)(1 − 2f_h) r_h m₃ / V^1.5, with r_h rows read and the
 * moments over all n_h of the sample, matching or not; see docs/statistics.md
 * @param {readonly StratumSums[]} parts @param {Strata} strata @param {number} limit
 * @returns {CellError}
 */
function errorAt(parts, { population, sampled }, limit) {
  let [variance, third, open] = [0, 0, 0];
  for (const { stratum, matches, sum, squares, cubes } of parts) {
    const [all, kept] = [population[stratum], sampled[stratum]];
    const read = Math.min(limit, kept);
    if (read === all) continue;
    const [weight, share, mean] = [all / read, read / all, sum / kept];
    const spread = Math.max(0, squares - sum * mean) / Math.max(1, kept - 1);
    variance += weight * (all - read) * spread;
    third += weight ** 3 * (1 - share) * (1 - 2 * share) * read * (cubes / kept - 3 * mean * (squares / kept) + 2 * mean ** 3); // prettier-ignore
    open += (matches * read) / kept;
  }
  return {
    variance,
    skewness: variance === 0 ? 0 : Math.abs(third) / variance ** 1.5,
    matches: open,
  };
}

/** Strata that conditions on their columns alone do not exclude. */
async function includedStrata(duckdb, { conditions }, { name, strata }) {
  const own = conditions.filter(({ columns }) => columns.every((column) => strata.includes(column)));
  const where = own.length === 0 ? '' : ` WHERE ${own.map(({ sql }) => sql).join(' AND ')}`;
  const result = await duckdb.runAndReadAll(`SELECT DISTINCT __stratum FROM ${name}${where}`);
  return result.getRows().map(([stratum]) => Number(stratum));
}

/**
 * @returns {Promise<{group: string, value: number, parts: StratumSums[]}[]>} for each group the sums of influences by stratum
 */
async function sumCells(duckdb, { aggregate, keys, conditions }, { name }, truth) {
  const where = conditions.map(({ sql }) => sql).join(' AND ');
  const named = keys.map((key, place) => `(${key})::VARCHAR AS key${place}`);
  const places = keys.map((_, place) => `key${place}`);
  const joined = keys.length === 0 ? `CROSS JOIN ${truth}` : `JOIN ${truth} USING (${places.join(', ')})`;
  const result = await duckdb.runAndReadAll(
    `WITH matching AS (SELECT ${['*', ...named].join(', ')} FROM ${name} WHERE ${where}),
    influences AS (SELECT ${['__stratum', 'value', ...places].join(', ')}, (${aggregate.influence})::DOUBLE AS u FROM matching ${joined})
    SELECT ${['__stratum', 'value', 'count(*)', 'sum(u)', 'sum(u * u)', 'sum(u * u * u)', ...places].join(', ')} FROM influences GROUP BY ${['__stratum', 'value', ...places].join(', ')}`,
  );
  const cells = new Map();
  for (const [stratum, value, matches, sum, squares, cubes, ...key] of result.getRows()) {
    const group = JSON.stringify(key);
    if (!cells.has(group)) cells.set(group, { group, value: Number(value), parts: [] });
    const part = { stratum, matches, sum, squares, cubes };
    cells.get(group).parts.push(Object.fromEntries(Object.entries(part).map(([name, each]) => [name, Number(each)]))); // prettier-ignore
  }
  return [...cells.values()];
}
