/**
 * @typedef {object} Question
 * @property {string} name
 * @property {string} sql without a deadline
 * @property {string} [bounds] beside the deadline
 * @property {boolean} [onlyExact] no sample answers it: a late answer is an error, in time
 */

const many = 'FROM sessions WHERE bitrate > 500 GROUP BY city';

/** What is asked within deadlines. @type {readonly Question[]} */
export const questions = [
  { name: 'all', sql: 'SELECT AVG(session_time / 60) FROM sessions' },
  { name: 'filtered', sql: 'SELECT COUNT(*), AVG(session_time) FROM sessions WHERE bitrate > 3000' },
  { name: 'rare', sql: "SELECT SUM(bytes) FROM sessions WHERE city = 'US-9' AND os = 'xbox'" },
  { name: 'ratio', sql: "SELECT SUM(bytes / session_time) FROM sessions WHERE browser = 'chrome'" },
  { name: '8 groups', sql: 'SELECT os, COUNT(*), AVG(session_time) FROM sessions WHERE bitrate > 500 GROUP BY os' },
  { name: '5,000 groups', sql: `SELECT city, COUNT(*), AVG(session_time) ${many}` },
  { name: 'best of 5,000', sql: `SELECT city, AVG(session_time) AS a ${many} HAVING COUNT(*) > 5000 ORDER BY a DESC LIMIT 10` },
  { name: 'median', sql: 'SELECT MEDIAN(session_time) FROM sessions WHERE bitrate > 3000' },
  { name: 'quantiles', sql: 'SELECT os, QUANTILE_CONT(session_time, 0.9) FROM sessions WHERE bitrate > 3000 GROUP BY os' },
  { name: 'resampled', sql: 'SELECT QUANTILE_CONT(session_time, 0.9) / MEDIAN(session_time) FROM sessions WHERE bitrate > 3000' },
  { name: 'bound', sql: 'SELECT AVG(bitrate) FROM sessions WHERE session_time > 60', bounds: 'ERROR WITHIN 1%' },
  { name: 'tight, exact', sql: 'SELECT AVG(session_time) FROM sessions WHERE bitrate > 3000', bounds: 'ERROR WITHIN 0.01% ON MISS EXACT' },
  { name: 'tight, 5,000', sql: `SELECT city, AVG(session_time) ${many}`, bounds: 'ERROR WITHIN 1% ON MISS EXACT' },
  { name: 'distinct', sql: 'SELECT COUNT(DISTINCT city) FROM sessions WHERE bitrate > 3000' },
  { name: 'distinct, 8', sql: 'SELECT os, COUNT(DISTINCT bitrate) FROM sessions WHERE session_time > 100 GROUP BY os' },
  { name: 'exact only', sql: 'SELECT genre, MAX(session_time), COUNT(DISTINCT city), COUNT(DISTINCT bitrate) FROM sessions GROUP BY genre', onlyExact: true },
]; // prettier-ignore

/** What is asked from. */
export const samples = [
  { name: 'uniform', method: 'UNIFORM 20%' },
  { name: 'os_genre', method: 'STRATIFIED BY (os, genre) CAP 50000' },
  { name: 'city', method: 'STRATIFIED BY (city) CAP 1000' },
];
