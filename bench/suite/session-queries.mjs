/**
 * @typedef {object} BenchQuery
 * @property {string} name
 * @property {string} shows what it is here for
 * @property {string} sql without bounds, so that DuckDB can run it too
 * @property {number} keys how many of its first columns are group keys
 * @property {readonly number[]} totals places of columns that grow with the share of rows that is read
 * @property {string | null} within the error asked for; null: none, the sample is read whole
 * @property {string} sample the one to compare moments on
 * @property {string} strataFilter condition on columns that this sample's strata are made of
 * @property {MomentsQuery | null} moments null where values are listed, not added up
 */

/**
 * What the executor adds up for the query, in SQL over the rows it reads.
 * @typedef {object} MomentsQuery
 * @property {string} filter condition on rows
 * @property {readonly string[]} keys the group beside the stratum; none where the stratum tells the group
 * @property {readonly string[]} sums beside the count of rows
 */

/**
 * Σ(x − c), Σ(x − c)² and Σ(x − c)³: a mean with its variance and skewness.
 * @param {string} x @param {number} c near the mean of x
 */
export const powerSums = (x, c) => {
  // A DOUBLE: powers of integers overflow, and the executor adds up doubles too.
  const centred = `(${x} - ${c}e0)`;
  return [1, 2, 3].map((power) => `sum(${Array.from({ length: power }, () => centred).join(' * ')})`);
};

const seconds = powerSums('session_time', 620);
const minutes = powerSums('session_time / 60', 10);
const bits = powerSums('bitrate', 3150);

/** Twelve queries over sessions. @type {readonly BenchQuery[]} */
export const sessionQueries = [
  {
    name: 's1',
    shows: 'global, an expression',
    sql: 'SELECT SUM(session_time / 60) FROM sessions',
    keys: 0,
    totals: [0],
    within: '2%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: 'true', keys: [], sums: minutes },
  },
  {
    name: 's2',
    shows: 'filtered',
    sql: "SELECT COUNT(*), AVG(session_time) FROM sessions WHERE browser = 'chrome' AND bitrate > 3000",
    keys: 0,
    totals: [0],
    within: '2%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: "browser = 'chrome' AND bitrate > 3000", keys: [], sums: seconds },
  },
  {
    name: 's3',
    shows: '8 groups, filter on strata and rows',
    sql: "SELECT os, COUNT(*), AVG(session_time) FROM sessions WHERE genre = 'western' AND bitrate > 500 GROUP BY os",
    keys: 1,
    totals: [1],
    within: '2%',
    sample: 'os_genre',
    strataFilter: "genre = 'western'",
    moments: { filter: 'bitrate > 500', keys: [], sums: seconds },
  },
  {
    name: 's4',
    shows: '8 groups, all rows of strata',
    sql: "SELECT os, COUNT(*), AVG(session_time / 60) FROM sessions WHERE genre = 'western' GROUP BY os",
    keys: 1,
    totals: [1],
    within: '2%',
    sample: 'os_genre',
    strataFilter: "genre = 'western'",
    moments: { filter: 'true', keys: [], sums: minutes },
  },
  {
    name: 's5',
    shows: '10 groups, filter on rows',
    sql: 'SELECT genre, COUNT(*), AVG(session_time) FROM sessions WHERE bitrate > 3000 GROUP BY genre',
    keys: 1,
    totals: [1],
    within: '2%',
    sample: 'os_genre',
    strataFilter: 'true',
    moments: { filter: 'bitrate > 3000', keys: [], sums: seconds },
  },
  {
    name: 's6',
    shows: '5,000 groups',
    sql: 'SELECT city, COUNT(*), AVG(bitrate) FROM sessions WHERE bitrate > 3000 GROUP BY city',
    keys: 1,
    totals: [1],
    within: '10%',
    sample: 'city',
    strataFilter: 'true',
    moments: { filter: 'bitrate > 3000', keys: [], sums: bits },
  },
  {
    name: 's7',
    shows: '100,000 groups',
    sql: 'SELECT city, bitrate // 300, COUNT(*), AVG(session_time) FROM sessions GROUP BY 1, 2',
    keys: 2,
    totals: [2],
    within: null,
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: 'true', keys: ['city', 'bitrate // 300'], sums: seconds },
  },
  {
    name: 's8',
    shows: 'two group columns',
    sql: 'SELECT os, genre, COUNT(*), AVG(bitrate) FROM sessions WHERE bitrate > 3000 GROUP BY os, genre',
    keys: 2,
    totals: [2],
    within: '2%',
    sample: 'os_genre',
    strataFilter: 'true',
    moments: { filter: 'bitrate > 3000', keys: [], sums: bits },
  },
  {
    name: 's9',
    shows: 'CASE and a quotient',
    sql:
      'SELECT os, AVG(CASE WHEN buffering_ms > 1000 THEN 1 ELSE 0 END), AVG(bytes / session_time) ' +
      "FROM sessions WHERE genre IN ('western', 'drama') GROUP BY os",
    keys: 1,
    totals: [],
    within: '2%',
    sample: 'os_genre',
    strataFilter: "genre IN ('western', 'drama')",
    moments: {
      filter: 'true',
      keys: [],
      sums: [
        ...powerSums('CASE WHEN buffering_ms > 1000 THEN 1 ELSE 0 END', 0),
        ...powerSums('bytes / session_time', 354_000),
      ],
    },
  },
  {
    name: 's10',
    shows: 'LIKE',
    sql: "SELECT genre, COUNT(*), AVG(bitrate) FROM sessions WHERE city LIKE 'c00%' GROUP BY genre",
    keys: 1,
    totals: [1],
    within: '2%',
    sample: 'os_genre',
    strataFilter: 'true',
    moments: { filter: "city LIKE 'c00%'", keys: [], sums: bits },
  },
  {
    name: 's11',
    shows: 'dates',
    sql: "SELECT month(ts), COUNT(*), AVG(bitrate) FROM sessions WHERE ts >= TIMESTAMP '2025-07-01' GROUP BY 1",
    keys: 1,
    totals: [1],
    within: '2%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: "ts >= TIMESTAMP '2025-07-01'", keys: ['month(ts)'], sums: bits },
  },
  {
    name: 's12',
    shows: 'quantiles',
    sql: "SELECT MEDIAN(session_time), quantile_cont(session_time, 0.9) FROM sessions WHERE genre = 'drama'",
    keys: 0,
    totals: [],
    within: '2%',
    sample: 'os_genre',
    strataFilter: "genre = 'drama'",
    moments: null,
  },
];
