import { processorWaitMs } from './processor-wait.mjs';

/**
 * Cancels a statement some time after it began.
 * @param {import('../../dist/index.js').Engine} engine
 * @param {string} sql
 * @param {number} afterMs
 * @returns {Promise<{rejectMs: number, waitedMs: number, workMs: number} | null>} how long it took from when it was to be cancelled until
 * the caller knew, how much of that the machine took, and until when the engine still reported progress; null: it was done before
 */
export async function cancelOnce(engine, sql, afterMs) {
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
