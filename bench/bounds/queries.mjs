/*
 * Generates questions for a table: the same seed gives the same ones.
 */
import { randomFrom } from '../random-from.mjs';

const bounds = [1, 2, 5, 10];
const confidences = [90, 95, 99];
/** Shares of the rows that predicates aim at. */
const shares = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005];
/** By what factor a condition may miss its aim. */
const shareTimesMax = 1.5;
/** Rows that quantiles are found by, the same for every run. */
const gridRows = 200_000;
/** Places of the grid of quantiles. */
const gridSteps = 1000;

/**
 * A question, its parts, and what an oracle needs to know of it.
 * @typedef {object} BoundsQuery
 * @property {number} id
 * @property {import('./tables.mjs').BoundsTable} table
 * @property {Aggregate} aggregate
 * @property {readonly string[]} keys
 * @property {readonly Condition[]} conditions all of them hold
 * @property {string} sql without bounds: keys first, then one aggregate
 * @property {number} bound in percent
 * @property {number} confidence in percent
 */

/** @typedef {{readonly sql: string, readonly columns: readonly string[]}} Condition */

/**
 * An aggregate with the influence of a row on it: the derivative of the value by the row's weight. The influence may speak of
 * the group's true `value` and of the `companions`, sums over the same rows.
 * @typedef {object} Aggregate
 * @property {string} kind
 * @property {string} sql
 * @property {string} influence of a row that matches
 * @property {Readonly<Record<string, string>>} companions
 */

/**
 * What is known of a table's columns.
 * @typedef {object} ColumnFacts
 * @property {Map<string, readonly string[]>} grids literals of the quantiles of each column that predicates cut
 * @property {Map<string, readonly (readonly [literal: string, share: number])[]>} values of each column of texts, the commonest first
 */

/**
 * @param {import('@duckdb/node-api').DuckDBConnection} duckdb where the table is
 * @param {import('./tables.mjs').BoundsTable} table
 * @returns {Promise<ColumnFacts>}
 */
export async function learnColumns(duckdb, { name, ranges, classes }) {
  const steps = Array.from({ length: gridSteps + 1 }, (_, step) => step / gridSteps).join(', ');
  const [[rows]] = (await duckdb.runAndReadAll(`SELECT count(*) FROM ${name}`)).getRows();
  const thinning = Math.ceil(Number(rows) / gridRows);
  const grids = new Map();
  for (const column of ranges) {
    const result = await duckdb.runAndReadAll(
      `SELECT typeof(any_value(${column})), unnest(quantile_disc(${column}, [${steps}]))::VARCHAR ` +
        `FROM ${name} WHERE hash(${ranges.join(', ')}) % ${thinning} = 0`,
    );
    const literals = result.getRows().map(([type, text]) => (type === 'TIMESTAMP' ? `TIMESTAMP '${String(text)}'` : String(text))); // prettier-ignore
    grids.set(column, literals);
  }
  const values = new Map();
  for (const column of classes) {
    const result = await duckdb.runAndReadAll(
      `SELECT ${column}, count(*) / sum(count(*)) OVER () FROM ${name} GROUP BY 1 ORDER BY 2 DESC, 1`,
    );
    values.set(column, result.getRows().map(([text, share]) => [`'${String(text).replaceAll("'", "''")}'`, Number(share)])); // prettier-ignore
  }
  return { grids, values };
}

/**
 * @param {import('./tables.mjs').BoundsTable} table
 * @param {ColumnFacts} facts
 * @param {number} count
 * @param {number} seed
 * @returns {BoundsQuery[]}
 */
export function generateQueries(table, facts, count, seed) {
  const random = randomFrom(seed);
  const pick = (/** @type {readonly any[]} */ list) => list[Math.floor(random() * list.length)];
  const range = (/** @type {number} */ share) => {
    for (;;) {
      const condition = rangeOf(pick(table.ranges), share, facts, random);
      if (condition !== null) return condition;
    }
  };
  return Array.from({ length: count }, (_, id) => {
    const aggregate = aggregates[id % aggregates.length](table, { pick, range });
    const share = pick(shares);
    const keyCount = Math.floor(random() * 3);
    const keys = pickSome(keyCount === 1 ? [...table.keys, ...table.manyKeys] : table.keys, keyCount, pick);
    const conditions = conditionsFor(share, table, facts, { random, pick, range });
    // Every bound meets every confidence and every kind of aggregate.
    const bound = bounds[Math.floor(id / aggregates.length) % bounds.length];
    const confidence = confidences[Math.floor(id / aggregates.length / bounds.length) % confidences.length];
    const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
    const where = conditions.map(({ sql }) => sql).join(' AND ');
    const sql = `SELECT ${[...keys, aggregate.sql].join(', ')} FROM ${table.name} WHERE ${where}${grouped}`;
    return { id, table, aggregate, keys, conditions, sql, bound, confidence };
  });
}

