import { quantileSorted } from 'simple-statistics';
import { cancelOnce } from './cancel-once.mjs';
import { loadFirst } from './first-load.mjs';
import { processorWaitMs } from './processor-wait.mjs';

/** Two of these keep DuckDB busy. */
const endless = 'EXACT SELECT COUNT(*) FROM sessions a JOIN sessions b ON a.bitrate > b.bitrate';

const loading = 'SELECT AVG(session_time / 60), AVG(bytes / session_time) FROM sessions';

/**
 * What is cancelled.
 * @typedef {object} Phase
 * @property {string} name
 * @property {string | ((run: number) => string)} sql the statement, or one for each run: what is learned is learned once
 * @property {number} [takesMs] how long it takes; measured where nothing is said
 * @property {number} [warmUps] how often it is measured again before it counts, 3 where nothing is said
 * @property {number} [runsMax] at most so many runs: each takes long
 * @property {number} [beside] how many endless statements run beside it
 * @property {boolean} [isFirst] each time in a process of its own
 * @property {boolean} [isCold] each time in an engine of its own, just after the one before was closed in the same process
 * @property {boolean} [isPromised] false: shown, not judged
 * @property {string} [undo] what takes its effect back
 */

/** @type {readonly Phase[]} */
const phases = [
  { name: 'loading and reading', sql: loading, isFirst: true },
  { name: 'loading after closing', sql: loading, isCold: true, isPromised: false },
  { name: 'reading', sql: "SELECT SUM(bytes / session_time), COUNT(*) FROM sessions WHERE browser = 'chrome'" },
  { name: 'estimating', sql: 'SELECT city, COUNT(*), AVG(session_time) FROM sessions WHERE bitrate > 500 GROUP BY city' },
  { name: 'values in order', sql: 'SELECT os, MEDIAN(session_time) FROM sessions WHERE bitrate > 3000 GROUP BY os' },
  { name: 'building a sample', sql: 'CREATE SAMPLE passing ON sessions UNIFORM 10% SEED 2', undo: 'DROP SAMPLE IF EXISTS passing', warmUps: 0, runsMax: 12 },
  { name: 'building by city', sql: 'CREATE SAMPLE passing ON sessions STRATIFIED BY (city, os) CAP 100 SEED 2', undo: 'DROP SAMPLE IF EXISTS passing', warmUps: 0, runsMax: 12 },
  { name: 'learning tails', sql: (run) => `SELECT city, SUM(bytes * session_time + ${run}) FROM sessions GROUP BY city ERROR WITHIN 0.01% ON MISS EXACT`, warmUps: 0, runsMax: 12 },
  { name: 'exact', sql: endless, takesMs: 600 },
  { name: 'waiting for DuckDB', sql: endless, takesMs: 300, beside: 2 },
]; // prettier-ignore

/**
 * The longest stretches in which nothing else of the process could go on while a statement ran, without what the machine took.
 * @param {import('../../dist/index.js').Engine} engine
 * @param {string} sql
 */
async function stretchesOf(engine, sql) {
  const stretches = [];
  let [lastMs, waited] = [performance.now(), processorWaitMs()];
  let timer = setTimeout(tick, 0);
  function tick() {
    const [nowMs, nowWaited] = [performance.now(), processorWaitMs()];
    stretches.push({ rejectMs: nowMs - lastMs, waitedMs: nowWaited - waited, workMs: 0 });
    [lastMs, waited] = [nowMs, nowWaited];
    timer = setTimeout(tick, 0);
  }
  await engine.query(sql);
  clearTimeout(timer);
  tick();
  clearTimeout(timer);
  return stretches;
}

/** How long until DuckDB answers again, once two statements that filled it are cancelled. @param {import('../../dist/index.js').Engine} engine */
async function freeOnce(engine) {
  const controller = new AbortController();
  const busy = [1, 2].map(() => engine.query(endless, { signal: controller.signal }).catch(() => null));
  await new Promise((resume) => setTimeout(resume, 150));
  const waited = processorWaitMs();
  const started = performance.now();
  controller.abort();
  await Promise.all(busy);
  await engine.query('EXACT SELECT 1');
  return { rejectMs: performance.now() - started, waitedMs: processorWaitMs() - waited, workMs: 0 };
}

