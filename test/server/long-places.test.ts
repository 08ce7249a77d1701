import { beforeEach, describe, expect, test } from 'vitest';
import { LongPlaces } from '../../src/server/long-places.ts';
import { Overloaded } from '../../src/server/overloaded.ts';
import { SimulatedClock } from './stages/support/simulated-clock.ts';

let clock: SimulatedClock;
let stage: { queued: number; waitMs: number };
let isBusy: boolean;
let places: LongPlaces;

beforeEach(() => {
  clock = new SimulatedClock();
  stage = { queued: 0, waitMs: 0 };
  isBusy = false;
  places = new LongPlaces({
    clock,
    targetMs: 500,
    stage: () => ({ queued: stage.queued, expectedWaitMs: () => stage.waitMs }),
    isBusy: () => isBusy,
  });
});

/** What a statement that comes is told: null, or the seconds until it may come again. */
function told(waitMs: number): string | null {
  stage.waitMs = waitMs;
  try {
    places.admit();
    return null;
  } catch (error) {
    if (error instanceof Overloaded) return error.retryAfter;
    throw error;
  }
}

test('long is what takes longer than the target', () => {
  expect([500, 501].map((ms) => places.isLong(ms))).toEqual([false, true]);
});

test('some may wait for a place; where there is too much to do, none', () => {
  expect([0, 2000, 2001].map(told)).toEqual([null, null, '3']);
  isBusy = true;
  expect([0, 1, 700].map(told)).toEqual([null, '1', '3']);
});

describe('a place', () => {
  /** When a place is free again of which the work takes a second. */
  async function freeAtMs(): Promise<number> {
    let endMs = NaN;
    const taken = places.take(() => new Promise((resolve) => clock.after(1000, resolve)));
    void taken.then(() => (endMs = clock.nowMs()));
    expect(places.atWork).toBe(1);
    await clock.run(10_000);
    expect(places.atWork).toBe(0);
    return endMs;
  }

  test('is free at once when its work is over', async () => {
    expect(await freeAtMs()).toBe(1000);
  });

  test('rests for twice as long where there is too much to do', async () => {
    isBusy = true;
    expect(await freeAtMs()).toBe(3000);
  });

  test('does not rest while somebody waits for it', async () => {
    isBusy = true;
    stage.queued = 1;
    expect(await freeAtMs()).toBe(1000);
  });

  test('rests no longer than there is too much to do', async () => {
    isBusy = true;
    clock.after(1510, () => (isBusy = false));
    expect(await freeAtMs()).toBe(1550);
  });

  test('is free behind a work that fails', async () => {
    await expect(places.take(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(places.atWork).toBe(0);
  });
});
