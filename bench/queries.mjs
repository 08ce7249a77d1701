/**
 * @typedef {object} BenchQuery
 * @property {string} name
 * @property {string} shows what it is here for
 * @property {string} sql without bounds, so that DuckDB can run it too
 * @property {number} keys how many of its first columns are group keys
 * @property {string} within the error asked for
 * @property {string} sample the one to compare moments on
 * @property {string} strataFilter condition on columns that this sample's strata are made of
 * @property {MomentsQuery | null} moments null where no row is read
 */

/**
 * What the executor adds up for the query, in SQL over the rows it reads.
 * @typedef {object} MomentsQuery
 * @property {string} filter condition on rows
 * @property {string | null} key the group beside the stratum; null where the stratum tells the group
 * @property {readonly string[]} sums beside the count of rows
 */

/** Σ(x − c) and Σ(x − c)². @param {string} x @param {number} c near the mean of x */
const powerSums = (x, c) => [`sum(${x} - ${c})`, `sum((${x} - ${c}) * (${x} - ${c}))`];

const seconds = powerSums('session_time', 620);
const minutes = powerSums('session_time / 60', 10);
const rate = powerSums('bytes / session_time', 354_000);

/** @type {readonly BenchQuery[]} */
export const queries = [
  {
    name: '1',
    shows: 'strata tell filter and groups',
    sql: "SELECT os, COUNT(*), AVG(session_time) FROM sessions WHERE genre='western' GROUP BY os",
    keys: 1,
    within: '2%',
    sample: 'os_genre',
    strataFilter: "genre = 'western'",
    moments: null,
  },
  {
    name: '1a',
    shows: '… and a condition that most rows pass',
    sql: "SELECT os, COUNT(*), AVG(session_time) FROM sessions WHERE genre='western' AND bitrate > 500 GROUP BY os",
    keys: 1,
    within: '2%',
    sample: 'os_genre',
    strataFilter: "genre = 'western'",
    moments: { filter: 'bitrate > 500', key: null, sums: seconds },
  },
  {
    name: '1b',
    shows: '… and an expression to average',
    sql: "SELECT os, COUNT(*), AVG(session_time / 60) FROM sessions WHERE genre='western' GROUP BY os",
    keys: 1,
    within: '2%',
    sample: 'os_genre',
    strataFilter: "genre = 'western'",
    moments: { filter: 'true', key: null, sums: minutes },
  },
  {
    name: '2',
    shows: 'filter on rows',
    sql: 'SELECT genre, COUNT(*), AVG(session_time) FROM sessions WHERE bitrate > 3000 GROUP BY genre',
    keys: 1,
    within: '2%',
    sample: 'os_genre',
    strataFilter: 'true',
    moments: { filter: 'bitrate > 3000', key: null, sums: seconds },
  },
  {
    name: '3',
    shows: 'one group',
    sql: 'SELECT COUNT(*) FILTER (WHERE buffering_ms > 0), AVG(bytes / session_time) FROM sessions',
    keys: 0,
    within: '2%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: 'true', key: null, sums: ['count(*) FILTER (WHERE buffering_ms > 0)', ...rate] },
  },
  {
    name: '4',
    shows: 'one group a stratum',
    sql: 'SELECT city, COUNT(*), AVG(bytes / session_time) FROM sessions GROUP BY city',
    keys: 1,
    within: '5%',
    sample: 'city',
    strataFilter: 'true',
    moments: { filter: 'true', key: null, sums: rate },
  },
  {
    name: '5',
    shows: 'date key, CASE, expression',
    sql:
      'SELECT month(ts), AVG(CASE WHEN buffering_ms > 1000 THEN 1 ELSE 0 END), AVG(bytes / session_time) ' +
      "FROM sessions WHERE genre IN ('western', 'drama') GROUP BY 1",
    keys: 1,
    within: '5%',
    sample: 'os_genre',
    strataFilter: "genre IN ('western', 'drama')",
    moments: {
      filter: 'true',
      key: 'month(ts)',
      sums: [...powerSums('CASE WHEN buffering_ms > 1000 THEN 1 ELSE 0 END', 0), ...rate],
    },
  },
];
