import { availableParallelism } from 'node:os';
import { median, quantile } from 'simple-statistics';

/** Threads of DuckDB where nothing else is said. */
export const threads = availableParallelism();

/**
 * Runs something several times, after runs that do not count.
 * @template T
 * @param {() => Promise<T>} run
 * @param {{readonly warmUps: number, readonly warmMs?: number, readonly runs: number}} counts those that do not count are so many, and take so long
 * @returns {Promise<{ms: number, last: T}>} the median time, and what the last run gave: what is kept of others the collector moves about
 */
export async function measure(run, { warmUps, warmMs = 0, runs }) {
  await warm(run, { warmUps, warmMs });
  const times = [];
  let last;
  for (let i = 0; i < runs; i++) {
    const startMs = performance.now();
    last = await run();
    times.push(performance.now() - startMs);
  }
  return { ms: median(times), last };
}

/** @param {() => Promise<unknown>} run @param {{readonly warmUps: number, readonly warmMs: number}} counts */
async function warm(run, { warmUps, warmMs }) {
  const beganMs = performance.now();
  for (let i = 0; i < warmUps || performance.now() - beganMs < warmMs; i++) await run();
}

/** The time of a short run when little else goes on. @param {readonly number[]} times */
export const undisturbed = (times) => quantile(times, 0.25);

/**
 * Runs several things in turns, so that what else the machine does meets all of them alike. Since it can only add to a time, what
 * counts is the lower quartile.
 * @template {Record<string, () => Promise<unknown>>} T
 * @param {T} sides
 * @param {{readonly warmUps: number, readonly warmMs: number, readonly runs: number, readonly budgetMs: number}} counts each is run so often,
 *   and for so long, before it counts; runs end early, but not before the third, when all of them have taken so long
 * @returns {Promise<{[side in keyof T]: {ms: number, runs: number, last: Awaited<ReturnType<T[side]>>}}>} times, of how many
 *   runs, and what the last run gave
 */
export async function measureInTurns(sides, { warmUps, warmMs, runs, budgetMs }) {
  const timed = Object.entries(sides).map(([side, run]) => ({ side, run, times: [], last: undefined }));
  for (const { run } of timed) await warm(run, { warmUps, warmMs });
  const beganMs = performance.now();
  for (let i = 0; i < runs && (i < 3 || performance.now() - beganMs < budgetMs); i++) {
    for (const each of timed) {
      const startMs = performance.now();
      each.last = await each.run();
      each.times.push(performance.now() - startMs);
    }
  }
  return Object.fromEntries(
    timed.map(({ side, times, last }) => [side, { ms: undisturbed(times), runs: times.length, last }]),
  );
}

/** The mean of ratios. @param {readonly number[]} values above 0 */
export const geometricMean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** DuckDB's scans of the whole table take long; the others are short, and noise shows more. */
export const longRuns = { warmUps: 1, runs: 5 };
/** A statement's code is optimised step by step while it runs, which takes some thirty runs, hundreds where it takes a millisecond. */
const shortRuns = { warmUps: 40, warmMs: 1000, runs: 41 };
/** What takes a tenth of a millisecond is optimised to the end only after some thousand runs. */
export const turns = { warmUps: 5, warmMs: 500, runs: 61, budgetMs: 3000 };
/** What takes longer counts as long, or is not asked again, milliseconds. */
const longMs = 200;
const endlessMs = 5000;

/**
 * Asks the engine.
 * @param {import('../dist/index.js').Engine} engine
 * @param {string} sql
 * @returns the median time as the caller sees it, rows included, and that of the very first run; the executor's part of it; the answer
 */
export async function measureAnswer(engine, sql) {
  const executeTimes = [];
  const ask = async () => {
    const { rows, answer } = await engine.query(sql); // reading `rows` makes them
    executeTimes.push(answer.timings.executeMs);
    return { rows, answer };
  };
  const first = await measure(ask, { warmUps: 0, runs: 1 });
  // The first may be exact, and teach what the tails are like; what was learned serves a little later.
  for (let tries = 0; tries < 3 && (await ask()).answer.mode === 'exact'; tries++);
  const trial = await measure(ask, { warmUps: 0, runs: 1 });
  const isLong = trial.ms > longMs;
  const counts = isLong ? longRuns : shortRuns;
  const { ms, last } = trial.ms > endlessMs ? trial : await measure(ask, counts);
  const executeMs = median(executeTimes.slice(trial.ms > endlessMs ? -1 : -counts.runs));
  return { ms, firstMs: first.ms, executeMs, ...last };
}
