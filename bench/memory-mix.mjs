/*
 * The statements of a long-lived engine's day, by number: the same number gives the same statement. Constants and expressions differ
 * from one to the next, so that whatever is kept by a statement's text or shape would grow.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const collections = 4;
setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

/** What is alive, bytes: in the heap, outside of it, and of the process. */
export async function measureMemory() {
  for (let turn = 0; turn < collections; turn++) {
    await new Promise((resume) => setTimeout(resume, 20)); // what waits for a turn of the event loop lets go
    collectGarbage();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
}

/**
 * @typedef {object} MixedStatement
 * @property {string} kind
 * @property {string} sql
 * @property {'query' | 'stream' | 'cancelled' | 'refused'} way asked for its answer; left after the first of a stream; cancelled
 * while it runs; refused with an error
 */

/** What differs from statement to statement. @param {number} number */
function choices(number) {
  const columns = ['session_time', 'buffering_ms', 'bytes', 'bitrate'];
  const pick = (/** @type {readonly string[]} */ list, /** @type {number} */ step) =>
    list[Math.floor(number / step) % list.length];
  const x = pick(columns, 1);
  const y = pick(columns, 4);
  const operator = pick(['+', '-', '*'], 16);
  return {
    x,
    key: pick(['os', 'browser', 'genre', 'os, genre', 'browser, os'], 3),
    expression: `${x} / 7 ${operator} ${y} / ${1 + (number % 97)}`,
    filter: `${y} > ${number % 701} AND (os <> 'ios' OR genre = 'drama') AND session_time < ${9000 + number}`,
    bound: 3 + (number % 9),
  };
}

/** @type {readonly ((choice: ReturnType<typeof choices>, number: number) => Omit<MixedStatement, 'kind'> & {kind: string})[]} */
const kinds = [
  ({ x, filter }) => ask('whole sample', `SELECT AVG(${x}), COUNT(*) FROM sessions WHERE ${filter}`),
  ({ x, filter, bound }) =>
    ask('bounded', `SELECT AVG(${x}) FROM sessions WHERE ${filter} ERROR WITHIN ${bound}%`),
  ({ expression, key, filter }) =>
    ask('groups', `SELECT ${key}, SUM(${expression}) FROM sessions WHERE ${filter} GROUP BY ${key}`),
  ({ key, filter }) =>
    ask(
      'bounded groups',
      `SELECT ${key}, COUNT(*) AS n FROM sessions WHERE ${filter} GROUP BY ${key} HAVING COUNT(*) > 1000 ORDER BY n DESC LIMIT 3 ERROR WITHIN 20%`,
    ),
  ({ x, filter }) =>
    ask('quantiles', `SELECT MEDIAN(${x}), QUANTILE_CONT(${x}, 0.9) FROM sessions WHERE ${filter}`),
  ({ x, key }) => ask('precomputed', `SELECT ${key}, COUNT(*), AVG(${x}) FROM sessions GROUP BY ALL`),
  ({ expression, filter }) =>
    ask('explained', `EXPLAIN SELECT AVG(${expression}) FROM sessions WHERE ${filter} ERROR WITHIN 5%`),
  ({ x, filter }) =>
    ask('deadline', `SELECT STDDEV(${x}) FROM sessions WHERE ${filter} WITHIN 3 MILLISECONDS`),
  ({ filter }) => ({
    kind: 'stream left',
    sql: `SELECT AVG(session_time) FROM sessions WHERE ${filter}`,
    way: 'stream',
  }),
  ({ x, filter }) => ({
    kind: 'cancelled',
    sql: `SELECT os, AVG(${x}) FROM sessions WHERE ${filter} GROUP BY os`,
    way: 'cancelled',
  }),
  ({ filter }) => ({
    kind: 'missed',
    sql: `SELECT SUM(bytes) FROM sessions WHERE ${filter} ERROR WITHIN 0.001% ON MISS FAIL`,
    way: 'refused',
  }),
  (_, number) => ({
    kind: 'misspelt',
    sql: `SELECT AVG(session_tim${number}) FROM sessions WHERE os =`,
    way: 'refused',
  }),
  (_, number) => ({ kind: 'unknown', sql: `SELECT AVG(column_${number}) FROM sessions`, way: 'refused' }),
];
/** Statements that DuckDB answers, one now and then. */
const exactKinds = [
  ({ x, filter }) =>
    ask('exact', `EXACT SELECT genre, AVG(${x}) FROM sessions WHERE ${filter} GROUP BY genre`),
  ({ expression, filter }) =>
    ask(
      'learned',
      `SELECT AVG((${expression}) / (1 + session_time)) FROM sessions WHERE ${filter} ERROR WITHIN 10%`,
    ),
  (_, number) => ({
    kind: 'exact cancelled',
    sql: `EXACT SELECT COUNT(*) FROM sessions a JOIN sessions b ON a.bytes > b.bytes WHERE a.buffering_ms > ${number % 701}`,
    way: 'cancelled',
  }),
];
const exactEvery = 41;

const ask = (kind, sql) => ({ kind, sql, way: 'query' });

/** @param {number} number @returns {MixedStatement} */
export function statementOf(number) {
  const own = number % exactEvery === exactEvery - 1 ? exactKinds : kinds;
  const turn = own === exactKinds ? Math.floor(number / exactEvery) : number;
  return own[turn % own.length](choices(number), number);
}

/**
 * Carries it out.
 * @param {import('../dist/index.js').Engine} engine
 * @param {MixedStatement} statement
 * @param {AbortSignal} patience of a caller who has one for all statements
 */
export async function carryOut(engine, { sql, way }, patience) {
  switch (way) {
    case 'query':
      return void (await engine.query(sql, { signal: patience })).rows;
    case 'stream':
      for await (const { rows } of engine.stream(sql, { signal: patience })) if (rows.length > 0) break;
      return;
    case 'cancelled': {
      const giveUp = new AbortController();
      const running = engine.query(sql, { signal: AbortSignal.any([giveUp.signal, patience]) });
      setTimeout(() => giveUp.abort(), 1);
      return void (await running.catch(expectCodes(['CANCELLED'])));
    }
    default:
      await engine
        .query(sql, { signal: patience })
        .then(
          () => Promise.reject(new Error(`no error: ${sql}`)),
          expectCodes(['SYNTAX', 'UNKNOWN_COLUMN', 'BOUND_MISSED']),
        );
  }
}

const expectCodes = (codes) => (error) => {
  if (!codes.includes(error.code)) throw error;
};
