import { quantileSorted } from 'simple-statistics';
import { processorWaitMs } from './processor-wait.mjs';

/** Two of these keep DuckDB busy. */
const endless = 'EXACT SELECT COUNT(*) FROM sessions a JOIN sessions b ON a.bitrate > b.bitrate';

/** What is cancelled: a statement, and in which part of the time that it takes. */
const phases = [
  { name: 'loading and reading', sql: 'SELECT AVG(session_time / 60), AVG(bytes / session_time) FROM sessions', isCold: true },
  { name: 'reading', sql: "SELECT SUM(bytes / session_time), COUNT(*) FROM sessions WHERE browser = 'chrome'" },
  { name: 'estimating', sql: 'SELECT city, COUNT(*), AVG(session_time) FROM sessions WHERE bitrate > 500 GROUP BY city' },
  { name: 'values in order', sql: 'SELECT os, MEDIAN(session_time) FROM sessions WHERE bitrate > 3000 GROUP BY os' },
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
  for (const { name, sql, takesMs, beside = 0, isCold = false } of phases) {
    note(`cancelling: ${name}`);
    let engine = await open();
    const own = async () => {
      const started = performance.now();
      await engine.query(sql);
      return performance.now() - started;
    };
    let typicalMs = takesMs ?? (await own());
    if (takesMs === undefined && !isCold) for (let warm = 0; warm < 3; warm++) typicalMs = await own();
    const others = new AbortController();
    const kept = Array.from({ length: beside }, () =>
      engine.query(endless, { signal: others.signal }).catch(() => null),
    );
    const cancelled = [];
    for (let run = 0; run < runs; run++) {
      if (isCold) {
        await engine.close();
        engine = await open();
      }
      const one = await cancelOnce(engine, sql, Math.max(1, (typicalMs * (run + 0.5)) / runs));
      if (one !== null) cancelled.push(one);
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
  return { measured, freed };
}

/** The quantile of what runs took, without what the machine took from them. @param {readonly {rejectMs: number, waitedMs: number}[]} runs @param {number} p */
export function quantileOf(runs, p) {
  const own = runs.map(({ rejectMs, waitedMs }) => Math.max(0, rejectMs - waitedMs)).sort((a, b) => a - b);
  return own.length === 0 ? Number.NaN : quantileSorted(own, p);
}
