import { availableParallelism } from 'node:os';
import { median } from 'simple-statistics';

/** Threads of DuckDB where nothing else is said. */
export const threads = availableParallelism();

/**
 * Runs something several times, after runs that do not count.
 * @template T
 * @param {() => Promise<T>} run
 * @param {{readonly warmUps: number, readonly runs: number}} counts
 * @returns {Promise<{ms: number, results: T[]}>} the median time, and what the runs that count gave
 */
export async function measure(run, { warmUps, runs }) {
  for (let i = 0; i < warmUps; i++) await run();
  const times = [];
  const results = [];
  for (let i = 0; i < runs; i++) {
    const startMs = performance.now();
    results.push(await run());
    times.push(performance.now() - startMs);
  }
  return { ms: median(times), results };
}

/** DuckDB's scans of the whole table take long; the others are short, and noise shows more. */
export const longRuns = { warmUps: 1, runs: 5 };
export const shortRuns = { warmUps: 5, runs: 15 };

/**
 * Asks the engine.
 * @param {import('../dist/index.js').Engine} engine
 * @param {string} sql
 * @returns the median time as the caller sees it, rows included; the executor's part of it; the answer
 */
export async function measureAnswer(engine, sql) {
  const { ms, results } = await measure(async () => {
    const { rows, answer } = await engine.query(sql); // reading `rows` makes them
    return { rows, answer };
  }, shortRuns);
  return { ms, executeMs: median(results.map(({ answer }) => answer.timings.executeMs)), ...results.at(-1) };
}
