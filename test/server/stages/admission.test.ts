import { describe, expect, test } from 'vitest';
import { type Admission, AdmissionController } from '../../../src/server/stages/index.ts';
import { SimulatedClock } from './support/simulated-clock.ts';

/*
 * Admission against traces worked out by hand.
 */

describe('admission', () => {
  /** A controller with a target of 100 ms, an observation each 250 ms, and a backlog that is set. */
  function make(isDegradable: boolean): {
    readonly admission: AdmissionController;
    readonly clock: SimulatedClock;
    readonly backlog: { ms: number; queued: number };
    /** Ten requests, answered in so many milliseconds, and an observation. */
    readonly observe: (responseMs: number) => Promise<number[]>;
  } {
    const clock = new SimulatedClock();
    const backlog = { ms: 0, queued: 1 };
    const admission = new AdmissionController({
      clock,
      targetMs: 100,
      backlog: () => ({ expectedWaitMs: () => backlog.ms, queued: backlog.queued, poolSize: 2 }),
    });
    const request = { client: 'a', predictedMs: 10, isDegradable };
    const observe = async (responseMs: number): Promise<number[]> => {
      await clock.run(clock.nowMs() + 100);
      for (let n = 0; n < 10; n++) {
        const { share } = admission;
        admission.admit(request);
        admission.served({ ...request, responseMs, costMs: 10 * (isDegradable ? share : 1), share });
      }
      await clock.run(clock.nowMs() + 150);
      const { share, rate } = (admission.share, admission.metrics());
      return [Math.round(admission.metrics().p90Ms!), share, Math.round(rate)];
    };
    return { admission, clock, backlog, observe };
  }

  test('degrades first: a level for each observation above the target; then cuts the rate; recovers the rate first', async () => {
    const { observe } = make(true);
    const trace: number[][] = [];
    for (const responseMs of [50, 200, 400, 200, 200, 200, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      trace.push(await observe(responseMs));
    expect(trace).toEqual([
      [50, 1, Infinity],
      [95, 1, Infinity], // 0.7 · 50 + 0.3 · 200
      [187, 1 / 2, Infinity],
      [191, 1 / 4, Infinity],
      [193, 1 / 8, Infinity],
      [195, 1 / 16, Infinity],
      [197, 1 / 16, 33], // 40 a second ÷ 1.2
      [138, 1 / 16, 28],
      [96, 1 / 16, 28], // between 0.9 and 1.2 of the target
      [67, 1 / 16, 31], // · 1.1 + 0.5
      [47, 1 / 16, 35],
      [33, 1 / 16, 39],
      [23, 1 / 16, 43], // the last one that is short: 40 a second are asked for
      [16, 1 / 16, 48],
      [11, 1 / 16, Infinity],
      [8, 1, Infinity], // all that is asked for would keep a fifth of the pool busy
    ]);
  });

  test('cuts the rate at once where nothing can be degraded', async () => {
    const { observe } = make(false);
    expect(await observe(200)).toEqual([200, 1, 33]);
  });

  test('answers that are slow while nothing waits are no reason to do anything', async () => {
    const { backlog, observe } = make(true);
    backlog.queued = 0;
    for (let n = 0; n < 5; n++) expect((await observe(1000)).slice(1)).toEqual([1, Infinity]);
  });

  test('refuses clients who were let in more often than others at half of the way, while that is not long ago', async () => {
    const { admission, backlog, clock, observe } = make(false);
    await observe(10);
    const admit = (client: string): boolean =>
      admission.admit({ client, predictedMs: 10, isDegradable: false }).admitted;
    for (let n = 0; n < 20; n++) admit('a');
    for (let n = 0; n < 5; n++) admit('b');
    backlog.ms = 45;
    expect([admit('a'), admit('b')]).toEqual([false, true]);
    for (let n = 0; n < 20; n++) {
      await clock.run(clock.nowMs() + 250);
      expect(admission.share).toBe(1);
    }
    expect([admit('a'), admit('b')]).toEqual([true, true]);
  });

  test('degrades at a predicted wait of 0.3 of the target, refuses at 0.5, and says until when', async () => {
    const { admission, backlog, observe } = make(true);
    await observe(10);
    const admit = (ms: number): [Admission, number] => {
      backlog.ms = ms;
      return [
        admission.admit({ client: 'b', predictedMs: 10, isDegradable: true }),
        admission.metrics().level,
      ];
    };
    // Works cost what was predicted at first; half of that is assumed not to hang on rows.
    expect(admit(30)).toEqual([{ admitted: true }, 0]);
    expect(admit(31)).toEqual([{ admitted: true }, 1]);
    expect(admit(60)).toEqual([{ admitted: true }, 4]);
    expect(admit(94)).toEqual([{ admitted: true }, 4]);
    expect(admit(1000)).toEqual([{ admitted: false, retryAfterMs: 482 }, 4]); // 1000 · 0.53 − 50
    expect(admission.metrics()).toMatchObject({ admitted: 14, refused: 1 });
  });

  test('refuses requests unseen where each would be refused: not while there is room, nor while less can be read', async () => {
    const { admission, backlog, observe } = make(true);
    await observe(10);
    const request = { client: 'b', predictedMs: 10, isDegradable: true };
    const unseen = (ms: number): number | null => {
      backlog.ms = ms;
      return admission.refuseUnseen(request)?.retryAfterMs ?? null;
    };
    expect([unseen(30), unseen(1000)]).toEqual([null, null]);
    expect(admission.metrics()).toMatchObject({ level: 0, admitted: 10, refused: 0 });
    admission.admit(request);
    expect(admission.metrics()).toMatchObject({ level: 4, refused: 1 });
    expect([unseen(94), unseen(1000)]).toEqual([null, 482]); // as `admit` says it
    expect(admission.metrics()).toMatchObject({ admitted: 10, refused: 2 });
  });
});
