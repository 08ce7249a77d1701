import { describe, expect, test } from 'vitest';
import { BatchController, PoolController } from '../../../src/server/stages/index.ts';
import { ClientShares } from '../../../src/server/stages/client-shares.ts';
import { LoadForecast } from '../../../src/server/stages/load-forecast.ts';
import { ownRate, publishedRate, RateLimit } from '../../../src/server/stages/rate-limit.ts';
import { RecentTimes } from '../../../src/server/stages/recent-times.ts';

/*
 * Controllers against traces worked out by hand from the published rules, and from ours where these differ.
 */

test('the pool: every 2 s one more while the queue is long, one less after a place was idle for 1 s', () => {
  const pool = new PoolController({ least: 1, most: 3 }, 0);
  const sizes = (
    [
      // time, queued, running; size
      [0, 5, 1, 1],
      [1999, 5, 1, 1],
      [2000, 5, 1, 2],
      [2001, 4, 2, 2],
      [4000, 1, 2, 2], // not one for each place
      [6000, 2, 2, 3],
      [8000, 9, 3, 3], // at its most
      [9000, 0, 2, 3], // idle from here on
      [9999, 0, 2, 3],
      [10_000, 0, 2, 2],
      [10_001, 0, 2, 2], // none is idle
      [10_500, 0, 1, 2],
      [11_400, 0, 2, 2], // taken again in time
      [11_500, 0, 1, 2],
      [12_500, 0, 1, 1],
      [20_000, 0, 0, 1], // at its least
    ] as const
  ).map(([atMs, queued, running, size]) => {
    pool.observe(atMs, queued, running);
    return [pool.size, size];
  });
  for (const [size, expected] of sizes) expect(size).toBe(expected);
  expect(() => new PoolController({ least: 3, most: 2 }, 0)).toThrow(RangeError);
});

describe('batches', () => {
  test('shrink by 1.2 until throughput falls to 0.90 of the best, grow by 1.2 back to 0.98', () => {
    const batches = new BatchController({ most: 100 }, 0);
    const sizes = [100, 100, 95, 89, 95, 99, 98].map((works, place) => {
      batches.handled((place + 1) * 1000, works, true);
      return batches.size;
    });
    // 100 ÷ 1.2, ÷ 1.2, 0.95: ÷ 1.2, 0.89: × 1.2, 0.95: × 1.2, 0.99: ÷ 1.2, 0.98: ÷ 1.2
    expect(sizes).toEqual([83, 69, 58, 69, 83, 69, 58]);
  });

  test('stay within 1 and their most', () => {
    const batches = new BatchController({ most: 2 }, 0);
    const sizes = [10, 10, 10, 10, 1, 1, 1, 1, 1].map((works, place) => {
      batches.handled((place + 1) * 1000, works, true);
      return batches.size;
    });
    // … 1.2, 1.44, 1.73, which is 2, the largest, and no better: 1.44, 1.2
    expect(sizes).toEqual([2, 1, 1, 1, 1, 1, 2, 1, 1]);
  });

  test('are left alone while nothing waits', () => {
    const batches = new BatchController({ most: 100 }, 0);
    for (const [atMs, works, isBacklogged] of [
      [500, 10, false],
      [1000, 10, true],
      [2000, 1, false],
    ] as const)
      // prettier-ignore
      batches.handled(atMs, works, isBacklogged);
    expect(batches.size).toBe(100);
    batches.handled(3000, 1, true);
    expect(batches.size).toBe(83);
  });

  test('forget what was best where the largest are slower: works have become dear', () => {
    const batches = new BatchController({ most: 20 }, 0);
    const sizes = [100, 100, 50, 50, 50, 50, 40, 50].map((works, place) => {
      batches.handled((place + 1) * 1000, works, true);
      return batches.size;
    });
    // 16.7, 13.9, 0.5 of the best: 16.7, 20, which are no better: that is the best now: 16.7, 13.9, 0.8 of it: 16.7, 13.9
    expect(sizes).toEqual([17, 14, 17, 20, 17, 14, 17, 14]);
  });
});

