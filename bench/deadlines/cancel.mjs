import { quantileSorted } from 'simple-statistics';
import { processorWaitMs } from './processor-wait.mjs';

/** Two of these keep DuckDB busy. */
const endless = 'EXACT SELECT COUNT(*) FROM sessions a JOIN sessions b ON a.bitrate > b.bitrate';

/**
 * What is cancelled.
 * @typedef {object} Phase
 * @property {string} name
 * @property {string | ((run: number) => string)} sql the statement, or one for each run: what is learned is learned once
 * @property {number} [takesMs] how long it takes; measured where nothing is said
 * @property {number} [warmUps] how often it is measured again before it counts, 3 where nothing is said
 * @property {number} [runsMax] at most so many runs: each takes long
 * @property {number} [beside] how many endless statements run beside it
 * @property {boolean} [isCold] each time in an engine of its own
 * @property {string} [undo] what takes its effect back
 */

/** @type {readonly Phase[]} */
const phases = [
  { name: 'loading and reading', sql: 'SELECT AVG(session_time / 60), AVG(bytes / session_time) FROM sessions', isCold: true },
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
 * Cancels a statement some time after it began.
 * @param {import('../../dist/index.js').Engine} engine
 * @param {string} sql
 * @param {number} afterMs
 * @returns {Promise<{rejectMs: number, waitedMs: number, workMs: number} | null>} how long it took from when it was to be cancelled until
 * the caller knew, how much of that the machine took, and until when the engine still reported progress; null: it was done before
 */
async function cancelOnce(engine, sql, afterMs) {
  const controller = new AbortController();
  const [waited, started] = [processorWaitMs(), performance.now()];
  let lastWorkMs = started;
  const onProgress = () => (lastWorkMs = performance.now());
  const running = engine.query(sql, { signal: controller.signal, onProgress });
  const timer = setTimeout(() => controller.abort(), afterMs);
  try {
    await running;
    return null;
  } catch (error) {
    if (error.code !== 'CANCELLED') throw error;
    // From when the signal was due: where the process was busy then, it could not even be sent.
    const due = started + afterMs;
    const [rejectMs, waitedMs] = [performance.now() - due, processorWaitMs() - waited];
    await new Promise((resume) => setTimeout(resume, 30));
    return { rejectMs, waitedMs, workMs: Math.max(0, lastWorkMs - due) };
  } finally {
    clearTimeout(timer);
  }
}

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

/**
 * Cancels statements in all phases.
 * @param {() => Promise<import('../../dist/index.js').Engine>} open another engine over the same data
 * @param {number} runs of each
 * @param {(what: string) => void} note
 */
export async function measureCancelling(open, runs, note) {
  const measured = [];
  for (const {
    name,
    sql,
    takesMs,
    beside = 0,
    isCold = false,
    undo,
    warmUps = 3,
    runsMax = runs,
  } of phases) {
    note(`cancelling: ${name}`);
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
    const times = Math.min(runs, runsMax);
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
    measured.push({ name, cancelled });
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