/** @param {readonly string[]} list @param {number} count @param {(list: readonly string[]) => string} pick */
function pickSome(list, count, pick) {
  /** @type {string[]} */
  const some = [];
  while (some.length < count) {
    const next = pick(list);
    if (!some.includes(next)) some.push(next);
  }
  return some;
}

/**
 * A condition that about so large a share of the rows passes: above, below or between quantiles.
 * @param {string} column @param {number} share @param {ColumnFacts} facts @param {() => number} random
 * @returns {Condition | null} null where many rows have the same value, and no condition fits
 */
function rangeOf(column, share, { grids }, random) {
  const grid = grids.get(column);
  const steps = Math.max(1, Math.round(share * gridSteps));
  const start = [0, gridSteps - steps, Math.floor(random() * (gridSteps - steps))][Math.floor(random() * 3)];
  const [low, high] = [grid[start], grid[start + steps]];
  const passing = (grid.lastIndexOf(high) - grid.indexOf(low)) / gridSteps;
  if (passing > share * shareTimesMax || passing < share / shareTimesMax) return null;
  const above = start === 0 ? [] : [`${column} >= ${low}`];
  const below = start + steps === gridSteps ? [] : [`${column} <= ${high}`];
  return { sql: [...above, ...below].join(' AND '), columns: [column] };
}

/** @returns {readonly Condition[]} of which about such a share of the rows passes all */
function conditionsFor(share, table, facts, { random, pick, range }) {
  const form = random();
  if (form < 0.55) return [range(share)];
  if (form < 0.7) {
    const [one, other] = [range(share / 2), range(share / 2)];
    return [{ sql: `(${one.sql} OR ${other.sql})`, columns: [...one.columns, ...other.columns] }];
  }
  const column = pick(table.classes);
  const common = facts.values.get(column).filter(([, own]) => own >= share);
  if (common.length === 0) return [range(share)];
  const [literal, own] = pick(common);
  const rest = share / own;
  const value = { sql: `${column} = ${literal}`, columns: [column] };
  return rest > 0.95 ? [value] : [value, range(rest)];
}

/** @param {string} sql */
const mean = (sql) => ({
  sql: `AVG(${sql})`,
  influence: `((${sql}) - value) / present`,
  companions: { present: `count(${sql})` },
});

/** @param {string} sql */
const sum = (sql) => ({ sql: `SUM(${sql})`, influence: sql, companions: {} });

/** @param {string} sql */
const deviation = (sql) => ({
  sql: `STDDEV(${sql})`,
  influence: `((${sql} - mean) * (${sql} - mean) - value * value) / (2 * value * present)`,
  companions: { mean: `avg(${sql})`, present: `count(${sql})` },
});

/** @param {string} above @param {string} below */
const ratio = (above, below) => ({
  sql: `SUM(${above}) / SUM(${below})`,
  influence: `(${above} - value * ${below}) / divisor`,
  companions: { divisor: `sum(${below})` },
});

/** @type {readonly ((table: import('./tables.mjs').BoundsTable, choose: any) => Aggregate)[]} */
const aggregates = [
  () => ({ kind: 'COUNT', sql: 'COUNT(*)', influence: '1', companions: {} }),
  ({ measures }, { pick }) => ({ kind: 'SUM', ...sum(pick(measures)) }),
  ({ measures }, { pick }) => ({ kind: 'AVG', ...mean(pick(measures)) }),
  ({ measures }, { pick }) => {
    const [above, below] = pickSome(measures, 2, pick);
    return { kind: 'STDDEV, ratio', ...(pick([true, false]) ? deviation(above) : ratio(above, below)) };
  },
  ({ measures }, { pick, range }) => {
    const [x, y] = pickSome(measures, 2, pick);
    const condition = range(pick([0.3, 0.5])).sql;
    const made = pick([
      mean(`CASE WHEN ${condition} THEN 1 ELSE 0 END`),
      sum(`CASE WHEN ${condition} THEN ${x} ELSE 0 END`),
      mean(`${x} / 60 + ${y}`),
    ]);
    return { kind: 'expression', ...made };
  },
];
