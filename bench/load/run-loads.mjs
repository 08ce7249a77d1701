import { quantile } from 'simple-statistics';
import { countCovered } from './coverage.mjs';
import { sendOpenLoop } from './open-loop.mjs';
import { serve } from './serve.mjs';

/** Answers count as good within so many times the target. */
export const goodTimes = 1.5;
/** Requests are given up after so many times the target: people do. */
export const patienceTimes = 10;
const lagMetric = 'ballpark_nodejs_eventloop_lag_p99_seconds';
/** How long the load lasts by which recovery is judged, seconds, and what of the capacity it is: so little that nothing has to be cut short. */
const [recoverySeconds, lightShare] = [10, 0.25];
/** How long a server is at work before it is judged. */
const warmSeconds = 10;

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
 * @property {number} lagP99 the larger one of the two times
 * @property {number} degraded share of what was served
 * @property {import('./coverage.mjs').Count} cover of all intervals
 * @property {import('./coverage.mjs').Count} coverDegraded
 * @property {number} loosened answers within ERROR that were cut short, or missed their bound
 * @property {number | null} recoveryMs behind the load; null: it was not looked at
 */

/**
 * Runs a server under each load.
 * @param {object} load
 * @param {boolean} load.isTwice in turns: half of the time in this order, half in the reverse one, since machines that are shared are
 *   quicker in one minute than in the next. Not for servers that have work for minutes left, which the others would have to bear
 * @returns {Promise<LoadRun[]>}
 */
export async function runLoads({
  dataDir,
  options,
  factors,
  seconds,
  targetMs,
  truths,
  note,
  isTwice,
  ...load
}) {
  const runs = factors.map((factor) => ({ factor, server: null, outcomes: [], lagP99: 0, recoveryMs: null }));
  const order = isTwice ? [...runs, ...runs.toReversed()] : runs;
  const turnSeconds = (seconds * runs.length) / order.length;
  const patienceMs = targetMs * patienceTimes;
  try {
    for (const [turn, run] of order.entries()) {
      run.server ??= await serveWarm(dataDir, options, { ...load, patienceMs });
      const { server, factor } = run;
      const send = (ofLoad) => sendOpenLoop({ address: server.address, patienceMs, ...load, ...ofLoad });
      note(`${factor} times the capacity for ${turnSeconds} s`);
      await server.metric(lagMetric); // the measure begins anew
      for (const outcome of await send({ rate: load.capacity * factor, seconds: turnSeconds })) run.outcomes.push(outcome); // prettier-ignore
      run.lagP99 = Math.max(run.lagP99, (await server.metric(lagMetric)) * 1000);
      if (turn === runs.length - 1)
        run.recoveryMs = recovery(await send({ rate: load.capacity * lightShare, seconds: recoverySeconds, draw: shortOf(load.draw) }), targetMs); // prettier-ignore
      if (!order.includes(run, turn + 1)) await server.close();
    }
  } finally {
    await Promise.all(runs.map(({ server }) => server?.close()));
  }
  return runs.map(({ factor, outcomes, lagP99, recoveryMs }) => ({ factor, ...judge(outcomes, seconds, targetMs, truths), lagP99, recoveryMs })); // prettier-ignore
}

/** A server that has been at work: code is optimised step by step. */
async function serveWarm(dataDir, options, { capacity, ...load }) {
  const server = await serve(dataDir, options);
  await sendOpenLoop({ ...load, address: server.address, rate: capacity * lightShare, seconds: warmSeconds });
  return server;
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

/** Answers of 10^5 groups are a load by themselves: others are cut short beside them. @param {() => import('./questions.mjs').Question} draw */
const shortOf = (draw) => () => {
  let question = draw();
  while (question.kind === 'large') question = draw();
  return question;
};

/**
 * Until when something was still shed, cut short or late.
 * @param {readonly import('./open-loop.mjs').Outcome[]} outcomes @param {number} targetMs
 */
function recovery(outcomes, targetMs) {
  const poor = outcomes.filter(
    ({ end, rowsShare, elapsedMs }) =>
      end !== 'served' || rowsShare !== null || elapsedMs > targetMs * goodTimes,
  );
  return poor.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
}
