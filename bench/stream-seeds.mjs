/*
 * Streams of statements over samples of many seeds, each built anew by CREATE SAMPLE: what they show, held against exact answers.
 */

/** @typedef {{name: string, sql: string, keys: number, on: 'uniform' | 'strata'}} StreamCase */

/** Each is one promise: one interval, or all of them at once. @type {readonly StreamCase[]} */
export const streamCases = [
  { name: 'AVG', on: 'uniform', keys: 0, sql: 'SELECT AVG(session_time) FROM sessions WHERE bitrate > 3000' },
  { name: 'COUNT', on: 'uniform', keys: 0, sql: "SELECT COUNT(*) FROM sessions WHERE genre = 'drama' AND buffering_ms > 0" },
  { name: 'SUM of 2 %', on: 'uniform', keys: 0, sql: "SELECT SUM(bitrate) FROM sessions WHERE os = 'ios' AND genre = 'western'" },
  { name: 'groups at once', on: 'uniform', keys: 1, sql: 'SELECT browser, AVG(bitrate) FROM sessions WHERE buffering_ms > 0 GROUP BY browser SIMULTANEOUS' },
  { name: 'bounded', on: 'uniform', keys: 0, sql: 'SELECT AVG(bitrate) FROM sessions WHERE buffering_ms > 0 ERROR WITHIN 1%' },
  { name: 'AVG over strata', on: 'strata', keys: 0, sql: 'SELECT AVG(session_time) FROM sessions WHERE bitrate > 3000' },
  { name: 'groups over strata', on: 'strata', keys: 1, sql: 'SELECT os, COUNT(*) FROM sessions WHERE bitrate > 3000 GROUP BY os SIMULTANEOUS' },
]; // prettier-ignore

/** What streams of a case came to. */
class StreamTally {
  streams = 0;
  /** Streams that showed a certified interval; of these those in which one missed the truth, at any look and before the last. */
  certified = 0;
  missed = 0;
  missedBeforeLast = 0;
  /** Answers that were shown. */
  shown = 0;
  /** Streams whose events were out of order, or whose last answer was not that of `query()`. */
  disordered = 0;
  different = 0;
  /** When the first event came, milliseconds. @type {number[]} */
  firstMs = [];

  /** @param {StreamCase} ofCase */
  constructor(ofCase) {
    this.case = ofCase;
  }

  /**
   * @param {Awaited<ReturnType<typeof watchStream>>} watched
   * @param {ReadonlyMap<string, readonly unknown[]>} truth
   * @param {import('../dist/index.js').QueryResult} plain the answer of `query()`
   */
  add({ answers, firstMs }, truth, plain) {
    this.streams++;
    this.shown += answers.length;
    this.firstMs.push(firstMs);
    if (!isInOrder(answers)) this.disordered++;
    if (timeless(answers.at(-1)) !== timeless(plain)) this.different++;
    const looks = answers.map((answer) => judge(answer, truth, this.case.keys));
    if (looks.some(({ certified }) => certified > 0)) this.certified++;
    if (looks.some(({ missed }) => missed > 0)) this.missed++;
    if (looks.slice(0, -1).some(({ missed }) => missed > 0)) this.missedBeforeLast++;
  }
}

const isEstimate = (/** @type {unknown} */ cell) =>
  typeof cell === 'object' && cell !== null && 'certified' in cell;
const keyOf = (/** @type {readonly unknown[]} */ row, /** @type {number} */ keys) =>
  JSON.stringify(row.slice(0, keys));

/** Certified intervals of an answer, and those that miss. */
function judge({ rows }, truth, keys) {
  let [certified, missed] = [0, 0];
  for (const row of rows) {
    for (const [place, cell] of row.entries()) {
      if (!isEstimate(cell) || !cell.certified) continue;
      certified++;
      const value = Number(truth.get(keyOf(row, keys))[place]);
      if (!cell.exact && (value < cell.low || value > cell.high)) missed++;
    }
  }
  return { certified, missed };
}

/** Only the last is final, each has twice the rows of the one before, but the last may have fewer. */
function isInOrder(answers) {
  const rows = answers.map(({ answer }) => answer.sample?.rowsRead ?? Number.POSITIVE_INFINITY);
  return answers.every(({ final, queryId }, place) => {
    const isLast = place === answers.length - 1;
    const grown = place === 0 || rows[place] >= (isLast ? 1 : 2) * rows[place - 1];
    return final === isLast && queryId === answers[0].queryId && grown;
  });
}

/** What an answer says, but for its name and times. @param {import('../dist/index.js').QueryResult} result */
function timeless(result) {
  const { rows, marks, columns, answer } = result.toJSON();
  const { timings: _, achieved, predicted, ...rest } = answer;
  const errors = [achieved.maxRelativeError, predicted?.maxRelativeError];
  return JSON.stringify([columns, rows, marks, rest, errors]);
}

/** Reads a stream to its end. @param {import('../dist/index.js').Engine} engine @param {string} sql */
export async function watchStream(engine, sql) {
  const startMs = performance.now();
  let firstMs = Number.NaN;
  const answers = [];
  for await (const answer of engine.stream(sql)) {
    if (answers.length === 0) firstMs = performance.now() - startMs;
    answers.push(answer);
  }
  return { answers, firstMs };
}

/**
 * Watches the streams of all cases over the samples of each seed.
 * @param {import('../dist/index.js').Engine} engine with the table `sessions`, and no sample of it
 * @param {{readonly uniform: string, readonly strata: string}} methods the samples, without their seeds
 * @param {readonly number[]} seeds
 * @param {(done: number) => void} [onSeed]
 */
export async function watchSeeds(engine, methods, seeds, onSeed) {
  const tallies = streamCases.map((each) => new StreamTally(each));
  const truths = new Map();
  for (const { sql, keys } of streamCases) {
    const { rows } = await engine.query(`EXACT ${sql.replace(/ (SIMULTANEOUS|ERROR WITHIN .*)$/, '')}`);
    truths.set(sql, new Map(rows.map((row) => [keyOf(row, keys), row])));
  }
  for (const [place, seed] of seeds.entries()) {
    for (const on of /** @type {const} */ (['uniform', 'strata'])) {
      await engine.query(`CREATE SAMPLE watched ON sessions ${methods[on]} SEED ${seed}`);
      for (const tally of tallies.filter((each) => each.case.on === on)) {
        const { sql } = tally.case;
        const watched = await watchStream(engine, sql);
        tally.add(watched, truths.get(sql), await engine.query(sql));
      }
      await engine.query('DROP SAMPLE watched');
    }
    onSeed?.(place + 1);
  }
  return tallies;
}
