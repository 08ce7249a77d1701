import { median } from 'simple-statistics';
import { processorWaitMs } from './processor-wait.mjs';

/**
 * @typedef {object} Run
 * @property {string} question
 * @property {number} withinMs
 * @property {number} tookMs
 * @property {number} waitedMs of it for a processor
 * @property {'approximate' | 'exact' | 'precomputed' | 'error'} mode
 * @property {string | null} error code
 * @property {boolean | null} met
 * @property {number | null} width median half-width of its estimates, as a share of the value; null where it has none
 */

/** When an answer must be there. @param {number} withinMs */
export const latestMs = (withinMs) => withinMs * 1.05 + 20;

/** An interval without an end, and one of an estimate that is wider, count as so wide. */
const widest = 10;

/** @param {import('../../dist/index.js').QueryResult} result */
function widthOf({ rows }) {
  const widths = rows.flatMap((row) =>
    row
      .filter((cell) => cell !== null && typeof cell === 'object' && 'certified' in cell)
      .filter(({ value }) => value !== null && value !== 0)
      .map(({ value, low, high }) =>
        low === null || high === null ? widest : Math.min(widest, (high - low) / 2 / Math.abs(value)),
      ),
  );
  return widths.length === 0 ? null : median(widths);
}

/**
 * Asks once.
 * @param {import('../../dist/index.js').Engine} engine
 * @param {import('./questions.mjs').Question} question
 * @param {number} withinMs
 * @returns {Promise<Run>}
 */
export async function ask(engine, { name, sql, bounds = '' }, withinMs) {
  const [waited, started] = [processorWaitMs(), performance.now()];
  const timed = () => ({
    question: name,
    withinMs,
    tookMs: performance.now() - started,
    waitedMs: processorWaitMs() - waited,
  });
  try {
    const result = await engine.query(`${sql} ${bounds} WITHIN ${withinMs} MILLISECONDS`);
    const { mode, met } = result.answer;
    return { ...timed(), mode, error: null, met, width: mode === 'approximate' ? widthOf(result) : 0 };
  } catch (error) {
    if (error.code !== 'DEADLINE_EXCEEDED') throw error;
    return { ...timed(), mode: 'error', error: error.code, met: null, width: null };
  }
}