/** Where the engines of a measurement have their data. @typedef {{dataDir: string, allowedPath: string}} Place */

/**
 * Cancels first loads, each in a process of its own.
 * @param {Place} place @param {string} sql @param {number} runs
 */
async function cancelFirstLoads(place, sql, runs) {
  const load = (/** @type {number | null} */ afterMs) => loadFirst({ ...place, sql, afterMs });
  await load(null); // files that were just written, and code that was never read, are slow once
  const { tookMs } = await load(null);
  const cancelled = [];
  for (let run = 0; run < runs; run++) {
    const one = await load(Math.max(1, (tookMs * (run + 0.5)) / runs));
    if (one.cancelled !== null) cancelled.push(one.cancelled);
  }
  return cancelled;
}

/**
 * Cancels statements of a phase.
 * @param {() => Promise<import('../../dist/index.js').Engine>} open @param {Phase} phase @param {number} times
 */
async function cancelPhase(open, { sql, takesMs, beside = 0, isCold = false, undo, warmUps = 3 }, times) {
  let engine = await open();
  const sqlOf = (/** @type {number} */ run) => (typeof sql === 'string' ? sql : sql(run));
  const own = async () => {
    const started = performance.now();
    await engine.query(sqlOf(-1));
    const tookMs = performance.now() - started;
    if (undo !== undefined) await engine.query(undo);
    return tookMs;
  };
  let typicalMs = takesMs ?? (await own());
  if (takesMs === undefined && !isCold) for (let warm = 0; warm < warmUps; warm++) typicalMs = await own();
  const others = new AbortController();
  const kept = Array.from({ length: beside }, () =>
    engine.query(endless, { signal: others.signal }).catch(() => null),
  );
  const cancelled = [];
  for (let run = 0; run < times; run++) {
    if (isCold) {
      await engine.close();
      engine = await open();
    }
    const one = await cancelOnce(engine, sqlOf(run), Math.max(1, (typicalMs * (run + 0.5)) / times));
    if (one !== null) cancelled.push(one);
    if (undo !== undefined) await engine.query(undo);
  }
  others.abort();
  await Promise.all(kept);
  await engine.close();
  return cancelled;
}

/**
 * Cancels statements in all phases.
 * @param {() => Promise<import('../../dist/index.js').Engine>} open another engine over the same data
 * @param {Place} place of that data
 * @param {number} runs of each
 * @param {(what: string) => void} note
 */
export async function measureCancelling(open, place, runs, note) {
  const measured = [];
  for (const phase of phases) {
    const { name, sql, runsMax = runs, isFirst = false, isPromised = true } = phase;
    note(`cancelling: ${name}`);
    const times = Math.min(runs, runsMax);
    const cancelled = isFirst
      ? await cancelFirstLoads(place, String(sql), times)
      : await cancelPhase(open, phase, times);
    measured.push({ name, isPromised, cancelled });
  }
  note('cancelling: DuckDB becomes free');
  const engine = await open();
  await engine.query('EXACT SELECT 1');
  const freed = [];
  for (let run = 0; run < runs; run++) freed.push(await freeOnce(engine));
  await engine.close();
  const stretches = [];
  for (const { name, sql, undo } of phases) {
    if (undo === undefined || typeof sql !== 'string') continue;
    note(`stretches: ${name}`);
    const building = await open();
    stretches.push({ name, stretches: await stretchesOf(building, sql) });
    await building.query(undo);
    await building.close();
  }
  return { measured, freed, stretches };
}

/** The quantile of what runs took, without what the machine took from them. @param {readonly {rejectMs: number, waitedMs: number}[]} runs @param {number} p */
export function quantileOf(runs, p) {
  const own = runs.map(({ rejectMs, waitedMs }) => Math.max(0, rejectMs - waitedMs)).sort((a, b) => a - b);
  return own.length === 0 ? Number.NaN : quantileSorted(own, p);
}