describe('the rate', () => {
  test('published: halved where answers are slow, 0.5 a second more where they are quick', () => {
    const limit = new RateLimit(publishedRate, 0);
    const rates: number[] = [];
    for (const step of ['cut', 'cut', 'grow', 'grow', 'cut']) {
      if (step === 'cut') limit.cut(0, 100);
      else limit.grow(0);
      rates.push(limit.rate);
    }
    expect(rates).toEqual([50, 25, 25.5, 26, 13]);
  });

  test('a bucket gives so many a second, and a quarter of a second of them at once', () => {
    const limit = new RateLimit(publishedRate, 0);
    expect(limit.request(0, false)).toBe(0);
    limit.cut(0, 80); // 40 a second
    expect(limit.request(0, false)).toBe(25);
    expect(limit.request(25, false)).toBe(0);
    expect(limit.request(25, false)).toBe(25);
    const granted = Array.from({ length: 20 }, () => limit.request(10_000, false)).filter(
      (waitMs) => waitMs === 0,
    );
    expect(granted).toHaveLength(10);
  });

  test('keeps half of the bucket from those who have had more', () => {
    const limit = new RateLimit(publishedRate, 0);
    limit.cut(0, 80);
    const granted = (isReserved: boolean): number =>
      Array.from({ length: 20 }, () => limit.request(10_000, isReserved)).filter((waitMs) => waitMs === 0)
        .length;
    expect([granted(true), granted(false)]).toEqual([5, 5]);
  });

  test('ours: a limit that nobody meets goes', () => {
    const limit = new RateLimit(
      { cutFactor: 1.2, growFactor: 1.1, growBy: 0.5, idleObservations: 2, leastShare: 0.5 },
      0,
    );
    limit.cut(0, 120);
    expect(limit.request(0, false)).toBeGreaterThan(0);
    const rates = Array.from({ length: 3 }, () => {
      limit.grow(0);
      return limit.rate;
    });
    expect(rates).toEqual([expect.closeTo(110.5), expect.closeTo(122.05), Infinity]);
  });

  test('ours: never below half of what was served lately', () => {
    const limit = new RateLimit(ownRate, 0);
    for (let cut = 0; cut < 20; cut++) limit.cut(0, 120);
    expect(limit.rate).toBe(60);
  });
});

describe('what works are foreseen to cost', () => {
  const degradable = { client: 'a', predictedMs: 10, isDegradable: true };
  /** A forecast for which works of 10 ms were asked for, 100 a second: one place of a pool where nothing is degraded. */
  function make(): LoadForecast {
    const forecast = new LoadForecast([1, 0.5, 0.25]);
    for (let n = 0; n < 1000; n++) forecast.ask(degradable);
    forecast.observe(10_000);
    return forecast;
  }

  test('is what was predicted, half of it by rows, before anything was measured', () => {
    const forecast = make();
    expect([0, 1, 2].map((level) => forecast.busyPlaces(level))).toEqual([1, 0.75, 0.625].map((share) => expect.closeTo(share))); // prettier-ignore
  });

  test('is as measured at a level, for others by the nearest, from ten works on', () => {
    const forecast = make();
    for (let n = 0; n < 9; n++) forecast.served(degradable, 20, 0.5);
    expect(forecast.costRatio(1)).toBeCloseTo(0.75);
    for (let n = 0; n < 9; n++) forecast.served(degradable, 20, 0.5);
    expect(forecast.costRatio(1)).toBeCloseTo(2);
    expect(forecast.costRatio(0)).toBeCloseTo(2 / 0.75);
    expect(forecast.costRatio(2)).toBeCloseTo((2 * 0.625) / 0.75);
  });

  test('what was measured at levels that are not in use is forgotten', () => {
    const forecast = make();
    for (let n = 0; n < 20; n++) forecast.served(degradable, 50, 1);
    for (let n = 0; n < 100; n++) {
      for (let k = 0; k < 30; k++) forecast.served(degradable, 7.5, 0.5);
      if (n === 0) expect(forecast.costRatio(0)).toBeCloseTo(5);
      forecast.ask(degradable);
      forecast.observe(250);
    }
    expect(forecast.costRatio(0)).toBeCloseTo(1);
  });
});

test('a client has more than its share when it was let in a quarter more often than the mean', () => {
  const shares = new ClientShares();
  for (let n = 0; n < 100; n++) shares.add('a');
  expect(shares.hasMore('a')).toBe(false); // it is alone
  for (let n = 0; n < 50; n++) shares.add('b');
  expect([shares.hasMore('a'), shares.hasMore('b'), shares.hasMore('new')]).toEqual([true, false, false]);
  for (let n = 0; n < 14; n++) shares.age(); // a: 0.68, b: 0.34, which is forgotten
  expect([shares.hasMore('a'), shares.hasMore('b')]).toEqual([false, false]);
});

test('percentiles are of the last seconds', () => {
  const times = new RecentTimes(1000);
  for (let ms = 1; ms <= 100; ms++) times.add(0, ms);
  expect(times.percentiles(999)).toEqual({ p50Ms: 50, p90Ms: 90, p99Ms: 99 });
  times.add(999, 7);
  expect(times.percentiles(1000)).toEqual({ p50Ms: 7, p90Ms: 7, p99Ms: 7 });
  expect(times.percentiles(1999)).toBeNull();
});
