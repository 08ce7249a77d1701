import { quantile } from 'simple-statistics';
import { countCovered } from './coverage.mjs';
import { sendOpenLoop } from './open-loop.mjs';
import { serve } from './serve.mjs';

/** Answers count as good within so many times the target. */
export const goodTimes = 1.5;
/** Requests are given up after so many times the target: people do. */
export const patienceTimes = 10;
/** How long the load lasts by which recovery is judged, seconds. */
const recoverySeconds = 10;

/**
 * What came of a load.
 * @typedef {object} LoadRun
 * @property {number} factor of the capacity
 * @property {number} offered
 * @property {number} served
 * @property {number} shed
 * @property {number} failed
 * @property {number} goodput answers a second within {@link goodTimes} the target
 * @property {number} p50 @property {number} p99 of what was served, milliseconds
 * @property {number} shedP99
 * @property {number} lagP99
 * @property {number} degraded share of what was served
 * @property {import('./coverage.mjs').Count} cover of all intervals
 * @property {import('./coverage.mjs').Count} coverDegraded
 * @property {number} loosened answers within ERROR that were cut short, or missed their bound
 * @property {number | null} recoveryMs behind the load; null: it was not looked at
 */

/**
 * Runs a server under each load in turn, a new one for each.
 * @returns {Promise<LoadRun[]>}
 */
export async function runLoads({
  dataDir,
  options,
  capacity,
  factors,
  seconds,
  targetMs,
  draw,
  random,
  truths,
  note,
}) {
  const runs = [];
  for (const factor of factors) {
    note(`${factor} times the capacity for ${seconds} s`);
    const server = await serve(dataDir, options);
    try {
      const shared = { address: server.address, patienceMs: targetMs * patienceTimes, draw, random };
      // Code is optimised step by step: what a load is judged by is a server that has been at work.
      await sendOpenLoop({ ...shared, rate: capacity / 2, seconds: Math.min(10, seconds) });
      await server.metric('ballpark_nodejs_eventloop_lag_p99_seconds'); // the measure begins anew
      const outcomes = await sendOpenLoop({ ...shared, rate: capacity * factor, seconds });
      const lagP99 = (await server.metric('ballpark_nodejs_eventloop_lag_p99_seconds')) * 1000;
      const isLast = factor === factors.at(-1);
      const after = isLast
        ? await sendOpenLoop({ ...shared, rate: capacity / 2, seconds: recoverySeconds })
        : null;
      runs.push({
        factor,
        ...judge(outcomes, seconds, targetMs, truths),
        lagP99,
        recoveryMs: after && recovery(after, targetMs),
      });
    } finally {
      await server.close();
    }
  }
  return runs;
}

const at = (/** @type {number[]} */ list, /** @type {number} */ share) =>
  list.length === 0 ? 0 : quantile(list, share);
const isLoosened = ({ kind, answer }) =>
  kind === 'bounded' && answer !== null && (answer.answer.degraded !== null || !answer.answer.met);

/** @param {readonly import('./open-loop.mjs').Outcome[]} outcomes @param {number} seconds @param {number} targetMs */
export function judge(outcomes, seconds, targetMs, truths) {
  const by = (/** @type {string} */ end) => outcomes.filter((outcome) => outcome.end === end);
  const [served, shed, failed] = ['served', 'shed', 'failed'].map(by);
  const times = served.map(({ elapsedMs }) => elapsedMs);
  const { all, degraded } = countCovered(served, truths);
  const reasons = new Map();
  for (const { why } of failed) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  for (const [why, count] of reasons) console.error(`  failed: ${why} (${count} times)`);
  return {
    offered: outcomes.length,
    served: served.length,
    shed: shed.length,
    failed: failed.length,
    goodput: times.filter((ms) => ms <= targetMs * goodTimes).length / seconds,
    p50: at(times, 0.5),
    p99: at(times, 0.99),
    shedP99: at(
      shed.map(({ elapsedMs }) => elapsedMs),
      0.99,
    ),
    degraded: served.filter(({ rowsShare }) => rowsShare !== null).length / Math.max(1, served.length),
    cover: all,
    coverDegraded: degraded,
    loosened: served.filter(isLoosened).length,
  };
}

/**
 * Until when something was still shed, cut short or late; answers of 10^5 groups take longer than that by themselves.
 * @param {readonly import('./open-loop.mjs').Outcome[]} outcomes @param {number} targetMs
 */
function recovery(outcomes, targetMs) {
  const isLate = ({ kind, elapsedMs }) => kind !== 'large' && elapsedMs > targetMs * goodTimes;
  const poor = outcomes.filter(
    (outcome) => outcome.end !== 'served' || outcome.rowsShare !== null || isLate(outcome),
  );
  return poor.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
}
